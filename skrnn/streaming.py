"""Predictions step by step, as observations come in."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn._parameters import NONE, integers, require
from skrnn._validation import all_finite
from skrnn._version import Versioned
from skrnn.engine.encoding import encode, is_modest, refuse_in_step
from skrnn.engine.stepping import stepping
from skrnn.sequences.steps import numbers
from skrnn.sequences.tokens import as_tokens


class Stream(Versioned):
    """Predict after every step, at the same cost for each, by carrying the state of a network.

    A step gives what the estimator predicts for the sequence of all steps so far. Recurrent
    networks carry their state, temporal convolutional networks the steps they look back at.
    It can be copied and pickled with its state, and needs no Keras once it is made.

    Parameters
    ----------
    estimator : fitted estimator
        A regressor, classifier, labeller, anomaly detector or generator of a network in which
        nothing depends on later steps: RNN, LSTM or GRU in one direction, or a TCN; for a
        labeller with ``causal=True``, for a detector with ``method="forecast"``.
    n_streams : int or None, default=None
        Streams that go on side by side, a row of x for each; None is one, without the axis.
    method : {"predict", "predict_proba", "step_scores"} or None, default=None
        What a step returns. None is "predict", or what there is: the score of the step of a
        detector, "predict_proba" of a generator.

    Raises
    ------
    NotFittedError
        If there was no fit.
    TypeError
        If the estimator is none of those named above.
    ValueError
        If its network cannot be run step by step, or a parameter is not accepted.

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
        streamed = getattr(type(estimator), "_streamed", None)
        if streamed is None:
            raise TypeError(
                f"Stream was given a {type(estimator).__name__}; it takes a fitted estimator of "
                "sequences itself, such as the last step of a pipeline."
            )
        check_is_fitted(estimator)
        method = next(iter(streamed)) if method is None else method
        if method not in streamed:
            raise ValueError(f"method={method!r} was given; it may be {' or '.join(streamed)}.")
        if not hasattr(estimator, method):
            raise ValueError(f"{type(estimator).__name__} has no {method}.")
        require(integers(1) | NONE, "n_streams", n_streams, "Stream")
        self.estimator = copy.copy(estimator)  # a later fit of it is taken over by `update` alone
        self.n_streams = None if n_streams is None else int(n_streams)
        self.method = method
        self._shape = (self.n_streams or 1, estimator._shape.n_features)
        self._network = stepping(estimator._spec.network, estimator.weights_, self._shape[0])
        self._reader = estimator._stream_reader(self._shape[0], method)
        self._observed = np.zeros(self._shape[0], dtype=bool)
        self._latest = np.empty((self._shape[0], estimator._spec.n_outputs), dtype=np.float32)
        self.reset()

    def step(self, x: Any) -> Any:
        """Take in the next step and return the prediction after it.

        Parameters
        ----------
        x : array-like of shape (n_features,), or (n_streams, n_features)
            The step, in the units of the fit; NaN only where the fit had ``missing="mask"``. After
            a fit on named features also a dict, a Series, a named tuple or a DataFrame with these
            names in any order, of pandas or polars. Of a generator a token or the keys, or a list
            of them.

        Returns
        -------
        number, label or ndarray
            What ``method`` of the estimator gives for one sequence, or for ``n_streams``; the
            score of the step for a detector.

        Raises
        ------
        ValueError
            If x has another shape or other names, holds infinity or NaN, or is so far from the
            fit that the network overflows; the state stays as it was.
        FloatingPointError
            If the network itself has left what is finite.
        """
        steps = self._checked(x)
        values = self._reader(steps, self._outputs(steps).astype(np.float64))
        return values if self.n_streams is not None else values[0]

    def reset(self, streams: Any = slice(None)) -> None:
        """Let streams begin anew.

        Parameters
        ----------
        streams : index, list of them, slice or boolean mask, default=all
            Which of them.

        Raises
        ------
        ValueError
            If there are no such streams; all stay as they were.
        """
        begin = self._chosen(streams)
        self._network.reset(begin)
        self._reader.reset(begin)
        self._observed[begin] = False
        for x in self.estimator._opening():
            self._where_observed(np.tile(x, (len(begin), 1)), begin)

    def update(self, estimator: Any) -> None:
        """Go on with what an estimator has learnt since, each stream from the state it has.

        Parameters
        ----------
        estimator : fitted estimator
            The one that the stream was made of, after ``partial_fit`` or another fit, or one
            with the same network and features.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As when a stream is made, and if the network or the features are others; the stream
            stays as it was.
        """
        new = Stream(estimator, self.n_streams, method=self.method)
        before, after = self.estimator, new.estimator
        same_network = before._spec.network.key() == after._spec.network.key()
        if not same_network or before._shape.n_features != after._shape.n_features:
            raise ValueError(
                f"the stream runs {before._spec.network!r} on {before._shape.n_features} features, "
                f"and the estimator {after._spec.network!r} on {after._shape.n_features}; make a "
                "new Stream of it."
            )
        new._network.go_on_from(self._network)
        new._reader.go_on_from(self._reader)
        self.estimator, self._network, self._reader = after, new._network, new._reader

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
        values = numbers(self.estimator._read_step(x, self.n_streams))
        expected = self._shape if self.n_streams is not None else self._shape[1:]
        if values.shape != expected:
            raise ValueError(f"the step has the shape {values.shape}; it has to be {expected}.")
        values = values.reshape(self._shape)
        n_tokens = self.estimator._spec.network.n_tokens
        if n_tokens is None:
            return values
        self._refuse_missing(values)
        return as_tokens(values, n_tokens)

    def _outputs(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        masks = self.estimator._missing == "mask"
        x = self.estimator._scaling.transform_single(values)
        modest = is_modest(x)
        if masks or not modest:
            x = self._encoded(values, masks)
            modest = is_modest(x)
        outputs = self._taken(values, x, masks) if modest else self._tried(values, x, masks)
        if not all_finite(outputs):
            raise FloatingPointError(
                "the outputs of the network are no longer finite: its weights, or its state, are "
                "too large; reset the stream, or fit with a smaller learning_rate."
            )
        return outputs

    def _encoded(self, values: NDArray[np.float64], masks: bool) -> NDArray[np.float32]:
        """Return a step in which values are missing, or too large, or raise for that."""
        self._refuse_missing(values)
        refuse = refuse_in_step(values)
        return encode(values, self.estimator._scaling, indicator=masks, refuse=refuse)

    def _refuse_missing(self, values: NDArray[np.float64]) -> None:
        """Raise ValueError for infinity, and for NaN unless the fit took that as missing."""
        masks = self.estimator._missing == "mask"
        if np.isinf(values).any() or not (masks or np.isfinite(values).all()):
            raise ValueError(
                "the step holds NaN or infinity; fit with missing='mask' to take NaN as not "
                "observed."
            )

    def _taken(
        self, values: NDArray[np.float64], x: NDArray[np.float32], masks: bool
    ) -> NDArray[np.float32]:
        """Take a step and return the outputs after it."""
        if not masks or self.estimator._spec.network.keeps_missing_steps:
            return self._network(x)
        return self._where_observed(x, np.asarray(~np.isnan(values).all(axis=1)))

    def _tried(
        self, values: NDArray[np.float64], x: NDArray[np.float32], masks: bool
    ) -> NDArray[np.float32]:
        """Take a step that may be too much for the network; if it is, the state stays."""
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
        """Take a step of the streams in which something was observed; the others stay as they are.

        A stream in which nothing was ever observed is, as for ``predict``, one step of nothing.
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
