"""Base classes of sktime, with types for type checkers and editors.

sktime has no types, so a class derived from its bases would be taken to accept any argument and
to have any attribute. At run time the names are sktime's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pandas as pd

__all__ = ["BaseDetector", "BaseForecaster"]

if TYPE_CHECKING:

    class _BaseObject:
        """Parameters, tags and settings of sktime's objects."""

        @property
        def is_fitted(self) -> bool:
            """Whether there was a fit."""

        def check_is_fitted(self, method_name: str | None = None) -> None:
            """Raise NotFittedError if there was no fit."""

        def clone(self) -> Self:
            """Return an unfitted copy with the same parameters."""

        def reset(self) -> Self:
            """Forget the fit, and return self."""

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the parameters by name, with ``deep`` those of nested objects too."""

        def set_params(self, **params: Any) -> Self:
            """Set parameters by name and return self."""

        def get_fitted_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the fitted attributes by name."""

        def get_tag(
            self, tag_name: str, tag_value_default: Any = None, raise_error: bool = True
        ) -> Any:
            """Return the value of a tag."""

        def get_tags(self) -> dict[str, Any]:
            """Return all tags."""

        @classmethod
        def get_class_tag(cls, tag_name: str, tag_value_default: Any = None) -> Any:
            """Return the value of a tag of the class."""

        @classmethod
        def get_class_tags(cls) -> dict[str, Any]:
            """Return all tags of the class."""

        def set_tags(self, **tag_dict: Any) -> Self:
            """Set tags and return self."""

        def get_config(self) -> dict[str, Any]:
            """Return the settings of the object."""

        def set_config(self, **config_dict: Any) -> Self:
            """Set settings and return self."""

        def set_random_state(
            self, random_state: Any = None, deep: bool = True, self_policy: str = "copy"
        ) -> Self:
            """Set the seed and return self."""

        def save(self, path: Any = None, serialization_format: str = "pickle") -> Any:
            """Save to a file, or return the object as bytes."""

        @classmethod
        def load_from_path(cls, serial: Any) -> Any:
            """Return the object that ``save`` wrote to a file."""

        @classmethod
        def load_from_serial(cls, serial: Any) -> Any:
            """Return the object that ``save`` returned as bytes."""

        @classmethod
        def create_test_instance(cls, parameter_set: str = "default") -> Self:
            """Return an object with the first of the settings for tests."""

    class BaseForecaster(_BaseObject):
        """Base class of forecasters."""

        @property
        def cutoff(self) -> Any:
            """The last time of y, as an index of length one."""

        @property
        def fh(self) -> Any:
            """The forecasting horizon that was last given."""

        @property
        def state(self) -> str:
            """One of "new", "pretrained" and "fitted"."""

        def get_pretrained_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the attributes that ``pretrain`` has set."""

        def fit(self, y: Any, X: Any = None, fh: Any = None) -> Self:
            """Fit to series."""

        def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Self:
            """Train on many series before a fit."""

        def predict(self, fh: Any = None, X: Any = None) -> Any:
            """Return forecasts, in the container of y."""

        def fit_predict(self, y: Any, X: Any = None, fh: Any = None, X_pred: Any = None) -> Any:
            """Fit, and return forecasts."""

        def predict_interval(
            self, fh: Any = None, X: Any = None, coverage: Any = 0.9
        ) -> pd.DataFrame:
            """Return prediction intervals."""

        def predict_quantiles(
            self, fh: Any = None, X: Any = None, alpha: Any = None
        ) -> pd.DataFrame:
            """Return quantiles of forecasts."""

        def predict_var(self, fh: Any = None, X: Any = None, cov: bool = False) -> pd.DataFrame:
            """Return variances of forecasts."""

        def _predict_var(self, fh: Any, X: Any = None, cov: bool = False) -> pd.DataFrame:
            """Return variances of forecasts at a checked horizon."""

        def predict_proba(self, fh: Any = None, X: Any = None, marginal: bool = True) -> Any:
            """Return distributions of forecasts, objects of skpro."""

        def predict_residuals(self, y: Any = None, X: Any = None) -> Any:
            """Return the values of y less their forecasts."""

        def score(self, y: Any, X: Any = None, fh: Any = None) -> float:
            """Return the mean absolute percentage error of forecasts of y."""

        def update(self, y: Any, X: Any = None, update_params: bool = True) -> Self:
            """Take newer rows, and train on them."""

        def update_predict(
            self,
            y: Any,
            cv: Any = None,
            X: Any = None,
            update_params: bool = True,
            reset_forecaster: bool = True,
        ) -> Any:
            """Take newer rows bit by bit, and return the forecasts from each cutoff."""

        def update_predict_single(
            self, y: Any = None, fh: Any = None, X: Any = None, update_params: bool = True
        ) -> Any:
            """Take newer rows, and return forecasts."""

    class BaseDetector(_BaseObject):
        """Base class of detectors."""

        def fit(self, X: Any, y: Any = None) -> Self:
            """Fit to a series."""

        def predict(self, X: Any) -> pd.DataFrame:
            """Return the positions of abnormal steps."""

        def predict_scores(self, X: Any) -> pd.DataFrame:
            """Return the scores of abnormal steps."""

        def predict_points(self, X: Any) -> pd.DataFrame:
            """Return abnormal steps as points."""

        def predict_segments(self, X: Any) -> pd.DataFrame:
            """Return abnormal steps as segments."""

        def transform(self, X: Any) -> pd.DataFrame:
            """Return for each step whether it is abnormal."""

        def transform_scores(self, X: Any) -> pd.DataFrame:
            """Return the scores of all steps."""

        def fit_predict(self, X: Any, y: Any = None) -> pd.DataFrame:
            """Fit, and return the positions of abnormal steps."""

        def fit_transform(self, X: Any, y: Any = None) -> pd.DataFrame:
            """Fit, and return for each step whether it is abnormal."""

        def update(self, X: Any, y: Any = None) -> Self:
            """Take newer rows, and train on them."""

        def update_predict(self, X: Any, y: Any = None) -> pd.DataFrame:
            """Take newer rows, and return the positions of abnormal steps."""

else:
    from sktime.detection.base import BaseDetector
    from sktime.forecasting.base import BaseForecaster
