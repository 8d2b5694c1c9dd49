"""The anomaly detector as an sktime detector."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sktime.detection.base import BaseDetector

from skrnn._all_or_nothing import all_or_nothing, unless_it_fails
from skrnn._version import Versioned
from skrnn.estimators.anomaly import SequenceAnomalyDetector
from skrnn.forecasting.containers import in_order, readable, refuse_empty
from skrnn.forecasting.series import floats
from skrnn.networks import GRU


class SequenceDetector(Versioned, BaseDetector):
    """Detect anomalies in a series with sktime's interface to `SequenceAnomalyDetector`.

    ``predict`` gives the positions of abnormal steps, those with scores above the detector's
    ``threshold_``; ``predict_scores`` gives their scores, ``transform_scores`` those of all steps.

    Parameters
    ----------
    detector : SequenceAnomalyDetector or None, default=None
        How to detect; it is cloned for the fit. None is one with its defaults. Give it a
        ``chunk_length`` for long series.

    Attributes
    ----------
    detector_ : SequenceAnomalyDetector
        The fitted detector.

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

    fit = all_or_nothing(BaseDetector.fit)
    # What cannot be read is not the data that sktime takes notes of.
    predict = unless_it_fails(BaseDetector.predict)
    predict_scores = unless_it_fails(BaseDetector.predict_scores)
    predict_points = unless_it_fails(BaseDetector.predict_points)
    predict_segments = unless_it_fails(BaseDetector.predict_segments)
    transform = unless_it_fails(BaseDetector.transform)
    transform_scores = unless_it_fails(BaseDetector.transform_scores)
    fit_predict = all_or_nothing(BaseDetector.fit_predict)
    fit_transform = all_or_nothing(BaseDetector.fit_transform)
    update_predict = all_or_nothing(BaseDetector.update_predict)

    def _check_X(self, X: Any) -> Any:
        refuse_empty(X, "X")
        return super()._check_X(readable(X, "X"))

    def _fit(self, X: pd.DataFrame, y: Any = None) -> SequenceDetector:
        del y
        if not isinstance(self.detector, SequenceAnomalyDetector | None):
            raise TypeError(
                f"detector={self.detector!r} was given to SequenceDetector, which accepts a "
                "SequenceAnomalyDetector, such as SequenceAnomalyDetector(chunk_length=50), or "
                "None."
            )
        how = SequenceAnomalyDetector() if self.detector is None else clone(self.detector)
        self._columns = tuple(X.columns)
        self.detector_ = how.fit(self._sequences(X))
        self._X = None  # sktime keeps what nothing reads
        return self

    @all_or_nothing
    def update(self, X: Any, y: Any = None) -> SequenceDetector:
        """Take one pass over new rows alone, whatever their times.

        Parameters
        ----------
        X : Series or DataFrame
            The columns of the fit.
        y : object, default=None
            Ignored.

        Returns
        -------
        self
        """
        del y
        self.check_is_fitted()
        self.detector_ = copy(self.detector_).partial_fit(self._sequences(self._check_X(X)))
        return self

    def _predict(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"ilocs": np.flatnonzero(self._abnormal(self._scores(X)))})

    def _predict_points(self, X: Any) -> pd.DataFrame:
        return self._predict(self._check_X(X))  # sktime passes on what it was given

    def _predict_scores(self, X: pd.DataFrame) -> pd.DataFrame:
        scores = self._scores(X)
        return pd.DataFrame({"scores": scores[self._abnormal(scores)]})

    def _transform_scores(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"scores": self._scores(X)}, index=X.index)

    def _scores(self, X: pd.DataFrame) -> NDArray[np.float64]:
        (scores,) = self.detector_.step_scores(self._sequences(X))
        return np.asarray(scores)

    def _sequences(self, X: pd.DataFrame) -> list[NDArray[np.float64]]:
        """Return the series as the one sequence that it is, its columns in the order of the fit."""
        if X.shape[1] == len(self._columns) > 1:
            X = in_order(X, self._columns, "X")
        return [floats(X)]

    def _abnormal(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(scores > self.detector_.threshold_)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
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
