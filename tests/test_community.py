"""The files of docs/community: the record of a forecaster for sktime is that of today."""

import importlib.util
import inspect
import runpy
from pathlib import Path

import pytest
from sktime.forecasting.base import BaseForecaster
from sktime.utils import dependencies

import skrnn

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "community"
RECORD = FOLDER / "sktime_record.py"


@pytest.fixture
def placeholder(monkeypatch):
    """Return the class of the record, as sktime has it where skrnn is not installed."""
    monkeypatch.setattr(dependencies, "_placeholder_record", lambda *args, **kwargs: lambda c: c)
    return runpy.run_path(str(RECORD))["GRUForecaster"]


def test_the_record_is_what_its_script_writes():
    spec = importlib.util.spec_from_file_location("written", FOLDER / "write_sktime_record.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert RECORD.read_text(encoding="utf-8") == module.record()


def test_the_record_has_the_parameters_and_tags_of_the_forecaster(placeholder):
    assert issubclass(placeholder, BaseForecaster)
    assert inspect.signature(placeholder) == inspect.signature(skrnn.GRUForecaster)
    tags = placeholder.get_class_tags()
    assert tags.pop("python_dependencies") == "skrnn>=0.2"
    assert tags.pop("tests:vm") is True
    own = skrnn.GRUForecaster.get_class_tags()
    assert all(own[name] == value for name, value in tags.items())
    assert placeholder.get_test_params() == skrnn.GRUForecaster.get_test_params()


# sktime announces it for each forecaster that stores the data, as the base class does.
@pytest.mark.filterwarnings("ignore:The default of config ``remember_data``:FutureWarning")
def test_the_record_asks_for_the_package_where_it_is_not_installed(placeholder):
    placeholder._tags = placeholder._tags | {"python_dependencies": "a_package_that_is_not_there"}
    with pytest.warns(UserWarning, match="pip install a_package_that_is_not_there"):
        placeholder()


def test_sktime_finds_the_forecaster_by_the_name_of_the_record(placeholder):
    from sktime.utils.dependencies._placeholder import _attempt_import

    assert _attempt_import("skrnn", placeholder.__name__) is skrnn.GRUForecaster
