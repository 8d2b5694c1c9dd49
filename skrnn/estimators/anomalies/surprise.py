"""What a network tells of steps that it can be wrong about: the next one, or all of a piece."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skrnn.networks import GRU, Network
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.steps import NextStep, Reconstruction
from skrnn.preprocessing.forms import rows_of
from skrnn.sequences import Sequences, pieces

Floats = NDArray[np.float64]

#: From sequences to what a network gives at each of their steps in order, (n, n_features).
StepOutputs = Callable[[Sequences], Floats]


class Way(ABC):
    """A way to tell steps; sequences lie end to end."""

    @abstractmethod
    def network(self, make: Callable[[], Network]) -> Network:
        """Return the network for it, made of those that ``make`` returns."""

    @abstractmethod
    def targets(self, sequences: Sequences) -> Sequences:
        """Return what the network is to give at each step, NaN where nothing.

        Raises
        ------
        ValueError
            If there is nothing to learn from.
        """

    @abstractmethod
    def told(self, sequences: Sequences, outputs: StepOutputs) -> Floats:
        """Return what the network tells of each step, scaled, NaN where nothing.

        Raises
        ------
        ValueError
            If nothing can be told of a sequence.
        """


@dataclass(frozen=True)
class Forecast(Way):
    """Tell each step from those before it."""

    def network(self, make: Callable[[], Network]) -> Network:
        """Return a network of the next step; raise ValueError if it would see that."""
        network = make()
        if network.looks_ahead:
            raise ValueError(
                f"{network!r} looks at later steps, and a forecast may not; give a recurrent "
                'network in one direction or a TCN, or method="reconstruction".'
            )
        return NextStep(network)

    def targets(self, sequences: Sequences) -> Sequences:
        """Return the next step; raise ValueError if no sequence has a second one."""
        if sequences.longest < 2:
            raise ValueError(
                "X has sequences of one step only, and a forecast needs a step before; give "
                "sequences of two steps or more, one long series as a list: [series]. (A row of "
                "a 2-D X is a sequence: one with 1 feature(s) is one of one step.)"
            )
        following = np.roll(sequences.steps, -1, axis=0)
        following[sequences.ends] = np.nan
        return replace(sequences, steps=following)

    def told(self, sequences: Sequences, outputs: StepOutputs) -> Floats:
        """Return the forecast of each step but the first."""
        told = np.roll(outputs(sequences), 1, axis=0)
        told[sequences.starts] = np.nan
        return told


@dataclass(frozen=True)
class Reconstruct(Way):
    """Tell all steps of a piece from one vector.

    Attributes
    ----------
    window_length : int
        Steps of a piece.
    """

    window_length: int

    def network(self, make: Callable[[], Network]) -> Network:
        """Return an encoder, with a decoder like it if it is recurrent, else a GRU."""
        encoder = make()
        if isinstance(encoder, Recurrent):
            decoder = make().set_params(bidirectional=False, conv_filters=None)
        else:
            decoder = GRU(units=encoder.hidden_width())
        return Reconstruction(encoder, decoder)

    def targets(self, sequences: Sequences) -> Sequences:
        """Return the steps themselves."""
        self._check(sequences)
        return sequences

    def told(self, sequences: Sequences, outputs: StepOutputs) -> Floats:
        """Return the reconstruction of each step; where two pieces overlap, of the later one."""
        self._check(sequences)
        cut = pieces(sequences, self.window_length, whole=True)
        told = np.empty(sequences.steps.shape)
        told[rows_of(cut)] = outputs(cut)
        return told

    def _check(self, sequences: Sequences) -> None:
        """Raise ValueError if a sequence is shorter than a piece."""
        if sequences.lengths.min() < self.window_length:
            row = int(np.argmin(sequences.lengths))
            raise ValueError(
                f"sequence {row} of X has {sequences.lengths[row]} steps, and pieces of "
                f"window_length={self.window_length} are reconstructed; give longer sequences, "
                'fit with a smaller window_length, or with method="forecast".'
            )
