"""Codecs of numbers on the two sides of a translator: sequences of them, or a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.step_losses import StepLoss, ending_loss
from skrnn.estimators.seq2seq.codecs import Rows, SequenceCodec, TargetCodec
from skrnn.networks.wrappers.seq2seq import Side
from skrnn.numpy_runtime.ensemble import average_labels, average_numbers
from skrnn.preprocessing.scaling import AffineScaling, TargetScaling


@dataclass(frozen=True, eq=False)
class NumberCodec(TargetCodec):
    """One number or several at each step, standardized for the network.

    Attributes
    ----------
    scaling : TargetScaling
        Mean and scale of each, and which never varied.
    is_flat : bool
        One number for each step was given, and no axis for several.
    n_steps : int or None
        The length that all sequences of the fit share.
    name : {"X", "y"}
        What they were passed as.
    """

    scaling: TargetScaling
    is_flat: bool
    n_steps: int | None
    name: str

    @classmethod
    def learn(
        cls,
        sequences: Sequence[NDArray[Any]],
        weights: NDArray[np.float64],
        name: str,
        *,
        is_flat: bool = False,
    ) -> Self:
        """Return the codec of arrays (n_steps_i, n_values), of these weights."""
        lengths = [len(sequence) for sequence in sequences]
        scaling = TargetScaling.learn(np.concatenate(sequences), np.repeat(weights, lengths))
        return cls(scaling, is_flat, lengths[0] if len(set(lengths)) == 1 else None, name)

    def with_more(self, sequences: Sequence[NDArray[Any]], weights: NDArray[np.float64]) -> Self:
        """Return the codec for training that continues with further sequences."""
        self.check(sequences)
        per_step = np.repeat(weights, [len(sequence) for sequence in sequences])
        return replace(self, scaling=self.scaling.with_more(np.concatenate(sequences), per_step))

    @property
    def n_values(self) -> int:
        """Return how many numbers there are at a step."""
        return self.scaling.n_columns

    @property
    def n_outputs(self) -> int:
        """Return how many numbers the network gives at a step."""
        return self.n_values + self.ends

    @property
    def side(self) -> Side:
        """Return what a step of a source holds."""
        return Side(self.n_values)

    @property
    def loss(self) -> StepLoss:
        """Return the squared error, with the cross-entropy of the end where sequences end."""
        return StepLoss(ending_loss if self.ends else "mean_squared_error")

    @property
    def decoder_input_spec(self) -> Side:
        """Return what the decoder sees at a step: 1 at the first."""
        return Side(1)

    @property
    def ends(self) -> bool:
        """Tell whether each sequence ends by itself, and not after as many steps as all."""
        return self.n_steps is None

    def check(self, sequences: Sequence[NDArray[Any]]) -> None:
        """Raise ValueError for another number of values at a step than in the fit."""
        if sequences[0].shape[1] != self.n_values:
            raise ValueError(
                f"{self.name} has {sequences[0].shape[1]} numbers at each step, and had "
                f"{self.n_values} in the fit."
            )

    def encode(self, sequences: Sequence[NDArray[Any]]) -> list[Rows]:
        """Return standardized numbers."""
        self.check(sequences)
        what = f"Input {self.name}"
        return [
            self.scaling.encode(sequence, what, f"sequence {row} has it first")
            for row, sequence in enumerate(sequences)
        ]

    def decode(self, rows: Rows) -> NDArray[np.float64]:
        """Return numbers in their own units."""
        values = self.scaling.decode(rows.astype(np.float64))
        return values[:, 0] if self.is_flat else values

    def to_user_format(self, predicted: list[NDArray[np.float64]]) -> Any:
        """Return a list of arrays, or one array of targets of one length."""
        return predicted if self.ends else np.stack(predicted)

    def decoder_inputs(self, rows: Rows) -> Rows:
        """Return 1 for the first step and 0 for the others: no value is fed back."""
        return (np.arange(len(rows)) == 0).astype(np.float32)[:, None]

    def decoder_targets(self, rows: Rows) -> Rows:
        """Return what the decoder is to give: values and, if they end by themselves, the end."""
        if not self.ends:
            return rows
        last = np.arange(len(rows)) == len(rows) - 1
        return np.column_stack([rows, last]).astype(np.float32)

    def combined(self, outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the mean of the values, and the logit of the mean probability of the end."""
        values = average_numbers([part[:, : self.n_values] for part in outputs])
        ends = average_labels([part[:, self.n_values :] for part in outputs])
        return np.concatenate([values, ends], axis=1)


@dataclass(frozen=True, eq=False)
class VectorCodec(SequenceCodec):
    """A vector, standardized, that has no order in time.

    Attributes
    ----------
    scaling : AffineScaling
        Mean and scale of each of its values.
    n_rows : int
        Rows that it is laid over, so that it is about as wide as a step of the target.
    """

    scaling: AffineScaling
    n_rows: int

    @property
    def side(self) -> Side:
        """Return what the rows hold."""
        n_values = len(self.scaling.center)
        return Side(-(-n_values // self.n_rows), n_values=n_values, n_rows=self.n_rows)

    def encode(self, sequences: Sequence[NDArray[Any]]) -> list[Rows]:
        """Return vectors, standardized and laid over their rows."""
        vectors = np.stack(
            [
                self.scaling.encode(vector, "Input X", f"sequence {row} has it first")
                for row, vector in enumerate(sequences)
            ]
        )
        laid = np.zeros((len(vectors), self.n_rows * self.side.n_columns), np.float32)
        laid[:, : vectors.shape[1]] = vectors
        return list(laid.reshape(len(vectors), self.n_rows, -1))
