"""What estimators share that give something at every step of sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._parameters import NONE, integers, parameter
from skrnn._validation import check_outputs
from skrnn.engine.feed import Examples
from skrnn.estimators.at_steps.step_targets import StepTargets, in_form_of
from skrnn.estimators.base import BaseSequenceEstimator
from skrnn.sequences import Sequences, Windows, pieces


class BaseStepwiseEstimator(BaseSequenceEstimator):
    """Learn from every step of sequences, or of the pieces into which they are cut.

    The targets of a subclass are `StepTargets`.
    """

    chunk_length: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Learn from pieces of at most so many steps, into which longer sequences are cut;
        predictions are for whole sequences. None cuts nothing.""",
    )

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0
    ) -> tuple[Sequences, Any, NDArray[np.float64]]:
        sequences, targets, weights = self._read_whole(
            X, y, sample_weight, reset=reset, purge=purge
        )
        n_steps, whole = self._piece_rule()
        if n_steps is None:
            return sequences, targets, weights
        cut = pieces(sequences, n_steps, whole=whole)
        n_pieces = -(-sequences.lengths // n_steps)
        return cut, targets.cut(n_steps, whole=whole), np.repeat(weights, n_pieces)

    def _read_whole(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0
    ) -> tuple[Sequences, Any, NDArray[np.float64]]:
        """Return what a user passed, checked, before it is cut into pieces."""
        if isinstance(X, Windows):
            raise TypeError(
                "X is Windows, whose windows share steps; give the series itself, as a list "
                "that holds it: [series], with its targets, if any, as [targets]."
            )
        sequences, targets, weights = super()._read(X, y, sample_weight, reset=reset, purge=purge)
        return sequences, targets.shortened(sequences.lengths), weights

    def _piece_rule(self) -> tuple[int | None, bool]:
        """Return the steps of a piece, or None, and whether all have so many (`pieces`)."""
        return None if self.chunk_length is None else int(self.chunk_length), False

    def _examples(
        self, sequences: Sequences, y: StepTargets, weights: NDArray[np.float64]
    ) -> Examples:
        examples = super()._examples(sequences, y, weights)
        steps = np.asarray(examples.targets)[..., -1].sum(axis=1, dtype=np.float64)
        return replace(examples, weights=examples.weights * steps)

    def _prepare(self, sequences: Sequences, *args: Any) -> None:
        super()._prepare(sequences, *args)
        _, are_cut_alike = self._piece_rule()
        if are_cut_alike or not self._spec.network.needs_fixed_length:
            self._shape = replace(self._shape, n_steps=None)  # any length can be read

    def _step_outputs(self, sequences: Sequences) -> tuple[Sequences, NDArray[np.float64]]:
        """Return sequences without padding, and the outputs at all of their steps."""
        sequences = self._without_padding(sequences)
        outputs = self._outputs_at_steps(sequences)
        check_outputs(
            outputs,
            lambda row: int(np.searchsorted(np.cumsum(sequences.lengths), row, side="right")),
        )
        return sequences, outputs

    def _outputs_at_steps(self, sequences: Sequences) -> NDArray[np.float64]:
        """Return the outputs at each step of sequences in order, (n, n_outputs)."""
        outputs = self._outputs_of(self._inputs(sequences))
        real = np.arange(outputs.shape[1]) < sequences.lengths[:, None]
        return outputs[real]

    def _at_each_step(self, X: Any, decode: Callable[[NDArray[np.float64]], Any]) -> Any:
        """Return what outputs, zero where a text is padded, stand for, in the form of X."""
        sequences = self._sequences(X)
        shortened, outputs = self._step_outputs(sequences)
        steps = np.arange(sequences.longest)
        own, read = (steps < part.lengths[:, None] for part in (sequences, shortened))
        every = np.zeros((np.count_nonzero(own), outputs.shape[1]))
        every[read[own]] = outputs
        return in_form_of(X, sequences, decode(every))
