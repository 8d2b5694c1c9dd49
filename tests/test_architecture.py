"""The package keeps to its floors, its sizes and its promise of quick imports."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import skrnn

ROOT = Path(skrnn.__file__).parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
FLOORS = [
    {"_version", "_domains"},
    {"_parameters", "_conversion", "_backend", "_all_or_nothing"},
    {"_validation"},
    {"_target_validation", "settings", "kernels", "sequences"},
    {"networks", "preprocessing"},
    {"engine"},
    {"estimators"},
    {"forecasting", "streaming", "plotting", "datasets"},
]
FLOOR = {unit: floor for floor, units in enumerate(FLOORS) for unit in units}
MODULES = sorted(set(FILES) - {"__init__"})
BACKENDS = {"jax", "tensorflow", "torch"}


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
    assert "networks.base" in imported_modules("engine.spec")
    assert "sequences" in imported_modules("engine.feed")
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
        own = module in (f"engine.{backend}", f"kernels.{backend}")
        own |= (module, backend) == ("settings", "jax")
        assert own or not imports_package(module, backend)


@pytest.mark.parametrize(
    "module",
    [name for name in MODULES if unit_of(name) not in ("engine", "_backend") and name != "kernels"],
)
def test_only_the_engine_and_the_kernels_ask_which_backend_runs(module):
    tree = tree_of(module)
    recorded = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "self.backend_"
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        asks = isinstance(node, ast.Call) and dotted(node.func).endswith("backend.backend")
        asks |= isinstance(node, ast.Attribute) and dotted(node).endswith("keras.config.backend")
        assert not asks or id(node) in recorded, f"line {node.lineno} of {module}"
        assert not (isinstance(node, ast.Constant) and node.value == "KERAS_BACKEND")


# ------------------------------------------------------------------ sizes


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_file_has_at_most_300_lines(module):
    n_lines = len(FILES[module].read_text(encoding="utf-8").splitlines())
    assert n_lines <= 300


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_function_has_at_most_40_lines_beside_its_docstring(module):
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0] if ast.get_docstring(node, clean=False) else None
            documented = doc.end_lineno - doc.lineno + 1 if doc else 0
            length = node.end_lineno - node.lineno + 1 - documented
            assert length <= 40, f"{module}.{node.name} has {length} lines"


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_says_what_it_is_for(module):
    assert ast.get_docstring(tree_of(module))


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


@pytest.mark.parametrize("name", ["datasets", "networks"])
def test_public_modules_are_reached_as_attributes(name):
    assert inspect.ismodule(getattr(skrnn, name))
    assert name in dir(skrnn)


@pytest.mark.parametrize("name", skrnn.__all__)
def test_the_public_methods_of_a_public_class_are_documented(name):
    thing = getattr(skrnn, name)
    methods = inspect.getmembers(thing, inspect.isfunction) if inspect.isclass(thing) else []
    own = [method for _, method in methods if method.__module__.startswith("skrnn.")]
    assert not [m.__qualname__ for m in own if m.__name__[0] != "_" and not inspect.getdoc(m)]
