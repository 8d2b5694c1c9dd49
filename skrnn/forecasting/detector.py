"""The anomaly detector as an sktime detector."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from skrnn._compat.sktime import DetectorHooks
from skrnn._rollback import rollback_on_error, rollback_prediction_on_error
from skrnn._version import Versioned
from skrnn.estimators.anomaly.detector import SequenceAnomalyDetector
from skrnn.forecasting.containers import in_order, readable, refuse_empty
from skrnn.forecasting.series import floats
from skrnn.forecasting.sktime_bases import BaseDetector
from skrnn.networks import GRU


class SequenceDetector(Versioned, DetectorHooks, BaseDetector):
    """Detect anomalies in a series, `SequenceAnomalyDetector` with sktime's interface.

    ``predict`` returns the positions of abnormal steps, those with scores above the detector's
    ``threshold_``; ``predict_scores`` returns their scores, ``transform_scores`` those of all
    steps.

    Parameters
    ----------
    detector : SequenceAnomalyDetector or None, default=None
        Detector, which is cloned for the fit; None is a `SequenceAnomalyDetector` with its
        defaults.

    Attributes
    ----------
    detector_ : SequenceAnomalyDetector
        The fitted detector.

    See Also
    --------
    SequenceAnomalyDetector : Detector for many sequences, with scikit-learn's interface.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skrnn import SequenceAnomalyDetector, SequenceDetector
    >>> series = pd.Series(np.sin(np.arange(300) / 5))
    >>> series[200] = 3.0
    >>> how = SequenceAnomalyDetector(chunk_length=50, random_state=0)
    >>> detector = SequenceDetector(how).fit(series[:150])
    >>> 200 in set(detector.predict(series)["ilocs"])
    True
    >>> int(detector.transform_scores(series)["scores"].argmax())
    200
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "the skrnn developers",
        "maintainers": "the skrnn developers",
        "task": "anomaly_detection",
        "learning_type": "unsupervised",
        "X_inner_mtype": "pd.DataFrame",
        "capability:multivariate": True,
        "capability:update": True,
    }

    def __init__(self, detector: SequenceAnomalyDetector | None = None) -> None:
        self.detector = detector
        super().__init__()
        if getattr(detector, "missing", None) == "mask":
            self.set_tags(**{"capability:missing_values": True})

    fit = rollback_on_error(BaseDetector.fit)
    # sktime must not remember data that cannot be read.
    predict = rollback_prediction_on_error(BaseDetector.predict)
    predict_scores = rollback_prediction_on_error(BaseDetector.predict_scores)
    predict_points = rollback_prediction_on_error(BaseDetector.predict_points)
    predict_segments = rollback_prediction_on_error(BaseDetector.predict_segments)
    transform = rollback_prediction_on_error(BaseDetector.transform)
    transform_scores = rollback_prediction_on_error(BaseDetector.transform_scores)
    fit_predict = rollback_on_error(BaseDetector.fit_predict)
    fit_transform = rollback_on_error(BaseDetector.fit_transform)
    update_predict = rollback_on_error(BaseDetector.update_predict)

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, those of the detector as ``detector__epochs``.

        Parameters
        ----------
        **params : object
            Names and values.

        Returns
        -------
        self : object
            The object, not fitted.

        Raises
        ------
        ValueError
            If a name is not that of a parameter.
        """
        nested = next((name for name in params if "__" in name), None)
        if nested is not None and params.get("detector", self.detector) is None:
            raise ValueError(
                f"{nested}={params[nested]!r} was given to SequenceDetector, whose detector is "
                "None, which has no parameters of its own; set detector itself, to a "
                "SequenceAnomalyDetector."
            )
        super().set_params(**params)
        return self

    def _read_data(self, X: Any) -> Any:
        refuse_empty(X, "X")
        return super()._read_data(readable(X, "X"))

    def _fit(self, X: pd.DataFrame, y: Any = None) -> SequenceDetector:
        if not isinstance(self.detector, SequenceAnomalyDetector | None):
            raise TypeError(
                f"detector={self.detector!r} was given to SequenceDetector, which accepts a "
                "SequenceAnomalyDetector, such as SequenceAnomalyDetector(chunk_length=50), or "
                "None."
            )
        how = SequenceAnomalyDetector() if self.detector is None else clone(self.detector)
        self._columns = tuple(X.columns)
        self.detector_ = how.fit(self._sequences(X))
        self._hold_no_data()
        return self

    @rollback_on_error
    def update(self, X: Any, y: Any = None) -> Self:
        """Train for one epoch on new rows alone, whatever their times.

        Parameters
        ----------
        X : Series or DataFrame
            New rows, with the columns of the fit.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The updated detector.
        """
        self.check_is_fitted()
        self.detector_ = copy(self.detector_).partial_fit(self._sequences(self._read_data(X)))
        return self

    def _predict(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"ilocs": np.flatnonzero(self._abnormal(self._scores(X)))})

    def _predict_points(self, X: Any) -> pd.DataFrame:
        return self._predict(self._read_data(X))  # sktime passes X on unchanged

    def _predict_scores(self, X: pd.DataFrame) -> pd.DataFrame:
        scores = self._scores(X)
        return pd.DataFrame({"scores": scores[self._abnormal(scores)]})

    def _transform_scores(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"scores": self._scores(X)}, index=X.index)

    def _scores(self, X: pd.DataFrame) -> NDArray[np.float64]:
        (scores,) = self.detector_.step_scores(self._sequences(X))
        return np.asarray(scores)

    def _sequences(self, X: pd.DataFrame) -> list[NDArray[np.float64]]:
        """Return the series as one sequence, with its columns in the order of the fit."""
        if X.shape[1] == len(self._columns) > 1:
            X = in_order(X, self._columns, "X")
        return [floats(X)]

    def _abnormal(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(scores > self.detector_.threshold_)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameter settings for sktime's tests, whatever the parameter set."""
        del parameter_set
        quick: dict[str, Any] = {"network": GRU(units=2), "epochs": 1, "random_state": 0}
        return [
            {"detector": SequenceAnomalyDetector(**quick)},
            {
                "detector": SequenceAnomalyDetector(
                    method="reconstruction", window_length=4, contamination=0.1, **quick
                )
            },
        ]
