"""Canaries for the private names in skrnn/_compat/sktime.py."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sktime.detection.base import BaseDetector
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skrnn._compat.sktime import DetectorHooks, ForecasterHooks
from skrnn._version import Versioned
from tests.compat.canary import canary

CANARIES = []
FORECASTER = "sktime.forecasting.base.BaseForecaster"
DETECTOR = "sktime.detection.base.BaseDetector"
INDEX = pd.period_range("2020-01", periods=6, freq="M")
Y = pd.Series(np.arange(6.0), INDEX, name="load")
X = pd.DataFrame({"heat": np.arange(6.0)}, INDEX)


def forecaster():
    """Return a forecaster of zeros, and the list of what its hooks are called with."""
    calls = []

    class Zero(ForecasterHooks, BaseForecaster):
        _tags: ClassVar = {
            "y_inner_mtype": "pd.DataFrame",
            "X_inner_mtype": "pd.DataFrame",
            "capability:exogenous": True,
            "capability:pred_int": True,
            "capability:update": True,
            "requires-fh-in-fit": False,
        }
        _config: ClassVar = {"remember_data": False}

        def _fit(self, y, X, fh):
            return self

        def _update(self, y, X=None, update_params=True):
            return self

        def _predict(self, fh, X):
            index = fh.to_absolute_index(self.cutoff)
            return pd.DataFrame(0.0, index, self._forecast_columns())

        def _predict_quantiles(self, fh, X, alpha):
            columns = self._forecast_columns("predict_quantiles", alpha=alpha)
            return pd.DataFrame(0.0, fh.to_absolute_index(self.cutoff), columns)

        def _read_data(self, X=None, y=None, **options):
            read = super()._read_data(X=X, y=y, **options)
            calls.append(("data", X, y, options, read))
            return read

        def _resolve_horizon(self, fh, pred_int=False):
            read = super()._resolve_horizon(fh, pred_int)
            calls.append(("fh", fh, read))
            return read

        def _move_cutoff(self, y):
            super()._move_cutoff(y)
            calls.append(("cutoff", y, self.cutoff))

        def _target_names(self):
            calls.append(("names", super()._target_names()))
            return ["renamed"]

    return Zero(), calls


def of(kind, calls):
    """Return the calls of one hook, and forget all."""
    found = [call[1:] for call in calls if call[0] == kind]
    calls.clear()
    return found


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_check_X_y",
    "Check and convert X and y in fit, pretrain, update and backtest themselves",
)
def data_of_a_forecaster():
    model, calls = forecaster()
    model.fit(Y, X=X, fh=[1])
    given_X, given_y, _, (inner_X, inner_y) = of("data", calls)[0]
    assert given_X is X
    assert given_y is Y
    assert list(inner_X.columns) == ["heat"]
    assert list(inner_y.columns) == ["load"]
    later = Y.set_axis(INDEX + 6)
    model.update(later)
    assert [(call[1] is later, call[2]) for call in of("data", calls)] == [(True, {})]
    read_X, read_y = model.clone()._read_data(X=X, y=Y)
    pd.testing.assert_frame_equal(read_X, X)
    pd.testing.assert_frame_equal(read_y, Y.to_frame())
    with pytest.raises(TypeError):
        model._read_data(y="text")


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_check_fh",
    "Read fh in fit, predict and the probabilistic methods themselves",
)
def horizon_of_a_method():
    model, calls = forecaster()
    model.fit(Y, fh=[1, 2])
    ((given, read),) = of("fh", calls)
    assert list(given) == [1, 2]
    assert isinstance(read, ForecastingHorizon)
    assert model.fh is read
    for method in ("predict", "predict_quantiles", "predict_interval"):
        getattr(model, method)(fh=[3])
        first, *_ = of("fh", calls)
        assert list(first[0]) == [3]
        assert list(first[1]) == [3]


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_set_cutoff_from_y",
    "Set the cutoff at the end of _fit and _update",
)
def cutoff_of_data():
    model, calls = forecaster()
    model.fit(Y)
    ((given, cutoff),) = of("cutoff", calls)
    assert list(given.index) == list(INDEX)
    assert list(cutoff) == [INDEX[-1]]
    model.update(Y.set_axis(INDEX + 6))
    assert list(of("cutoff", calls)[0][1]) == [INDEX[-1] + 6]


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_set_cutoff",
    "Set the cutoff by what the property cutoff reads",
)
def cutoff_put():
    model, _ = forecaster()
    model.fit(Y, fh=[1])
    model._put_cutoff(INDEX[2:3])
    assert model.cutoff is not None
    assert model.cutoff.equals(INDEX[2:3])
    assert model.cutoff.freq == INDEX.freq
    assert list(model.predict().index) == [INDEX[3]]


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_fh",
    "Store the horizon, the cutoff and the converters where sktime reads them",
)
def state_without_objects_of_pandas():
    model, _ = forecaster()
    kind = type("Kept", (type(model), Versioned), {})
    model = kind().fit(Y, fh=[1, 2])
    state = model.__getstate__()
    assert not [x for x in state.values() if isinstance(x, pd.Index | ForecastingHorizon)]
    again = kind.__new__(kind)
    again.__setstate__(state)
    assert list(again.fh) == [1, 2]
    assert again.fh.is_relative
    assert again.fh.freq == model.fh.freq
    assert again.cutoff.equals(INDEX[-1:])
    pd.testing.assert_series_equal(again.predict(), model.predict())


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_get_varnames",
    "Name the columns of forecasts in _predict and _predict_quantiles",
)
def names_of_targets():
    model, calls = forecaster()
    model.fit(Y, fh=[1])
    calls.clear()
    interval = model.predict_interval(coverage=0.9)
    assert list(of("names", calls)[0][0]) == ["load"]
    assert list(interval.columns.levels[0]) == ["renamed"]


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_get_columns",
    "Make the columns of forecasts in _predict and _predict_quantiles",
)
def columns_of_forecasts():
    model, _ = forecaster()
    model.fit(Y, fh=[1])
    assert list(model._forecast_columns()) == ["renamed"]
    columns = model._forecast_columns("predict_quantiles", alpha=[0.1, 0.9])
    assert list(columns) == [("renamed", 0.1), ("renamed", 0.9)]
    assert list(model.predict_quantiles(alpha=[0.1, 0.9]).columns) == list(columns)


@canary(CANARIES, "sktime", FORECASTER, "_fh", "Remember the horizon in _fit and _predict")
def horizon_remembered():
    model, _ = forecaster()
    assert model._remembered_horizon is None
    model.fit(Y, fh=[1, 2])
    assert model._remembered_horizon is model.fh
    model._remembered_horizon = None
    with pytest.raises(ValueError, match="fh"):
        model.fh  # noqa: B018
    residuals = model.predict_residuals(Y)  # at all times of y, whatever was remembered
    assert list(residuals.index) == list(INDEX)


REMEMBERED = "Leave out what is done about remembered data"


def remembered(name):
    """Check where sktime stores data, if configured to, and that it stores none otherwise."""
    model, _ = forecaster()
    model.set_config(remember_data=True)
    model.fit(Y, X=X, fh=[1])
    assert getattr(model, name) is not None
    model._hold_no_data()
    assert getattr(model, name) is None
    model.set_config(remember_data=False)
    model.fit(Y, X=X, fh=[1])
    assert getattr(model, name, None) is None


@canary(CANARIES, "sktime", FORECASTER, "_y", REMEMBERED)
def series_remembered():
    remembered("_y")


@canary(CANARIES, "sktime", FORECASTER, "_X", REMEMBERED)
def covariates_remembered():
    remembered("_X")


@canary(
    CANARIES,
    "sktime",
    FORECASTER,
    "_converter_store_y",
    "Copy whatever a failing update would change, or leave _own_conversion out",
)
def conversion_noted():
    model, _ = forecaster()
    model.fit(Y, fh=[1])
    notes = model._converter_store_y
    assert notes  # the name of the series, for the way back
    model._own_conversion()
    assert model._converter_store_y == notes
    assert model._converter_store_y is not notes


def detector():
    """Return a detector of nothing, and the list of what it reads."""
    calls = []

    class Blind(DetectorHooks, BaseDetector):
        _tags: ClassVar = {"task": "anomaly_detection", "X_inner_mtype": "pd.DataFrame"}

        def _fit(self, X, y=None):
            return self

        def _predict(self, X):
            return pd.DataFrame({"ilocs": np.array([], dtype="int64")})

        def _read_data(self, X):
            read = super()._read_data(X)
            calls.append((X, read))
            return read

    return Blind(), calls


@canary(
    CANARIES,
    "sktime",
    DETECTOR,
    "_check_X",
    "Check and convert X in fit, predict, update and transform themselves",
)
def data_of_a_detector():
    model, calls = detector()
    model.fit(Y)
    model.predict(Y)
    assert [given is Y for given, _ in calls] == [True, True]
    assert all(isinstance(read, pd.DataFrame) for _, read in calls)


@canary(CANARIES, "sktime", DETECTOR, "_X", REMEMBERED)
def data_remembered_by_a_detector():
    model, _ = detector()
    model.fit(Y)
    assert len(model._X) == len(Y)
    model._hold_no_data()
    assert model._X is None
