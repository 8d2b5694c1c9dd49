"""Base class of estimators that predict at every step, trained on chunks of long sequences."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import check_outputs
from skrnn.estimators.budget import Budget
from skrnn.estimators.per_step.step_targets import in_form_of
from skrnn.estimators.sequence_data import SequenceData
from skrnn.estimators.sequence_estimator import BaseSequenceEstimator
from skrnn.estimators.trainer import Start
from skrnn.networks.base import ModelBuilder
from skrnn.parameters import NONE, integers, one_of, parameter
from skrnn.sequences import Sequences, Windows, pieces

#: Length from which on sequences are split by default, and the length of their chunks.
LONG, CHUNK = 512, 128


class BaseStepwiseEstimator(BaseSequenceEstimator):
    """Base class of estimators with targets at every step of sequences or of their chunks.

    The targets of a subclass are `StepTargets`.
    """

    chunk_length: int | str | None = parameter(
        default="auto",
        domain=integers(1) | one_of("auto") | NONE,
        doc="""Split training sequences into chunks of at most this many steps; predictions are
        for whole sequences. "auto" is 128 if a sequence has more than 512 steps; None, and "auto"
        otherwise, do not split.""",
    )

    _budget: ClassVar[Budget] = Budget(500, 15, batch_sizes=(4, 64), enough=5_000)

    @abstractmethod
    def _chunk_rule(self) -> tuple[int | str | None, bool]:
        """Return the maximum steps of a chunk, "auto" or None, and whether all have that many."""

    def _read_chunks(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        """Return checked user data, split into chunks."""
        data = self._read_whole(X, y, sample_weight, start)
        n_steps, whole = self._chunk_rule()
        if isinstance(n_steps, str):
            n_steps = CHUNK if data.sequences.longest > LONG else None
        if n_steps is None:
            return data
        return replace(
            data,
            sequences=pieces(data.sequences, n_steps, whole=whole),
            y=data.y.cut(n_steps, whole=whole),
            weights=np.repeat(data.weights, -(-data.sequences.lengths // n_steps)),
        )

    def _read_whole(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        """Return checked user data, before it is split into chunks."""
        if isinstance(X, Windows):
            raise TypeError(
                "X is Windows, whose windows share steps; give the series itself, as a list "
                "that holds it: [series], with its targets, if any, as [targets]."
            )
        data = self._read_examples(X, y, sample_weight, start)
        return replace(data, y=data.y.shortened(data.sequences.lengths))

    def _weigh(self, y: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return weights

    def _strata(self, y: Any) -> None:
        return None

    def _for_data(
        self, network: ModelBuilder, sequences: Sequences, counted: NDArray[np.float64]
    ) -> ModelBuilder:
        return network

    def _reads_any_length(self, network: ModelBuilder) -> bool:
        _, are_alike = self._chunk_rule()
        return are_alike or not network.needs_fixed_length

    def _step_outputs(self, sequences: Sequences) -> tuple[Sequences, NDArray[np.float64]]:
        """Return sequences without padding, and the outputs at all of their steps."""
        sequences = self.network_.encoder.without_padding(sequences)
        outputs = self._outputs_at_steps(sequences)
        check_outputs(
            outputs,
            lambda row: int(np.searchsorted(np.cumsum(sequences.lengths), row, side="right")),
        )
        return sequences, outputs

    def _outputs_at_steps(self, sequences: Sequences) -> NDArray[np.float64]:
        """Return the outputs at each step of sequences in order, (n, n_outputs)."""
        outputs = self.network_.outputs(self.network_.encoder.inputs(sequences))
        real = np.arange(outputs.shape[1]) < sequences.lengths[:, None]
        return outputs[real]

    def _at_each_step(self, X: Any, decode: Callable[[NDArray[np.float64]], Any]) -> Any:
        """Return decoded outputs, zero for padding of texts, in the form of X."""
        sequences = self._sequences(X)
        shortened, outputs = self._step_outputs(sequences)
        steps = np.arange(sequences.longest)
        own, read = (steps < part.lengths[:, None] for part in (sequences, shortened))
        every = np.zeros((np.count_nonzero(own), outputs.shape[1]))
        every[read[own]] = outputs
        return in_form_of(X, sequences, decode(every))
