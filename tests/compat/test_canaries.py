"""The installed libraries do what skrnn/_compat relies on, and a test says so when they do not."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest
from sktime.detection.base import BaseDetector
from sktime.forecasting.base import BaseForecaster

import skrnn
from tests.compat import canary as canaries
from tests.compat.jax_canaries import CANARIES as OF_JAX
from tests.compat.keras_canaries import CANARIES as OF_KERAS
from tests.compat.sklearn_canaries import CANARIES as OF_SKLEARN
from tests.compat.sktime_canaries import CANARIES as OF_SKTIME
from tests.compat.sktime_canaries import detector, forecaster
from tests.compat.tensorflow_canaries import CANARIES as OF_TENSORFLOW
from tests.compat.torch_canaries import CANARIES as OF_TORCH

CANARIES = [*OF_SKLEARN, *OF_SKTIME, *OF_KERAS, *OF_JAX, *OF_TORCH, *OF_TENSORFLOW]
each_canary = pytest.mark.parametrize("canary", CANARIES, ids=str)

#: What sktime documents for authors of forecasters and detectors.
EXTENSION_POINTS = {"_tags", "_config", "_fit", "_predict", "_update", "_pretrain"}
EXTENSION_POINTS |= {"_pretrain_update", "_predict_quantiles", "_predict_var", "_predict_points"}
EXTENSION_POINTS |= {"_predict_scores", "_transform_scores"}


@each_canary
def test_the_installed_library_does_what_is_relied_on(canary):
    canary.check()


@each_canary
def test_the_test_fails_and_says_what_to_do_when_the_name_is_gone(canary, monkeypatch):
    canary.take_away(monkeypatch)
    title = canaries.TITLES[canary.library]
    message = rf"{title} \S+ no longer has {canary.name}.*see skrnn/_compat/{canary.library}.py"
    with pytest.raises(pytest.fail.Exception, match=rf"(?s){message}") as failure:
        canary.check()
    assert canary.instead in str(failure.value)


@pytest.mark.parametrize("library", canaries.TITLES)
def test_each_function_of_compat_has_a_canary(library):
    module = import_module(f"skrnn._compat.{library}")
    tree = ast.parse(inspect.getsource(import_module(f"tests.compat.{library}_canaries")))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    own = {
        name
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__
    }
    hooks = {
        name
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__name__.endswith("Hooks")
        for name, thing in vars(kind).items()
        if inspect.isfunction(thing) and inspect.getdoc(thing)
    }
    overridden = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert own | hooks
    assert own | hooks <= used | overridden


@pytest.mark.parametrize(
    "path", sorted(Path(skrnn.__file__).parent.glob("forecasting/*.py")), ids=lambda path: path.stem
)
def test_forecasters_use_extension_points_of_sktime_alone(path):
    theirs = {"_X", "_y", *dir(BaseForecaster), *dir(BaseDetector)}
    theirs |= {*vars(forecaster()[0]), *vars(detector()[0])}
    theirs = {name for name in theirs if name[0] == "_" and name[:2] != "__"} - EXTENSION_POINTS
    assert {"_cutoff", "_check_X_y", "_state"} <= theirs
    used = {
        getattr(node, field, None)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for field in ("attr", "name", "id")
    }
    assert not used & theirs


def test_forecasters_and_the_detector_come_before_sktimes_bases():
    for name in skrnn.__all__:
        kind = getattr(skrnn, name)
        for base, hooks in ((BaseForecaster, "ForecasterHooks"), (BaseDetector, "DetectorHooks")):
            if inspect.isclass(kind) and issubclass(kind, base):
                names = [one.__name__ for one in kind.__mro__]
                assert names.index(hooks) < names.index(base.__name__)
