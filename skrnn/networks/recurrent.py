"""Stacks of recurrent layers, forward or in both directions."""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

from skrnn.networks.base import (
    DEPTH,
    DROPOUT,
    KERNEL,
    POOLING,
    WIDTH,
    LengthDependent,
    StreamingNetwork,
)
from skrnn.numpy_runtime.cells import CausalConvolution, Cell, LayerNormalization, Rectifier, Stage
from skrnn.numpy_runtime.encode import Layer
from skrnn.numpy_runtime.weights import WeightReader
from skrnn.parameters import (
    BOOLEAN,
    NONE,
    Parametrized,
    combination_check,
    fitted,
    integers,
    one_of,
    parameter,
    singles,
    tuples_of,
)


class RecurrentParameters(Parametrized):
    """Parameters of recurrent networks."""

    units: int | tuple[int, ...] = parameter(
        default=32,
        domain=WIDTH | tuples_of(WIDTH),
        doc="Units of each recurrent layer; a tuple has the units of each layer.",
    )
    n_layers: int = parameter(
        default=1,
        domain=DEPTH,
        doc="Number of recurrent layers; ignored if ``units`` is a tuple.",
    )
    bidirectional: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Process sequences in both directions and concatenate the outputs (Schuster and
        Paliwal, 1997, doi:10.1109/78.650093).""",
    )
    dropout: float = DROPOUT
    recurrent_dropout: float = parameter(
        default=0.0,
        domain=singles(0, 1),
        doc="""Fraction of the recurrent state set to zero in training, with the same mask at
        all steps of a sequence and another one for each gate (Gal and Ghahramani, 2016,
        arXiv:1512.05287).""",
    )
    layer_norm: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Normalize the outputs of each recurrent layer over its units at each step
        (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).""",
    )
    conv_filters: int | None = parameter(
        default=None,
        domain=WIDTH | NONE,
        doc="""Filters of a causal Conv1D layer before the recurrent layers; None adds no such
        layer.""",
    )
    conv_kernel_size: int = parameter(
        default=5, domain=integers(1, KERNEL), doc="Kernel length of the Conv1D layer, in steps."
    )
    conv_strides: int | str = parameter(
        default=1,
        domain=integers(1, KERNEL) | one_of("auto"),
        doc="""Stride of the Conv1D layer, in steps, which shortens sequences by this factor;
        at most ``conv_kernel_size``. "auto" is 1 for training sequences of up to 64 steps, 2 up
        to 128, else 4.""",
    )
    pooling: str = POOLING
    initial_state: str = parameter(
        default="zeros",
        domain=one_of("zeros", "learned"),
        doc="""Recurrent state before the first step: "zeros", or "learned" for each layer and
        direction, starting at zero.""",
    )

    @combination_check
    def _warn_of_two_depths(self) -> None:
        """Warn if ``units`` and ``n_layers`` give different numbers of layers."""
        unset = type(self)._parameters["n_layers"].default
        if isinstance(self.units, tuple | list) and self.n_layers not in (unset, len(self.units)):
            warnings.warn(
                f"units={self.units!r} gives the units of {len(self.units)} layers, so that "
                f"n_layers={self.n_layers} is ignored; leave it out.",
                stacklevel=2,
            )


def automatic_strides(_: Any, n_steps: int) -> int:
    """Return the stride of the Conv1D layer for sequences of ``n_steps``."""
    return next((strides for strides in (1, 2) if n_steps <= 64 * strides), 4)


class Recurrent(RecurrentParameters, StreamingNetwork, LengthDependent):
    """Base class of recurrent networks: optional Conv1D, recurrent layers with dropout, pooling.

    A subclass defines the layer, in Keras and in numpy.

    Attributes
    ----------
    automatic : dict from str to callable
        For each parameter that may be "auto", the function that returns its value for a network
        and a number of steps. Those before it are fixed when it is called.
    """

    automatic: ClassVar[dict[str, Callable[[Any, int], int]]] = {"conv_strides": automatic_strides}

    _pieces: tuple[Any, int] = fitted()

    @property
    @abstractmethod
    def cell(self) -> type[Cell]:
        """Return the numpy class of the layer; a subclass sets it as an attribute."""

    @abstractmethod
    def layer(self, units: int) -> Any:
        """Return a Keras layer that maps sequences to sequences of ``units`` features."""

    def resolve(self, n_steps: int) -> Self:
        """Return the network with its automatic parameters fixed for sequences of ``n_steps``."""
        network = self
        for name, choose in self.automatic.items():
            if isinstance(getattr(network, name), str):
                network = network.with_parameters(**{name: choose(network, n_steps)})
        return network

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the pooled outputs of the last recurrent layer."""
        from skrnn.networks import layers

        sequence, lengths = self._layers(inputs, lengths)
        features = layers.pool(self.pooling, sequence, lengths, both_ends=self.bidirectional)
        return layers.Dropout()(features) if self.dropout else features

    @property
    def looks_ahead(self) -> bool:
        """Return whether the network is bidirectional."""
        return self.bidirectional

    def carrying(self, begins: Any, n_rows: int) -> Self:
        """Return the stateful network for training on chunks of sequences.

        Parameters
        ----------
        begins : KerasTensor of shape (batch, 1)
            1 for the first chunk of a sequence, else 0.
        n_rows : int
            Rows of a training batch, each of which continues in the next batch.
        """
        if self.conv_filters is not None:
            raise ValueError(
                f"conv_filters={self.conv_filters} adds a convolution whose receptive field spans "
                "two chunks, which bptt_length separates; give "
                "conv_filters=None, or chunk_length."
            )
        network = copy.copy(self)
        network._pieces = begins, n_rows
        return network

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last recurrent layer at every step."""
        from skrnn.networks import layers

        self._require_all_steps()
        sequence, _ = self._layers(inputs, lengths)
        return layers.Dropout()(sequence) if self.dropout else sequence

    def stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the stages of the Conv1D layer and of the recurrent layers."""
        self._require_all_steps()
        stages: list[Stage] = []
        if self.conv_filters is not None:
            shapes = (self.conv_kernel_size, None, self.conv_filters), (self.conv_filters,)
            kernel, bias = weights.take(*shapes)
            stages += [CausalConvolution(n, kernel, bias), Rectifier()]
        for units in self.layer_units():
            stages.append(self._cell(weights, n, units))
            if self.layer_norm:
                stages.append(LayerNormalization(*weights.take((units,), (units,))))
        return stages

    def layer_cells(self, weights: WeightReader, n: int) -> list[Layer]:
        """Return the layers in numpy, without the front, for ``n`` sequences."""
        found: list[Layer] = []
        for units in self.layer_units():  # the weights of the backward twin come first
            backward = self._cell(weights, n, units) if self.bidirectional else None
            forward, norm = self._cell(weights, n, units), None
            if self.layer_norm:
                width = 2 * units if self.bidirectional else units
                norm = LayerNormalization(*weights.take((width,), (width,)))
            found.append(Layer(forward, backward, norm))
        return found

    def _cell(self, weights: WeightReader, n: int, units: int) -> Cell:
        learned_start = self.initial_state == "learned"
        return self.cell.read(weights, n, units, learned_start=learned_start)

    def _require_all_steps(self) -> None:
        """Raise ValueError if the Conv1D layer shortens sequences."""
        if self.conv_filters is not None and int(self.conv_strides) > 1:
            raise ValueError(
                f"conv_strides={self.conv_strides} shortens sequences, so that there are no "
                "features at each of their steps; give conv_strides=1."
            )

    def _layers(self, sequence: Any, lengths: Any) -> tuple[Any, Any]:
        """Return the outputs of the last recurrent layer, and the lengths of their sequences."""
        from skrnn.networks import layers

        if self.conv_filters is not None:
            sequence, lengths = layers.convolution_front(
                sequence, lengths, self.conv_filters, self.conv_kernel_size, int(self.conv_strides)
            )
        for depth, units in enumerate(self.layer_units()):
            if depth and self.dropout:
                sequence = layers.Dropout()(sequence)
            sequence = self._direction(sequence, lengths, units)
            if self.layer_norm:
                sequence = layers.LayerNormalization()(sequence)
        return sequence, lengths

    def _direction(self, sequence: Any, lengths: Any, units: int) -> Any:
        """Return the outputs of one layer, concatenated with those of its backward twin."""
        from skrnn.networks import layers

        forward = self._run(sequence, units)
        if not self.bidirectional:
            return forward
        reverse = layers.ReverseSequence()
        backward = reverse(self._run(reverse(sequence, lengths), units), lengths)
        return layers.Concatenate()([forward, backward])

    def _run(self, sequence: Any, units: int) -> Any:
        """Return the outputs of a new layer with its initial states."""
        from skrnn.networks import layers

        layer = self.layer(units)
        start = []
        if self.initial_state == "learned":
            start = [layers.InitialState(n)(sequence) for n in layer.state_size]
        if "_pieces" in vars(self):
            begins, n_rows = self._pieces
            stateful = layers.StatefulRNN(layer, n_rows, dtype=layer.dtype_policy)
            return stateful(sequence, begins, *start)
        return layer(sequence, initial_state=start or None)

    def layer_units(self) -> tuple[int, ...]:
        """Return the units of each layer."""
        return self.units if isinstance(self.units, tuple) else (self.units,) * self.n_layers
