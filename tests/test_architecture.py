"""The package keeps to its floors, its sizes and its promise of quick imports."""

import ast
import importlib
import inspect
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import skrnn

ROOT = Path(skrnn.__file__).parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
FLOORS = [
    {"_version", "_wording", "_doc_link", "_stored_index", "_axes"},
    {"parameters", "_conversion", "_backend", "_rollback", "_compat", "_typing"},
    {"_validation"},
    {"settings", "kernels", "sequences"},
    {"numpy_runtime", "preprocessing"},
    {"networks"},
    {"onnx_export"},
    {"engine"},
    {"estimators"},
    {"forecasting", "plotting", "datasets", "saving", "inspection", "distributed"},
    {"streaming"},
]
FLOOR = {unit: floor for floor, units in enumerate(FLOORS) for unit in units}
MODULES = sorted(set(FILES) - {"__init__"})
BACKENDS = {"jax", "tensorflow", "torch"}
TESTS = Path(__file__).parent
#: Folders of tests of the package as a whole, and of what is no part of it.
OF_THE_WHOLE = {"benchmarks", "conformance", "fuzz", "integration", "site"}


def tree_of(module):
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def unit_of(module):
    """Return the folder or the single file, directly under the package, that holds a module."""
    return module.split(".")[0]


def imports(module):
    """Return the dotted names a module imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_modules(module):
    """Return the modules of the package that a module imports, without the leading skrnn."""
    own = {name.removeprefix("skrnn.") for name in imports(module) if name.startswith("skrnn.")}
    return {name if name in FILES else name.rpartition(".")[0] or name for name in own}


def imports_package(module, package):
    return any(name.split(".")[0] == package for name in imports(module))


def dotted(node):
    """Return a.b.c for the expression a.b.c, or what can be told of it."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


# ------------------------------------------------------------------ floors


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_lower_floors_or_its_own_folder_only(module):
    assert unit_of(module) in FLOOR, f"{module} stands on no floor"
    for other in imported_modules(module):
        assert unit_of(other) in FLOOR, f"{module} imports {other} from the package's front"
        below = FLOOR[unit_of(other)] < FLOOR[unit_of(module)]
        assert below or unit_of(other) == unit_of(module), f"{module} imports {other}"


def test_imports_are_found_where_they_are():
    assert "networks.base" in imported_modules("engine.model_spec")
    assert "sequences" in imported_modules("engine.batches")
    assert "networks" in imported_modules("estimators.regression")
    assert "networks.layers" in imported_modules("networks.tcn")


@pytest.mark.parametrize("module", MODULES)
def test_only_forecasting_and_data_sets_import_sktime(module):
    assert unit_of(module) in ("forecasting", "datasets") or not imports_package(module, "sktime")


@pytest.mark.parametrize("module", [name for name in MODULES if unit_of(name) == "networks"])
def test_networks_import_no_scikit_learn(module):
    assert not imports_package(module, "sklearn")


@pytest.mark.parametrize(
    "module", [name for name in MODULES if unit_of(name) in ("preprocessing", "sequences")]
)
def test_reading_and_preprocessing_import_no_keras(module):
    assert not imports_package(module, "keras")


@pytest.mark.parametrize("module", MODULES)
def test_only_its_own_engine_file_imports_a_backend(module):
    for backend in BACKENDS:
        own = module in (f"engine.{backend}", f"kernels.{backend}", f"_compat.{backend}")
        own |= module.startswith(f"engine.{backend}_")
        own |= backend == "jax" and module in ("settings", "distributed.member")
        assert own or not imports_package(module, backend)


@pytest.mark.parametrize(
    "module",
    [name for name in MODULES if unit_of(name) not in ("engine", "_backend") and name != "kernels"],
)
def test_only_the_engine_and_the_kernels_ask_which_backend_runs(module):
    tree = tree_of(module)
    for node in ast.walk(tree):
        asks = isinstance(node, ast.Call) and dotted(node.func).endswith("backend.backend")
        asks |= isinstance(node, ast.Attribute) and dotted(node).endswith("keras.config.backend")
        assert not asks, f"line {node.lineno} of {module}"
        assert not (isinstance(node, ast.Constant) and node.value == "KERAS_BACKEND")


# ------------------------------------------------------------------ sizes


def code_lines(module):
    """Return the numbers of the lines that hold code: no docstring, comment or blank line."""
    tree, lines = tree_of(module), FILES[module].read_text(encoding="utf-8").splitlines()
    numbers = {n for n, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"}
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False):
            numbers -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return numbers


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_file_has_at_most_300_lines_of_code(module):
    assert len(code_lines(module)) <= 300


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_function_has_at_most_40_lines_of_code(module):
    lines = code_lines(module)
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = len(lines & set(range(node.lineno, node.end_lineno + 1)))
            assert length <= 40, f"{module}.{node.name} has {length} lines"


def test_lines_of_code_are_counted_beside_docstrings_and_comments():
    n_lines = len(FILES["_rollback"].read_text(encoding="utf-8").splitlines())
    assert 20 < len(code_lines("_rollback")) < n_lines / 2 + 10


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_says_what_it_is_for(module):
    assert ast.get_docstring(tree_of(module))


# ------------------------------------------------------------------ tests


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda p: str(p.relative_to(TESTS))
)
def test_a_file_of_tests_has_at_most_500_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_the_folders_of_the_tests_are_those_of_the_package():
    units = {module.replace("_", "").replace(".", "/") for module in MODULES}
    folders = {path.parent.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    assert folders > OF_THE_WHOLE
    for folder in folders - OF_THE_WHOLE - {"."}:
        assert folder.replace("_", "") in units, f"tests/{folder} stands for nothing in skrnn"


# ------------------------------------------------------------------ the front


def loaded_after(code):
    """Return the packages loaded in a fresh process after running ``code``."""
    report = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        env=os.environ | {"PYTHONPATH": str(ROOT.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(process.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"keras", "sktime", "sklearn", "pandas", "numpy", *BACKENDS}
    assert not loaded_after("import skrnn") & heavy


def test_reaching_and_making_an_estimator_loads_neither_keras_nor_sktime():
    # A forecaster, or a detector of sktime's, needs sktime to be one.
    code = """
import skrnn
for name in skrnn.__all__:
    if not name.endswith(("Forecaster", "SequenceDetector")):
        thing = getattr(skrnn, name)
        if name.endswith(("Regressor", "Classifier")):
            repr(thing())
"""
    loaded = loaded_after(code)
    assert "sklearn" in loaded
    assert not loaded & {"keras", "sktime", *BACKENDS}


@pytest.mark.parametrize("name", skrnn.__all__)
def test_a_public_name_resolves_to_something_documented(name):
    thing = getattr(skrnn, name)
    assert thing.__name__ == name
    assert thing.__module__.startswith("skrnn.")
    assert inspect.getdoc(thing)
    assert name in dir(skrnn)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'skrnn' has no attribute 'Perceptron'"):
        skrnn.Perceptron  # noqa: B018


@pytest.mark.parametrize(
    "name", ["datasets", "distributed", "inspection", "networks", "parameters"]
)
def test_public_modules_are_reached_as_attributes(name):
    assert inspect.ismodule(getattr(skrnn, name))
    assert name in dir(skrnn)


@pytest.mark.parametrize("name", skrnn.__all__)
def test_the_public_methods_of_a_public_class_are_documented(name):
    thing = getattr(skrnn, name)
    methods = inspect.getmembers(thing, inspect.isfunction) if inspect.isclass(thing) else []
    own = [method for _, method in methods if method.__module__.startswith("skrnn.")]
    assert not [m.__qualname__ for m in own if m.__name__[0] != "_" and not inspect.getdoc(m)]


# ------------------------------------------------------------------ names nobody publishes

#: What objects of other libraries have under names that these do not publish; "name=" is one that
#: they publish, and that none but compat may set. Those of sktime's
#: base classes are in tests/compat, which asks the classes.
UNPUBLISHED = {"_nodes_by_depth", "_skl_callbacks", "_init_callback_context", "_converter_store_y"}
UNPUBLISHED |= {"_check_X_y", "_check_fh", "_set_cutoff", "_set_cutoff_from_y", "_get_columns"}
UNPUBLISHED |= {"sigmoid_backward", "tanh_backward", "add_weight=", "add_variable=", "reset_cache"}
UNPUBLISHED |= {"seed_generator_state", "xla_cpu_use_fusion_emitters"}
#: Names with an underscore that the documentation of Python has.
PUBLISHED = {"os._exit"}
LIBRARIES = {"sklearn", "sktime", "keras", "pandas", "numpy", "narwhals", *BACKENDS}


def is_private(dotted_name):
    """Tell names with a part that begins with one underscore, or of keras.src."""
    parts = dotted_name.split(".")
    return "src" in parts or any(part[:1] == "_" and part[:2] != "__" for part in parts)


def unpublished_names(tree):
    """Return the names of other libraries in a module that these do not publish."""
    others, found = {name: name for name in LIBRARIES}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                name = f"{start}{alias.name}"
                if name.split(".")[0] not in ("skrnn", "__future__"):
                    others[alias.asname or alias.name.split(".")[0]] = name
                    found |= {name} if is_private(name) else set()
    for node in ast.walk(tree):
        own = {getattr(node, field, None) for field in ("attr", "name", "value")} - {None}
        own = {name for name in own if isinstance(name, str)}
        if isinstance(node, ast.Attribute):
            root, _, rest = dotted(node).partition(".")
            found |= {dotted(node)} if root in others and is_private(rest) else set()
            own |= {f"{node.attr}="} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.AnnAssign):
            own |= {dotted(node.target)}
        found |= own & UNPUBLISHED
    return found - PUBLISHED


@pytest.mark.parametrize("module", [name for name in sorted(FILES) if unit_of(name) != "_compat"])
def test_only_compat_uses_names_that_other_libraries_do_not_publish(module):
    assert not unpublished_names(tree_of(module))


@pytest.mark.parametrize(
    "code",
    [
        "from sklearn.utils.validation import _check_y",
        "from sklearn.utils._array_api import get_namespace",
        "import jax._src.core",
        "def f():\n    from keras.src.ops.node import Node",
        "import keras as k\nk.src.ops",
        "import pandas as pd\npd._libs.tslibs",
        "from sktime.forecasting.base import BaseForecaster\nBaseForecaster._check_X(1, 2)",
        "keras = load_keras()\nkeras.Model._tracker",
        "model._nodes_by_depth",
        "getattr(estimator, '_skl_callbacks', ())",
        "class A(B):\n    def _check_X_y(self): ...",
        "class A(B):\n    _converter_store_y: dict",
        "keras.layers.Layer.add_weight = mine",
        "torch.ops.aten.tanh_backward(a, b)",
    ],
)
def test_names_that_other_libraries_do_not_publish_are_found(code):
    assert unpublished_names(ast.parse(code))


def test_published_names_and_ones_of_ours_are_no_breach():
    code = (
        "import keras\nfrom skrnn._validation import _x\nlayer.add_weight()\nself._y = keras.Model"
    )
    assert not unpublished_names(ast.parse(code + "\nnp.ndarray.__array__\n__name__ = 1"))


def test_the_unpublished_names_are_those_that_compat_uses():
    used = {
        name
        for module in FILES
        if unit_of(module) == "_compat"
        for name in unpublished_names(tree_of(module))
    }
    assert used >= UNPUBLISHED


def test_importing_compat_loads_neither_keras_nor_sktime():
    modules = ", ".join(f"skrnn.{name}" for name in FILES if unit_of(name) == "_compat")
    assert not loaded_after(f"import {modules}") & {"keras", "sktime", "sklearn", *BACKENDS}


# ------------------------------------------------------------------ abstract or final

#: Python's own methods, which a class may extend by calling those of its bases.
COOPERATIVE = set(dir(object))

#: Stands for methods of sktime, which may be overridden as these may.
STANDS_FOR_SKTIME = "skrnn._compat.sktime"


def own_classes():
    """Return the classes that the modules of the package define."""
    for name in MODULES:
        if name.split(".")[-1] in BACKENDS:
            continue  # not all are installed everywhere
        module = importlib.import_module(f"skrnn.{name}")
        for thing in vars(module).values():
            if inspect.isclass(thing) and thing.__module__ == module.__name__:
                yield thing


def is_made_by_scikit_learn(name):
    """Tell the methods that scikit-learn writes for each class anew."""
    return name.startswith("set_") and name.endswith("_request")


def overridden(kind):
    """Return the concrete methods and properties of our classes that a class defines again.

    Methods that other libraries define, too, may be overridden.
    """
    for name, value in vars(kind).items():
        if name in COOPERATIVE or is_made_by_scikit_learn(name):
            continue
        if not (inspect.isroutine(value) or isinstance(value, property)):
            continue
        bases = [base for base in kind.__mro__[1:] if name in vars(base)]
        if any(not base.__module__.startswith("skrnn.") for base in bases):
            continue
        for base in bases:
            if base.__module__ == STANDS_FOR_SKTIME:
                break
            if not getattr(vars(base)[name], "__isabstractmethod__", False):
                yield f"{kind.__qualname__}.{name} overrides {base.__qualname__}.{name}"


def test_a_method_is_abstract_or_final():
    assert not [breach for kind in own_classes() for breach in overridden(kind)]


def test_a_method_that_is_overridden_is_found():
    class Base(skrnn.networks.GRU):
        def layer(self, units):
            return units

    assert list(overridden(Base)) == [f"{Base.__qualname__}.layer overrides GRU.layer"]


def test_no_object_is_made_of_an_abstract_base():
    abstract = [kind for kind in own_classes() if inspect.isabstract(kind)]
    assert {"Network", "Target", "BaseSequenceRegressor"} <= {kind.__name__ for kind in abstract}
    for kind in abstract:
        with pytest.raises(TypeError, match=r"abstract|Protocol"):
            kind()


# ------------------------------------------------------------------ classes with one subclass

#: Modules whose ``__all__`` is for users.
PUBLIC_MODULES = (skrnn, skrnn.distributed, skrnn.inspection, skrnn.networks, skrnn.parameters)
HOOKS = "holds the private names of sktime that a class of ours overrides, apart from its own"

#: Classes with one subclass that are not public, and why each is not part of the subclass.
ONE_SUBCLASS = {
    "ForecasterHooks": HOOKS,
    "DetectorHooks": HOOKS,
    "ForecastingParameters": "declares parameters alone, whose texts would fill half of the file",
    "TrainingParameters": "declares parameters alone, whose texts would fill half of the file",
}


def with_one_subclass(classes):
    """Return the names of the classes that exactly one other class among them inherits from."""
    subclasses = Counter(base for kind in classes for base in kind.__bases__)
    return {kind.__name__ for kind in classes if subclasses[kind] == 1}


def test_a_class_with_one_subclass_is_public():
    public = {name for module in PUBLIC_MODULES for name in module.__all__}
    private = with_one_subclass(list(own_classes())) - public
    assert not private - set(ONE_SUBCLASS), "make one class of it and its subclass"
    assert not set(ONE_SUBCLASS) - private, "the exemption is no longer needed"


def test_a_class_with_one_subclass_is_found():
    single = type("Single", (), {})
    double = type("Double", (single,), {})
    assert with_one_subclass([single, double]) == {"Single"}
    assert not with_one_subclass([double, type("A", (double,), {}), type("B", (double,), {})])
