"""Encoder and decoder, with attention between them: from one sequence to another."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from skrnn.networks.base import Network
from skrnn.networks.recurrent import Recurrent


@dataclass(frozen=True)
class Side:
    """What the steps of the source, or of the target, hold.

    Attributes
    ----------
    n_columns : int
        Numbers at a step.
    n_codes : int
        If not 0, the one number is that of a token, from 0 to ``n_codes - 1``.
    n_values : int
        If not 0, the steps laid end to end begin with a vector of so many values, which has no
        order in time.
    n_rows : int
        Steps that such a vector is laid over.
    """

    n_columns: int
    n_codes: int = 0
    n_values: int = 0
    n_rows: int = 0


class Translator(Network):
    """Read a source, and give numbers for each step of a target from what stands before it.

    The encoder's last state, or a hidden layer on a vector, stands beside each step that the
    decoder reads (Sutskever, Vinyals and Le, 2014, arXiv:1409.3215; Cho et al., 2014,
    arXiv:1406.1078); the decoder's states attend to those of the encoder (Luong, Pham and
    Manning, 2015, arXiv:1508.04025).

    A sequence is what the decoder sees, in ``n_steps`` rows, followed by the source.

    Parameters
    ----------
    encoder, decoder : Recurrent
        Without a Conv1D front; the decoder reads in one direction.
    source, target : Side
        What their steps hold.
    n_steps : int
        Steps of the target.
    embedding_dim : int
        Numbers in the vector of a token.
    attention : bool
        Let the decoder attend to the steps of the source.
    """

    def __init__(
        self,
        encoder: Recurrent,
        decoder: Recurrent,
        source: Side,
        target: Side,
        n_steps: int,
        embedding_dim: int,
        attention: bool,
    ) -> None:
        self.encoder = encoder
        self.decoder = decoder
        self.source = source
        self.target = target
        self.n_steps = n_steps
        self.embedding_dim = embedding_dim
        self.attention = attention and not source.n_values

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the features of each step of the target, (batch, n_steps, n_features)."""
        from skrnn.networks import layers

        given = inputs[:, : self.n_steps, : self.target.n_columns]
        source = inputs[:, self.n_steps :, : self.source.n_columns]
        lengths = layers.StepsAfter(self.n_steps)(lengths)
        if self.source.n_values:
            memory, summary = None, self._hidden(source)
        else:
            memory = self.encoder.steps(self._vectors(self.source, source, "source"), lengths)
            both_ends = self.encoder.bidirectional
            summary = layers.pool("last", memory, lengths, both_ends=both_ends)
        steps = layers.BesideEachStep()(summary, self._vectors(self.target, given, "target"))
        states = self.decoder.steps(steps, lengths)
        return layers.Attend()(states, memory, lengths) if self.attention else states

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step of the target."""
        from skrnn.networks import layers

        return layers.Dense(n_outputs, name="outputs")(self.encode(inputs, lengths))

    def with_steps(self, n_steps: int) -> Translator:
        """Return the same network for targets of so many steps."""
        settings = {**vars(self), "n_steps": n_steps}
        return Translator(**settings)

    def key(self) -> Hashable:
        """Return what two networks share if one compiled program can serve both."""
        settings = {**vars(self), "encoder": self.encoder.key(), "decoder": self.decoder.key()}
        return Translator, tuple(settings.items())

    def rates(self) -> dict[str, float]:
        """Return the values of the variables that hold rates."""
        return self.decoder.rates()

    def __repr__(self) -> str:
        return f"{self.encoder!r} to {self.decoder!r}"

    def _vectors(self, side: Side, steps: Any, name: str) -> Any:
        """Return steps as they are, or the vectors of the tokens in them."""
        from skrnn.networks import layers

        if not side.n_codes:
            return steps
        embedding = layers.Embedding(side.n_codes, self.embedding_dim, name=f"{name}_embedding")
        return embedding(steps[..., 0])

    def _hidden(self, rows: Any) -> Any:
        """Return a hidden layer's features of the vectors that lie over the rows."""
        from skrnn.networks import layers

        side = self.source
        flat = layers.Reshape((side.n_rows * side.n_columns,))(rows[:, : side.n_rows])
        units = self.encoder.layer_units()[0]
        hidden = layers.Dense(units, activation="relu")(flat[:, : side.n_values])
        return layers.Dropout()(hidden) if self.encoder.dropout else hidden
