"""Steps of the network of an estimator of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import all_finite
from skrnn.engine.encoding import SAFE_NORM, encode, is_modest, refuse_in_step
from skrnn.sequences.steps import numbers
from skrnn.sequences.token_reading import as_tokens


class NetworkSteps:
    """Network that takes a step of parallel streams, and its state.

    Parameters
    ----------
    estimator : fitted estimator
        Estimator of sequences.
    n_streams : int or None
        Number of streams; None is one, without that axis.
    method : str
        Method of the estimator whose result a step returns.
    """

    def __init__(self, estimator: Any, n_streams: int | None, method: str) -> None:
        self.n_streams = n_streams
        self.task = task = estimator._stream_task(n_streams or 1, method)
        self._shape = (n_streams or 1, task.n_features)
        self._n_tokens = task.network.n_tokens
        self._network = task.fitted.streaming(self._shape[0])
        self._reader = task.reader
        self._safe_squares = self._limit_of_squares()
        self._observed = np.zeros(self._shape[0], dtype=bool)
        self._latest = np.empty((self._shape[0], 1), dtype=np.float32)  # none yet
        self.reset(np.ones(self._shape[0], dtype=bool))

    def step(self, x: Any, time: Any = None) -> NDArray[Any]:
        """Return the predictions (n_streams, ...) after a step; see `Stream.step`."""
        if time is not None:
            raise ValueError(
                f"time={time!r} was given, and the estimator has no times: only pipelines with a "
                "SlidingWindow and forecasters do; leave it out."
            )
        steps = self._checked(x)
        values: NDArray[Any] = self._reader(steps, self._outputs(steps).astype(np.float64))
        return values

    def reset(self, begin: NDArray[np.bool_]) -> None:
        """Reset some streams to the initial state."""
        self._network.reset(begin)
        self._reader.reset(begin)
        self._observed[begin] = False
        for x in self.task.opening:
            self._where_observed(np.tile(x, (len(begin), 1)), begin)

    def go_on_from(self, before: NetworkSteps) -> None:
        """Take over the state of other steps.

        Raises
        ------
        ValueError
            If the network or the features differ.
        """
        old, new = before.task, self.task
        if old.network.key() != new.network.key() or old.n_features != new.n_features:
            raise ValueError(
                f"the stream runs {old.network!r} on {old.n_features} features, "
                f"and the estimator {new.network!r} on {new.n_features}; make a "
                "new Stream of it."
            )
        n_before, n_after = len(old.fitted.networks), len(new.fitted.networks)
        if n_before != n_after:
            raise ValueError(
                f"the stream runs n_networks={n_before}, and the estimator has "
                f"n_networks={n_after}; make a new Stream of it."
            )
        self._network.go_on_from(before._network)
        self._reader.go_on_from(before._reader)
        self._observed, self._latest = before._observed, before._latest

    def _limit_of_squares(self) -> float:
        """Return the sum of squares below which a step is complete and cannot overflow."""
        if self.task.masks:
            return 0.0
        scaling = self.task.scaling
        limit = SAFE_NORM * scaling.scale.min() - np.abs(scaling.center).max()
        return float(limit**2) if limit > 0 else 0.0

    def read(self, x: Any) -> NDArray[np.float64]:
        """Return a step as numbers (n_streams, n_features)."""
        values = numbers(self.task.read(x, self.n_streams))
        expected = self._shape if self.n_streams is not None else self._shape[1:]
        if values.shape != expected:
            raise ValueError(f"the step has the shape {values.shape}; it has to be {expected}.")
        return values.reshape(self._shape)

    def _checked(self, x: Any) -> NDArray[np.float64]:
        """Return a step as numbers or tokens, some of which may be infinite."""
        values = self.read(x)
        if self._n_tokens is None:
            return values
        self._refuse_missing(values)
        return as_tokens(values, self._n_tokens)

    def _outputs(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        if np.vdot(values, values) < self._safe_squares:
            outputs = self._network(self.task.scaling.transform(values).astype(np.float32))
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
        masks = self.task.masks
        refuse = refuse_in_step(values)
        x = encode(values, self.task.scaling, indicator=masks, refuse=refuse)
        return (self._taken if is_modest(x) else self._tried)(values, x, masks)

    def _refuse_missing(self, values: NDArray[np.float64]) -> None:
        """Raise ValueError for infinity, and for NaN unless the fit took that as missing."""
        masks = self.task.masks
        if np.isinf(values).any() or not (masks or np.isfinite(values).all()):
            raise ValueError(
                "the step holds NaN or infinity; fit with missing='mask' to take NaN as not "
                "observed."
            )

    def _taken(
        self, values: NDArray[np.float64], x: NDArray[np.float32], masks: bool
    ) -> NDArray[np.float32]:
        """Take a step and return the outputs after it."""
        if not masks or self.task.network.keeps_missing_steps:
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
