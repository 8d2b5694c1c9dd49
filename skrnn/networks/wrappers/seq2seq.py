"""Encoder and decoder of a translator, with attention between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from skrnn.networks.base import Network
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.wrappers.base import Wrapper
from skrnn.numpy_runtime.beam_search import Attention, Decoder, Encoded
from skrnn.numpy_runtime.cells import Dense, Embedding, Rectifier
from skrnn.numpy_runtime.encode import pad, run_layers
from skrnn.numpy_runtime.weights import Array, WeightReader


@dataclass(frozen=True)
class Side:
    """Columns of the steps of a source or a target.

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


def check_layers(network: Network, name: str) -> Recurrent:
    """Return a recurrent network, which messages call ``name``, as layers that a decoder can have.

    Raises
    ------
    ValueError
        If it is bidirectional, has a convolution in front, or pools steps.
    """
    assert isinstance(network, Recurrent), "the domain of the parameter accepts no others"
    if network.bidirectional:
        raise ValueError(
            f"network={name} reads in both directions, and a decoder cannot read a target from its "
            "end; give the network without bidirectional=True, which the translator's own "
            "bidirectional=True sets for the encoder alone."
        )
    if network.conv_filters is not None:
        raise ValueError(
            f"network={name} has a convolution in front, which neither encoder nor decoder of a "
            "translator has; give conv_filters=None."
        )
    if network.pooling != "last":
        raise ValueError(
            f"network={name} pools the steps of a sequence with pooling={network.pooling!r}; a "
            "translator takes the encoder's last state, with attention to all steps: give "
            "pooling='last'."
        )
    return network


def in_both_directions(network: Recurrent) -> Recurrent:
    """Return the same layers, which also read from the end of a sequence to its beginning.

    Raises
    ------
    ValueError
        If they learn their initial state.
    """
    if network.initial_state == "learned":
        raise ValueError(
            f"network={network!r} learns its initial state, which an encoder in both directions "
            "does not; give initial_state='zeros', or bidirectional=False to the translator."
        )
    return network.with_parameters(bidirectional=True)


@dataclass(eq=False, repr=False)
class EncoderDecoder(Wrapper):
    """Encoder of a source and decoder of each target step from the source and earlier steps.

    The encoder's last state, or a hidden layer on a vector, stands beside each step that the
    decoder reads (Sutskever, Vinyals and Le, 2014, arXiv:1409.3215; Cho et al., 2014,
    arXiv:1406.1078); the decoder's states attend to those of the encoder (Luong, Pham and
    Manning, 2015, arXiv:1508.04025).

    A sequence is what the decoder sees, in ``n_steps`` rows, followed by the source.

    Parameters
    ----------
    encoder, decoder : Recurrent
        As `check_layers` returns them; the decoder is unidirectional.
    source, target : Side
        Columns of their steps.
    n_steps : int
        Steps of the target.
    embedding_dim : int
        Size of the vector of a token.
    attention : bool
        Let the decoder attend to the steps of the source.
    """

    encoder: Recurrent
    decoder: Recurrent
    source: Side
    target: Side
    n_steps: int
    embedding_dim: int
    attention: bool

    def __post_init__(self) -> None:
        self.attention = self.attention and not self.source.n_values

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return ``n_outputs`` numbers for each step of the target."""
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
        steps = layers.ConcatenateToSteps()(summary, self._vectors(self.target, given, "target"))
        states = self.decoder.steps(steps, lengths)
        if self.attention:
            states = layers.Attend()(states, memory, lengths)
        return layers.Dense(n_outputs, name="outputs")(states)

    def with_steps(self, n_steps: int) -> Self:
        """Return the same network for targets of ``n_steps`` steps."""
        return replace(self, n_steps=n_steps)

    def start_decoding(
        self, weights: Sequence[Array], sources: Sequence[Array], width: int
    ) -> Decoder:
        """Return the decoder in numpy, at the beginning of its targets.

        Parameters
        ----------
        weights : sequence of ndarray
            The weights of a fit.
        sources : sequence of ndarray of shape (n_steps_i, n_columns)
            Steps as the network sees them.
        width : int
            Beam width.
        """
        reader = WeightReader(weights)
        encoded = self._encoded(reader, sources)
        vectors = (self.target.n_codes, self.embedding_dim)
        embedding = Embedding(*reader.take(vectors)) if self.target.n_codes else None
        stages = self.decoder.stages(reader, width * len(sources))
        attention = None
        if self.attention:
            attention = Attention(encoded, width, *reader.take(*[(None, None)] * 3, (None,)))
        head = Dense.read(reader)
        reader.finish()
        return Decoder(encoded, width, embedding, stages, attention, head)

    def _encoded(self, weights: WeightReader, sources: Sequence[Array]) -> Encoded:
        """Return the encoder's states for some sources."""
        if n_values := self.source.n_values:
            lengths = np.array([len(source) for source in sources])
            flat = np.stack([source.ravel()[:n_values] for source in sources])
            hidden = Dense.read(weights, n_values)
            return Encoded(flat, Rectifier()(hidden(flat)), lengths)
        x, lengths = pad(sources)
        if self.source.n_codes:
            (vectors,) = weights.take((self.source.n_codes, self.embedding_dim))
            x = vectors[x[..., 0].astype(np.intp)]
        memory, summary = run_layers(self.encoder.layer_cells(weights, len(x)), x, lengths)
        return Encoded(memory, summary, lengths)

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
