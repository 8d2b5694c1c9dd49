"""Private names of sktime: steps of its public methods that are not extension points.

Our classes override and call the methods here. The extension points that sktime documents
(``_fit``, ``_predict``, ``_tags`` and their like) are overridden where they belong.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from skrnn._stored_index import restored, stored

if TYPE_CHECKING:

    class _Base:
        """The private names of the class of sktime that comes next in the order of bases."""

        _fh: Any
        _X: Any
        _y: Any

        def _check_X(self, X: Any) -> Any: ...

        def _check_X_y(self, X: Any = None, y: Any = None, **options: Any) -> Any: ...

        def _check_fh(self, fh: Any, pred_int: bool = False) -> Any: ...

        def _set_cutoff_from_y(self, y: pd.DataFrame) -> None: ...

        def _get_varnames(self) -> Any: ...

        def _set_cutoff(self, cutoff: pd.Index) -> None: ...

        def _get_columns(self, method: str = "predict", **arguments: Any) -> Any: ...

        def __setstate__(self, state: Mapping[str, Any]) -> None: ...

else:
    _Base = object


class ForecasterHooks(_Base):
    """Mixin to put before ``BaseForecaster``."""

    _converter_store_y: dict[str, Any]

    def __getstate__(self) -> Any:
        """Return the attributes, with the horizon and all indices as plain values."""
        attributes: Any = super().__getstate__()
        state = {name: stored(value) for name, value in attributes.items()}
        horizon = state["_fh"]
        if horizon is not None:
            state["_fh"] = stored((horizon.to_pandas(), horizon.is_relative, horizon.freq))
        conversion = state["_converter_store_y"].items()
        state["_converter_store_y"] = {name: stored(value) for name, value in conversion}
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the attributes."""
        whole = {name: restored(value) for name, value in state.items()}
        horizon = whole.get("_fh")
        if isinstance(horizon, tuple):
            index, is_relative, frequency = horizon
            base = sys.modules["sktime.forecasting.base"]  # loaded, as that of the class is
            whole["_fh"] = base.ForecastingHorizon(index, is_relative=is_relative, freq=frequency)
        conversion = whole.get("_converter_store_y", {}).items()
        whole["_converter_store_y"] = {name: restored(value) for name, value in conversion}
        super().__setstate__(whole)

    def _read_data(self, X: Any = None, y: Any = None, **options: Any) -> Any:
        """Check X and y, and return both, X first, in the containers of ``_fit``.

        Every public method with data calls it; there is no public access to the containers.
        """
        return super()._check_X_y(X=X, y=y, **options)

    def _resolve_horizon(self, fh: Any, pred_int: bool = False) -> Any:
        """Return the horizon for the argument ``fh`` of a method, and remember it."""
        return super()._check_fh(fh, pred_int)

    def _move_cutoff(self, y: pd.DataFrame) -> None:
        """Set the cutoff by the times of the y of a fit or an update."""
        super()._set_cutoff_from_y(y)

    def _target_names(self) -> Any:
        """Return the names of the targets in forecasts."""
        return super()._get_varnames()

    def _put_cutoff(self, cutoff: pd.Index) -> None:
        """Set the cutoff; the public property ``cutoff`` is read-only."""
        self._set_cutoff(cutoff)

    def _forecast_columns(self, method: str = "predict", **arguments: Any) -> Any:
        """Return the columns of the result of a method."""
        return self._get_columns(method=method, **arguments)

    @property
    def _remembered_horizon(self) -> Any:
        """Last horizon, or None where the public ``fh`` raises an error."""
        return self._fh

    @_remembered_horizon.setter
    def _remembered_horizon(self, fh: Any) -> None:
        self._fh = fh

    def _hold_no_data(self) -> None:
        """Have the attributes for remembered data, which sktime reads, and keep none in them."""
        self._y = self._X = None

    def _own_conversion(self) -> None:
        """Copy the metadata of the container of y, which sktime changes in place."""
        self._converter_store_y = dict(self._converter_store_y)

    def _check_X_y(self, X: Any = None, y: Any = None, **options: Any) -> Any:
        return self._read_data(X=X, y=y, **options)

    def _check_fh(self, fh: Any, pred_int: bool = False) -> Any:
        return self._resolve_horizon(fh, pred_int)

    def _set_cutoff_from_y(self, y: pd.DataFrame) -> None:
        self._move_cutoff(y)

    def _get_varnames(self) -> Any:
        return self._target_names()


class DetectorHooks(_Base):
    """Mixin to put before ``BaseDetector``."""

    def _read_data(self, X: Any) -> Any:
        """Check X, and return it in the container of ``_fit``."""
        return super()._check_X(X)

    def _hold_no_data(self) -> None:
        """Drop the data of the fit, which sktime stores but does not use."""
        self._X = None

    def _check_X(self, X: Any) -> Any:
        return self._read_data(X)
