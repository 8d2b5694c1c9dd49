"""Array functions on tensors of a graph, for formulas that are written once for numpy and Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.onnx_export.graph import Graph, Tensor

#: Length of the axis of examples in samples.
_BATCH = 2


class Traced:
    """Tensor of a graph beside an array of its shape, on which numpy does the same.

    Parameters
    ----------
    tensor : Tensor
        Tensor of type float32 with free first axis.
    sample : ndarray
        Array of the same shape, with any length of the first axis.
    """

    def __init__(self, tensor: Tensor, sample: NDArray[Any]) -> None:
        self.tensor = tensor
        self.sample = sample

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the sample."""
        return self.sample.shape

    def __add__(self, other: Any) -> Traced:
        return Traced(self.tensor + _tensor(other), self.sample + _sample(other))

    def __sub__(self, other: Any) -> Traced:
        return Traced(self.tensor - _tensor(other), self.sample - _sample(other))

    def __rsub__(self, other: float) -> Traced:
        return Traced(other - self.tensor, other - self.sample)

    def __mul__(self, other: Any) -> Traced:
        return Traced(self.tensor * _tensor(other), self.sample * _sample(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Traced:
        return Traced(self.tensor / _tensor(other), self.sample / _sample(other))

    def __getitem__(self, key: tuple[Any, ...]) -> Traced:
        tensor, n_last = self.tensor, len(key) - 1
        assert key[0] is Ellipsis, "formulas take parts of the last axes"
        for axis, one in zip(range(-n_last, 0), key[1:], strict=True):
            if one != slice(None):
                start, stop, step = one.indices(self.shape[axis])
                tensor = tensor.between(start, stop, axis, step)
        return Traced(tensor, self.sample[key])


class ArrayFunctions:
    """Functions of numpy on traced tensors, as far as the formulas need them.

    Parameters
    ----------
    graph : Graph
        Graph of the tensors.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def traced(self, tensor: Tensor, *shape: int) -> Traced:
        """Return a tensor to trace, of this shape after the axis of examples."""
        return Traced(tensor, np.ones((_BATCH, *shape), np.float32))

    def array(self, values: NDArray[Any]) -> Traced:
        """Return a constant."""
        return Traced(self._graph.constant(values), values)

    def minimum(self, one: Traced, other: float) -> Traced:
        """Return the smaller of each element and a number."""
        tensor = self._graph.op("Min", one.tensor, self._number(other))
        return Traced(tensor, np.minimum(one.sample, other))

    def maximum(self, one: Traced, other: Any) -> Traced:
        """Return the greater of each element and a number or another element."""
        second = other.tensor if isinstance(other, Traced) else self._number(other)
        tensor = self._graph.op("Max", one.tensor, second)
        return Traced(tensor, np.maximum(one.sample, _sample(other)))

    def cumsum(self, one: Traced, axis: int) -> Traced:
        """Return the cumulative sum along an axis."""
        tensor = self._graph.op("CumSum", one.tensor, self._graph.constant(axis, np.int64))
        return Traced(tensor, np.cumsum(one.sample, axis))

    def sum(self, one: Traced, axis: int, keepdims: bool = False) -> Traced:
        """Return the sum along an axis."""
        tensor = one.tensor.sum(axis, keepdims=keepdims)
        return Traced(tensor, np.sum(one.sample, axis, keepdims=keepdims))

    def mean(self, one: Traced, axis: int) -> Traced:
        """Return the mean along an axis."""
        return Traced(one.tensor.mean(axis, keepdims=False), np.mean(one.sample, axis))

    def take(self, one: Traced, indices: NDArray[Any], axis: int) -> Traced:
        """Return elements along an axis."""
        numbers = self._graph.constant(indices, np.int64)
        tensor = self._graph.op("Gather", one.tensor, numbers, axis=axis)
        return Traced(tensor, np.take(one.sample, indices, axis))

    def repeat(self, one: Traced, n: int, axis: int) -> Traced:
        """Return each element repeated along an axis."""
        return self.take(one, np.repeat(np.arange(one.shape[axis]), n), axis)

    def matmul(self, one: Traced, other: Traced) -> Traced:
        """Return the product of matrices."""
        return Traced(one.tensor @ other.tensor, one.sample @ other.sample)

    def expand_dims(self, one: Traced, axis: int) -> Traced:
        """Return the elements with an axis of length 1."""
        return Traced(one.tensor.with_axis(axis), np.expand_dims(one.sample, axis))

    def transpose(self, one: Traced, order: Sequence[int]) -> Traced:
        """Return the elements with the axes in another order."""
        return Traced(one.tensor.transpose(*order), np.transpose(one.sample, order))

    def reshape(self, one: Traced, shape: Sequence[int]) -> Traced:
        """Return the elements in another shape, whose first axis is -1."""
        return Traced(one.tensor.reshape(*shape), np.reshape(one.sample, shape))

    def stack(self, parts: Sequence[Traced], axis: int) -> Traced:
        """Return tensors along a new axis."""
        return self.concatenate([self.expand_dims(part, axis) for part in parts], axis)

    def concatenate(self, parts: Sequence[Traced], axis: int) -> Traced:
        """Return tensors one after the other along an axis."""
        tensor = self._graph.concatenate([one.tensor for one in parts if one.sample.size], axis)
        return Traced(tensor, np.concatenate([one.sample for one in parts], axis))

    def _number(self, value: float) -> Tensor:
        return self._graph.constant(value, np.float32)


def _tensor(value: Any) -> Any:
    return value.tensor if isinstance(value, Traced) else value


def _sample(value: Any) -> Any:
    return value.sample if isinstance(value, Traced) else value
