"""Streams: predictions step by step, as observations come in."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn._validation import all_finite
from skrnn._version import Versioned
from skrnn._wording import type_name
from skrnn.engine.encoding import SAFE_NORM, encode, is_modest, refuse_in_step
from skrnn.estimators.onnx_stream import write_step
from skrnn.parameters import NONE, integers, require
from skrnn.sequences.steps import numbers
from skrnn.sequences.token_reading import as_tokens


class Stream(Versioned):
    """Predict step by step, as observations arrive, at a constant cost per step.

    The prediction after a step equals that of the estimator for the sequence of all steps so
    far. Recurrent networks carry their state, temporal convolutional networks the steps within
    their receptive field. A stream can be copied and pickled with its state, and does not use
    Keras after construction.

    Parameters
    ----------
    estimator : fitted estimator
        Regressor, classifier, labeler, anomaly detector or generator with a causal network:
        a unidirectional recurrent network or a TCN. A labeler needs ``causal=True``, a detector
        ``method="forecast"``.
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
        If its network cannot run step by step, or a parameter is not accepted.

    See Also
    --------
    SequenceLabeler : Predict at every step of whole sequences.
    SequenceAnomalyDetector : Score every step of whole sequences.

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
        methods = getattr(type(estimator), "stream_methods", None)
        if methods is None:
            raise TypeError(
                f"Stream was given {type_name(estimator)}; it takes a fitted estimator of "
                "sequences itself, such as the last step of a pipeline."
            )
        check_is_fitted(estimator)
        method = methods[0] if method is None else method
        if method not in methods:
            raise ValueError(f"method={method!r} was given; it may be {' or '.join(methods)}.")
        if not hasattr(estimator, method):
            raise ValueError(
                f"method={method!r} was given, and this {type(estimator).__name__} does not have "
                "it; it predicts numbers."
            )
        require(integers(1) | NONE, "n_streams", n_streams, "Stream")
        self.estimator = copy.copy(estimator)  # a later fit of it is taken over by `update` alone
        self.n_streams = None if n_streams is None else int(n_streams)
        self.method = method
        self._task = task = estimator._stream_task(self.n_streams or 1, method)
        self._shape = (self.n_streams or 1, task.n_features)
        self._n_tokens = task.network.n_tokens
        self._network = task.fitted.streaming(self._shape[0])
        self._reader = task.reader
        self._safe_squares = self._limit_of_squares()
        self._observed = np.zeros(self._shape[0], dtype=bool)
        self._latest = np.empty((self._shape[0], 1), dtype=np.float32)  # none yet
        self.reset()

    def step(self, x: Any) -> Any:
        """Process the next step and return the prediction after it.

        Parameters
        ----------
        x : array-like of shape (n_features,), or (n_streams, n_features)
            Observations in the units of the fit; NaN only after a fit with ``missing="mask"``.
            After a fit on named features also a dict, named tuple, Series or DataFrame (pandas or
            polars) with these names in any order. For a generator, a token or the keys of a piano
            roll, or a list of them.

        Returns
        -------
        number, label or ndarray
            Result of ``method`` for one sequence, or for each of ``n_streams``; for a detector,
            the score of this step.

        Raises
        ------
        ValueError
            If x has another shape or other names, holds infinity or NaN that the fit did not
            accept, or is so far from the fit that the network overflows; the state is unchanged.
        FloatingPointError
            If the weights or the state of the network make its outputs infinite or NaN.
        """
        steps = self._checked(x)
        values = self._reader(steps, self._outputs(steps).astype(np.float64))
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
        begin = self._chosen(streams)
        self._network.reset(begin)
        self._reader.reset(begin)
        self._observed[begin] = False
        for x in self._task.opening:
            self._where_observed(np.tile(x, (len(begin), 1)), begin)

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
        before, after = self._task, new._task
        same_network = before.network.key() == after.network.key()
        if not same_network or before.n_features != after.n_features:
            raise ValueError(
                f"the stream runs {before.network!r} on {before.n_features} features, "
                f"and the estimator {after.network!r} on {after.n_features}; make a "
                "new Stream of it."
            )
        n_before, n_after = len(before.fitted.networks), len(after.fitted.networks)
        if n_before != n_after:
            raise ValueError(
                f"the stream runs n_networks={n_before}, and the estimator has "
                f"n_networks={n_after}; make a new Stream of it."
            )
        new._network.go_on_from(self._network)
        new._reader.go_on_from(self._reader)
        self.estimator, self._task = new.estimator, after
        self._network, self._reader = new._network, new._reader
        self._safe_squares = new._safe_squares

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
            If the stream is of a generator, or the network has cells of your own.

        Notes
        -----
        Inputs are ``x``, float32 (n_streams, n_features) in the units of the fit (int64
        (n_streams, 1) after a fit with ``embedding_dim``); ``reset``, bool (n_streams,), True for
        streams that begin with this step, for which the states do not matter; and ``state_0``,
        ``state_1`` and so on. Outputs are those of the estimator's ``to_onnx`` for each stream, and
        ``next_state_0`` and so on, which are the states of the next step.

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
        write_step(path, self._task, type(self.estimator).__name__)

    def _limit_of_squares(self) -> float:
        """Return the sum of squares below which a step is complete and cannot overflow."""
        if self._task.masks:
            return 0.0
        scaling = self._task.scaling
        limit = SAFE_NORM * scaling.scale.min() - np.abs(scaling.center).max()
        return float(limit**2) if limit > 0 else 0.0

    def _chosen(self, streams: Any) -> NDArray[np.bool_]:
        """Return the mask of streams that a user names."""
        chosen = np.zeros(len(self._observed), dtype=bool)
        try:
            chosen[streams] = True
        except (IndexError, TypeError, ValueError) as error:
            raise ValueError(
                f"streams={streams!r} was given, and the numbers of the streams go from 0 to "
                f"{len(chosen) - 1}; give one of them, a list of some, a slice or a boolean mask "
                "with an element for each."
            ) from error
        return chosen

    def _checked(self, x: Any) -> NDArray[np.float64]:
        """Return a step as numbers (n_streams, n_features), some of which may be infinite."""
        values = numbers(self._task.read(x, self.n_streams))
        expected = self._shape if self.n_streams is not None else self._shape[1:]
        if values.shape != expected:
            raise ValueError(f"the step has the shape {values.shape}; it has to be {expected}.")
        values = values.reshape(self._shape)
        if self._n_tokens is None:
            return values
        self._refuse_missing(values)
        return as_tokens(values, self._n_tokens)

    def _outputs(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        if np.vdot(values, values) < self._safe_squares:
            outputs = self._network(self._task.scaling.transform(values).astype(np.float32))
        else:
            outputs = self._outputs_with_care(values)
        if not all_finite(outputs):
            raise FloatingPointError(
                "the outputs of the network are no longer finite: its weights, or its state, are "
                "too large; reset the stream, or fit with a smaller learning_rate."
            )
        return outputs

    def _outputs_with_care(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the outputs after a step with missing or very large values."""
        self._refuse_missing(values)
        masks = self._task.masks
        refuse = refuse_in_step(values)
        x = encode(values, self._task.scaling, indicator=masks, refuse=refuse)
        return (self._taken if is_modest(x) else self._tried)(values, x, masks)

    def _refuse_missing(self, values: NDArray[np.float64]) -> None:
        """Raise ValueError for infinity, and for NaN unless the fit took that as missing."""
        masks = self._task.masks
        if np.isinf(values).any() or not (masks or np.isfinite(values).all()):
            raise ValueError(
                "the step holds NaN or infinity; fit with missing='mask' to take NaN as not "
                "observed."
            )

    def _taken(
        self, values: NDArray[np.float64], x: NDArray[np.float32], masks: bool
    ) -> NDArray[np.float32]:
        """Take a step and return the outputs after it."""
        if not masks or self._task.network.keeps_missing_steps:
            return self._network(x)
        return self._where_observed(x, np.asarray(~np.isnan(values).all(axis=1)))

    def _tried(
        self, values: NDArray[np.float64], x: NDArray[np.float32], masks: bool
    ) -> NDArray[np.float32]:
        """Take a step that may overflow the network, whose state is then restored."""
        state = [part.copy() for part in self._network.state]
        observed, latest = self._observed.copy(), self._latest
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = self._taken(values, x, masks)
        if not all_finite(outputs):
            for part, before in zip(self._network.state, state, strict=True):
                part[:] = before
            self._observed, self._latest = observed, latest
            raise ValueError(
                f"the step contains {np.nanmax(np.abs(values)):g}, which is too far from the fit: "
                "the outputs of the network after it are not finite. Correct or clip such values."
            )
        return outputs

    def _where_observed(
        self, x: NDArray[np.float32], observed: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Take a step of the streams with an observation; the others keep their state.

        A stream without any observation yet takes one step of zeros, as in ``predict``.
        """
        before = [part.copy() for part in self._network.state]
        outputs = self._network(x)
        for part, kept in zip(self._network.state, before, strict=True):
            part[~observed] = kept[~observed]
        unchanged = self._observed & ~observed
        outputs[unchanged] = self._latest[unchanged]
        self._observed |= observed
        self._latest = outputs
        return outputs.copy()
