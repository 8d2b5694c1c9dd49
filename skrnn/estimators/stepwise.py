"""What learns and predicts something at every step of sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._parameters import BOOLEAN, NONE, integers, parameter, validate
from skrnn._validation import require_target
from skrnn.engine.feed import Examples
from skrnn.estimators.base import BaseSequenceEstimator
from skrnn.estimators.choice import NetworkChoice
from skrnn.estimators.step_targets import StepTargets, in_form_of, read_step_targets
from skrnn.estimators.truncated import TruncatedBackpropagation
from skrnn.networks import Network
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.steps import EveryStep
from skrnn.sequences import Sequences, Windows, pieces


class BaseStepwiseEstimator(NetworkChoice, TruncatedBackpropagation, BaseSequenceEstimator):
    """Fit a network that is read at every step to targets at every step.

    Targets are `StepTargets`; a subclass says what stands in them.
    """

    causal: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Let no output depend on steps after its own, for live use. Otherwise a network
        given by name reads sequences in both directions (Schuster and Paliwal, 1997,
        doi:10.1109/78.650093); a network object is taken as it is.""",
    )
    chunk_length: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Learn from pieces of at most so many steps, into which longer sequences are cut;
        predictions are for whole sequences. None cuts nothing.""",
    )

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0
    ) -> tuple[Sequences, Any, NDArray[np.float64]]:
        require_target(self, y)
        if isinstance(X, Windows):
            raise TypeError(
                "X is Windows, whose windows share steps; give the series itself, as a list "
                "that holds it: [series], with its targets as [targets]."
            )
        sequences, targets, weights = super()._read(X, y, sample_weight, reset=reset, purge=purge)
        targets = targets.shortened(sequences.lengths)
        if self.chunk_length is None:
            return sequences, targets, weights
        n_pieces = -(-sequences.lengths // self.chunk_length)
        cut = pieces(sequences, self.chunk_length)
        return cut, targets.cut(self.chunk_length), np.repeat(weights, n_pieces)

    def _check_target(self, X: Any, y: Any, sequences: Sequences) -> StepTargets:
        return read_step_targets(X, y, sequences)

    def _examples(
        self, sequences: Sequences, y: StepTargets, weights: NDArray[np.float64]
    ) -> Examples:
        examples = super()._examples(sequences, y, weights)
        steps = np.asarray(examples.targets)[..., -1].sum(axis=1, dtype=np.float64)
        return replace(examples, weights=examples.weights * steps)

    def _prepare(self, sequences: Sequences, *args: Any) -> None:
        super()._prepare(sequences, *args)
        if not self._spec.network.needs_fixed_length:
            self._shape = replace(self._shape, n_steps=None)  # any length can be predicted for

    def _make_network(self) -> Network:
        network = super()._make_network()
        validate(network)
        if network.looks_ahead and self.causal:
            raise ValueError(
                f"network={self._network_name()} looks at later steps, and causal=True lets "
                "no output depend on them; give a recurrent network in one direction, or a TCN."
            )
        both_ways = isinstance(self.network, str) and not (self.causal or network.looks_ahead)
        if both_ways and isinstance(network, Recurrent):
            return EveryStep(network.set_params(bidirectional=True), both_ways=False)
        return EveryStep(network, both_ways)

    def _step_outputs(self, sequences: Sequences) -> tuple[Sequences, NDArray[np.float64]]:
        """Return sequences without padding, and the outputs at all of their steps."""
        sequences = self._without_padding(sequences)
        outputs = self._outputs_of(self._inputs(sequences))
        real = np.arange(outputs.shape[1]) < sequences.lengths[:, None]
        return sequences, outputs[real]

    def _at_each_step(self, X: Any, decode: Callable[[NDArray[np.float64]], Any]) -> Any:
        """Return what outputs, zero where a text is padded, stand for, in the form of X."""
        sequences = self._sequences(X)
        shortened, outputs = self._step_outputs(sequences)
        place = np.concatenate([np.arange(length) for length in sequences.lengths])
        every = np.zeros((len(place), outputs.shape[1]))
        every[place < np.repeat(shortened.lengths, sequences.lengths)] = outputs
        return in_form_of(X, sequences, decode(every))
