"""Streams: predictions step by step, as observations come in."""

from __future__ import annotations

import copy
import sys
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skrnn._version import Versioned
from skrnn._wording import type_name
from skrnn.estimators.onnx_stream import write_step
from skrnn.parameters import NONE, integers, require
from skrnn.streaming.network import NetworkSteps
from skrnn.streaming.pipeline import last_step, pipeline_steps


class Stream(Versioned):
    """Predict step by step, as observations arrive, at a constant cost per step.

    The prediction after a step equals that of the estimator for all steps so far. Recurrent
    networks carry their state, temporal convolutional networks the steps within their receptive
    field, pipelines with a `SlidingWindow` the states of all windows that are not complete yet,
    and forecasters their window. A stream can be copied and pickled with its state, and does not
    use Keras after construction.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline or forecaster
        Regressor, classifier, labeler, anomaly detector or generator with a causal network:
        a unidirectional recurrent network or a TCN. A labeler needs ``causal=True``, a detector
        ``method="forecast"``. A pipeline ends with such an estimator; before it may be
        transformers that transform each row by itself, a `SlidingWindow` and a `SequenceScaler`.
        A forecaster is fitted on one series without covariates.
    n_streams : int or None, default=None
        Number of parallel streams, one row of x each; None is one stream, without that axis.
    method : {"predict", "predict_proba", "step_scores"} or None, default=None
        Method of the estimator whose result a step returns. None is "predict", for a detector
        "step_scores", for a generator "predict_proba".

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator is of another kind.
    ValueError
        If its network cannot run step by step, a step of a pipeline depends on more than one row,
        or a parameter is not accepted.

    See Also
    --------
    SequenceLabeler : Predict at every step of whole sequences.
    SequenceAnomalyDetector : Score every step of whole sequences.
    SlidingWindow : Windows in a pipeline.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import GRURegressor, Stream
    >>> X = [np.random.default_rng(i).normal(size=(8 + i % 5, 2)) for i in range(32)]
    >>> model = GRURegressor(random_state=0).fit(X, [x[:, 0].mean() for x in X])
    >>> stream = Stream(model)
    >>> for x_t in X[0]:
    ...     latest = stream.step(x_t)
    >>> bool(np.isclose(latest, model.predict(X[:1])[0], atol=1e-5))
    True
    """

    def __init__(
        self, estimator: Any, n_streams: int | None = None, *, method: str | None = None
    ) -> None:
        last = last_step(estimator)
        is_forecaster = _is_forecaster(estimator)
        methods = ("predict",) if is_forecaster else getattr(type(last), "stream_methods", None)
        if methods is None:
            raise TypeError(
                f"Stream was given {_named(estimator)}; it takes a fitted estimator of "
                "sequences, a pipeline that ends with one, or a forecaster; of a search, give "
                "best_estimator_."
            )
        if not is_forecaster:  # which sktime knows to be fitted
            check_is_fitted(last)
        method = methods[0] if method is None else method
        if method not in methods:
            raise ValueError(f"method={method!r} was given; it may be {' or '.join(methods)}.")
        if not hasattr(last, method):
            raise ValueError(
                f"method={method!r} was given, and this {type(last).__name__} does not have "
                "it; it predicts numbers."
            )
        require(integers(1) | NONE, "n_streams", n_streams, "Stream")
        self.estimator = copy.copy(estimator)  # a later fit of it is taken over by `update` alone
        self.n_streams = None if n_streams is None else int(n_streams)
        self.method = method
        if isinstance(estimator, Pipeline):
            self._steps: Any = pipeline_steps(estimator, self.n_streams, method)
        elif is_forecaster:
            from skrnn.streaming.forecast import ForecastSteps  # which imports sktime

            self._steps = ForecastSteps(estimator, self.n_streams)
        else:
            self._steps = NetworkSteps(last, self.n_streams, method)

    def step(self, x: Any, time: Any = None) -> Any:
        """Process the next step and return the prediction after it.

        Parameters
        ----------
        x : array-like of shape (n_features,), or (n_streams, n_features)
            Observations in the units of the fit, categories as they are; NaN only after a fit with
            ``missing="mask"``, or of a forecaster. After a fit on named features also a dict, named
            tuple, Series or DataFrame (pandas or polars) with these names in any order. For a
            generator, a token or the keys of a piano roll, or a list of them.
        time : date, period, duration or number, default=None
            Time of the step, for a pipeline with a `SlidingWindow` or a forecaster: after a gap,
            windows begin anew as in ``predict``, or missing times are filled. None takes the label
            of a pandas row, or the column ``time`` of the window. A first step without time begins
            without the fitted rows as history, unless ``continues=True``; a forecaster takes the
            next time.

        Returns
        -------
        number, label or ndarray
            Result of ``method`` for one sequence, or for each of ``n_streams``; for a detector,
            the score of this step; for a forecaster, the forecasts (n_steps,) of its horizon, or
            (n_steps, n_columns).

        Raises
        ------
        ValueError
            If x has another shape or other names, holds infinity or NaN that the fit did not
            accept, or is so far from the fit that the network overflows, or if the time is not
            later than the last one; the state is unchanged.
        FloatingPointError
            If the weights or the state of the network make its outputs infinite or NaN.
        """
        values = self._steps.step(x, time)
        return values if self.n_streams is not None else values[0]

    def reset(self, streams: Any = slice(None)) -> None:
        """Reset streams to the initial state.

        Parameters
        ----------
        streams : index, list of them, slice or boolean mask, default=all
            Streams to reset.

        Raises
        ------
        ValueError
            If there are no such streams; all are left unchanged.
        """
        chosen = np.zeros(self.n_streams or 1, dtype=bool)
        try:
            chosen[streams] = True
        except (IndexError, TypeError, ValueError) as error:
            raise ValueError(
                f"streams={streams!r} was given, and the numbers of the streams go from 0 to "
                f"{len(chosen) - 1}; give one of them, a list of some, a slice or a boolean mask "
                "with an element for each."
            ) from error
        self._steps.reset(chosen)

    def update(self, estimator: Any) -> None:
        """Use the weights of a further trained estimator, keeping the state of each stream.

        Parameters
        ----------
        estimator : fitted estimator
            Estimator of the stream after ``partial_fit`` or another fit, or another one with the
            same network and features.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for a new stream, and if the network or the features differ; the stream is left
            unchanged.
        """
        new = Stream(estimator, self.n_streams, method=self.method)
        if type(new._steps) is not type(self._steps):
            raise ValueError(
                f"the stream runs {type_name(self.estimator)}, and the estimator is "
                f"{type_name(estimator)}; make a new Stream of it."
            )
        new._steps.go_on_from(self._steps)
        self.estimator, self._steps = new.estimator, new._steps

    def to_onnx(self, path: Any) -> None:
        """Write one step of the stream as an ONNX file, which runs without skrnn.

        The states are inputs and outputs of the file, for any number of streams: the caller keeps
        them from step to step.

        Parameters
        ----------
        path : str or path-like
            File to write, such as "step.onnx"; an existing one is replaced.

        Raises
        ------
        ImportError
            If the package onnx is not installed.
        ValueError
            If the stream is of a generator, a pipeline or a forecaster, or the network has cells of
            your own.

        Notes
        -----
        Inputs are ``x``, float32 (n_streams, n_features) in the units of the fit (int64
        (n_streams, 1) after a fit with ``embedding_dim``), with categorical features as codes (an
        index in ``categories_`` plus 1, or 0 for another category); ``reset``, bool (n_streams,),
        True for streams that begin with this step, for which the states do not matter; and
        ``state_0``, ``state_1`` and so on. Outputs are those of the estimator's ``to_onnx`` for
        each stream, and ``next_state_0`` and so on, which are the states of the next step.

        Examples
        --------
        >>> import numpy as np, onnxruntime, tempfile
        >>> from skrnn import GRURegressor, Stream
        >>> X = np.random.default_rng(0).normal(size=(64, 12, 2)).astype("float32")
        >>> model = GRURegressor(epochs=1, random_state=0).fit(X, X[:, -3:, 0].mean(axis=1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Stream(model).to_onnx(f"{folder}/step.onnx")
        ...     session = onnxruntime.InferenceSession(f"{folder}/step.onnx")
        >>> names = [one.name for one in session.get_inputs()][2:]
        >>> states = {name: np.zeros((1, 32), "float32") for name in names}
        >>> for step in range(12):
        ...     given = {"x": X[:1, step], "reset": np.array([step == 0]), **states}
        ...     prediction, *after = session.run(None, given)
        ...     states = dict(zip(names, after, strict=True))
        >>> np.allclose(prediction, model.predict(X[:1]), atol=1e-5)
        True
        """
        if not isinstance(self._steps, NetworkSteps):
            raise ValueError(
                f"a step of {_named(self.estimator)} cannot be written as an ONNX file, which "
                "holds a network alone; make a Stream of the last step of a pipeline, or call "
                "to_onnx of a forecaster."
            )
        write_step(path, self._steps.task, type(self.estimator).__name__)


def _named(estimator: Any) -> str:
    """Return the name of an estimator in messages, with the last step of a pipeline."""
    last = last_step(estimator)
    is_last = last is estimator
    return type_name(last) if is_last else f"a pipeline that ends with {type_name(last)}"


def _is_forecaster(estimator: Any) -> bool:
    """Return whether an estimator is a forecaster; without importing sktime, if it is not."""
    base = sys.modules.get("skrnn.forecasting.base")
    return base is not None and isinstance(estimator, base.BaseSequenceForecaster)
