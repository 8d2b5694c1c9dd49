"""Keras beside skrnn: which backend it finds, and packages that look through every module."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import skrnn

#: Make packages look as if they were not installed.
HIDE = """
import os, sys
from importlib.machinery import PathFinder

find_spec, find_distributions = PathFinder.find_spec, PathFinder.find_distributions

def hide(*names):
    def spec_of(name, *where):
        return None if name.split(".")[0] in names else find_spec(name, *where)

    def distributions_of(*context):
        found = find_distributions(*context)
        return (one for one in found if one.metadata["Name"].split("-")[0] not in names)

    PathFinder.find_spec, PathFinder.find_distributions = spec_of, distributions_of

"""


def run(code, folder, **environment):
    """Return what a fresh process prints, whose keras.json lies in a folder."""
    inherited = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    path = str(Path(skrnn.__file__).parent.parent)
    process = subprocess.run(
        [sys.executable, "-c", HIDE + textwrap.dedent(code)],
        env=inherited | {"KERAS_HOME": str(folder), "PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


CHOOSE = """
hide({hidden})
import skrnn
print(os.environ.get("KERAS_BACKEND"), "keras" in sys.modules)
"""


@pytest.mark.parametrize(
    ("hidden", "named", "chosen"),
    [
        (["tensorflow"], None, "jax"),
        (["tensorflow"], "tensorflow", "jax"),
        (["tensorflow", "jax"], "jax", "torch"),
        (["tensorflow"], "jax", "None"),  # Keras finds it by itself
        (["tensorflow"], "numpy", "None"),
        (["tensorflow", "jax", "torch"], None, "None"),
        ([], None, "None"),
    ],
)
def test_the_backend_is_chosen_where_keras_alone_would_find_none(tmp_path, hidden, named, chosen):
    if named is not None:
        (tmp_path / "keras.json").write_text(json.dumps({"backend": named}))
    for name in {"torch", "tensorflow"}.difference(hidden):  # looked for, and never imported
        (tmp_path / f"{name}.py").touch()
    code = f"sys.path.insert(0, {str(tmp_path)!r})\n"
    code += CHOOSE.format(hidden=", ".join(map(repr, hidden)))
    assert run(code, tmp_path) == [chosen, "False"]


def test_a_choice_of_the_user_stands(tmp_path):
    code = CHOOSE.format(hidden="'tensorflow'")
    assert run(code, tmp_path, KERAS_BACKEND="torch") == ["torch", "False"]


def test_keras_after_skrnn_runs_without_tensorflow(tmp_path):
    code = """
    hide("tensorflow")
    import skrnn
    import keras
    layers = keras.saving.get_registered_object("skrnn>LastStep")
    print(keras.backend.backend(), layers.__name__)
    """
    assert run(code, tmp_path) == ["jax", "LastStep"]


def test_a_damaged_file_of_keras_is_no_obstacle(tmp_path):
    for text in ("{", "[]", '{"backend": 3}', '{"backend": "a.b"}'):
        (tmp_path / "keras.json").write_text(text)
        assert run(CHOOSE.format(hidden="'tensorflow'"), tmp_path) == ["jax", "False"]


def test_skrnn_reloaded_and_a_keras_found_by_another_finder_leave_no_hook(tmp_path):
    (tmp_path / "keras.txt").write_text("value = 3")
    code = f"""
    import importlib, types
    import skrnn
    importlib.reload(skrnn)
    from importlib.machinery import SourceFileLoader
    from importlib.util import spec_from_file_location

    class Editable:
        @staticmethod
        def find_spec(name, path=None, target=None):
            place = {str(tmp_path / "keras.txt")!r}
            if name == "keras":
                return spec_from_file_location(name, loader=SourceFileLoader(name, place))

    hide("keras")
    hooks = [one for one in sys.meta_path if "AfterKeras" in repr(one)]
    sys.meta_path.append(Editable)
    followed = types.ModuleType("layers")
    sys.modules["skrnn.networks.layers"] = followed
    import keras
    print(len(hooks), keras.value, *(one for one in sys.meta_path if one in hooks))
    """
    assert run(code, tmp_path) == ["1", "3"]


@pytest.mark.long
@pytest.mark.parametrize("hidden", ["tensorflow", "torch"])
def test_every_module_is_imported_without_the_other_backends(tmp_path, hidden):
    code = f"""
    hide({hidden!r})
    import importlib, pkgutil
    import skrnn

    names = [module.name for module in pkgutil.walk_packages(skrnn.__path__, "skrnn.")]
    for name in names:
        importlib.import_module(name)

    from skbase.lookup import all_objects

    found = [name for name, _ in all_objects(package_name="skrnn")]
    print("skrnn.kernels.torch" in names, "skrnn.engine.tensorflow" in names, *found)
    """
    _, _, *found = seen = run(code, tmp_path, KERAS_BACKEND="jax")
    assert seen[:2] == ["True", "True"]
    assert {"GRUForecaster", "SequenceForecaster", "SequenceDetector"} <= set(found)
