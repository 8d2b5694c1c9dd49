"""ONNX graph under construction, and its values with the operators of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

#: Version of the operators: the first one with layer normalization.
OPSET = 17

#: Operators whose outputs have a type of their own, and not that of their first input.
_TYPES: dict[str, DTypeLike] = {
    **dict.fromkeys(("Less", "Greater", "GreaterOrEqual", "Equal", "IsNaN"), np.bool_),
    **dict.fromkeys(("And", "Or", "Not"), np.bool_),
    **dict.fromkeys(("Shape", "ArgMax"), np.int64),
}


class Tensor:
    """Value in a graph, with the operators of arrays.

    Parameters
    ----------
    graph : Graph
        Graph that operators add nodes to.
    name : str
        Name of the value in the graph.
    dtype : dtype
        Type of its elements.

    Attributes
    ----------
    shape : tuple of int or None
        Shape, None for an axis of any length; only of inputs and outputs of layers.
    """

    def __init__(self, graph: Graph, name: str, dtype: DTypeLike) -> None:
        self.graph = graph
        self.name = name
        self.dtype = np.dtype(dtype)
        self.shape: tuple[int | None, ...] = ()

    def shaped(self, shape: tuple[int | None, ...]) -> Self:
        """Set the shape, where it is known, and return the tensor."""
        self.shape = tuple(shape)
        return self

    def __add__(self, other: Any) -> Tensor:
        return self.graph.op("Add", self, self._like(other))

    def __sub__(self, other: Any) -> Tensor:
        return self.graph.op("Sub", self, self._like(other))

    def __rsub__(self, other: Any) -> Tensor:
        return self.graph.op("Sub", self._like(other), self)

    def __mul__(self, other: Any) -> Tensor:
        return self.graph.op("Mul", self, self._like(other))

    def __truediv__(self, other: Any) -> Tensor:
        return self.graph.op("Div", self, self._like(other))

    def __rtruediv__(self, other: Any) -> Tensor:
        return self.graph.op("Div", self._like(other), self)

    def __neg__(self) -> Tensor:
        return self.graph.op("Neg", self)

    def __matmul__(self, other: Tensor) -> Tensor:
        return self.graph.op("MatMul", self, other)

    def __lt__(self, other: Any) -> Tensor:
        return self.graph.op("Less", self, self._like(other))

    def __gt__(self, other: Any) -> Tensor:
        return self.graph.op("Greater", self, self._like(other))

    def __ge__(self, other: Any) -> Tensor:
        return self.graph.op("GreaterOrEqual", self, self._like(other))

    def __and__(self, other: Tensor) -> Tensor:
        return self.graph.op("And", self, other)

    def __or__(self, other: Tensor) -> Tensor:
        return self.graph.op("Or", self, other)

    def __invert__(self) -> Tensor:
        return self.graph.op("Not", self)

    def _like(self, other: Any) -> Tensor:
        """Return a value, or a number in the type of this tensor."""
        return other if isinstance(other, Tensor) else self.graph.constant(other, self.dtype)

    # ------------------------------------------------------------------ types and shapes

    def known_length(self, axis: int) -> int:
        """Return the length of an axis that does not depend on the inputs."""
        n = self.shape[axis]
        assert n is not None, "only batches and sequences have any length"
        return n

    def cast(self, dtype: DTypeLike) -> Tensor:
        """Return the values in another type."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self
        return self.graph.op("Cast", self, dtype=dtype, to=_type_number(dtype))

    def length(self, axis: int) -> Tensor:
        """Return the length of an axis, of shape (1,)."""
        return self.graph.op("Shape", self).between(axis, axis + 1)

    def reshape(self, *shape: int | Tensor) -> Tensor:
        """Return the values in another shape; -1 is what is left, a tensor a length."""
        return self.graph.op("Reshape", self, self.graph.shape(shape))

    def expand(self, *shape: int | Tensor) -> Tensor:
        """Return the values broadcast to a shape; 1 keeps the length of an axis."""
        return self.graph.op("Expand", self, self.graph.shape(shape))

    def transpose(self, *order: int) -> Tensor:
        """Return the values with the axes in another order."""
        return self.graph.op("Transpose", self, perm=list(order))

    def with_axis(self, *axes: int) -> Tensor:
        """Return the values with axes of length 1 added."""
        return self.graph.op("Unsqueeze", self, self.graph.constant(axes, np.int64))

    def without_axis(self, *axes: int) -> Tensor:
        """Return the values without axes of length 1."""
        return self.graph.op("Squeeze", self, self.graph.constant(axes, np.int64))

    def between(
        self, start: int | Tensor, stop: int | Tensor | None, axis: int = 0, step: int = 1
    ) -> Tensor:
        """Return the slice from ``start`` to ``stop`` along an axis; None is its end."""
        end = np.iinfo(np.int64).max if stop is None else stop
        edges = [
            edge if isinstance(edge, Tensor) else self.graph.constant([edge], np.int64)
            for edge in (start, end)
        ]
        where = [self.graph.constant([n], np.int64) for n in (axis, step)]
        return self.graph.op("Slice", self, *edges, *where)

    # ------------------------------------------------------------------ reductions

    def sum(self, axis: int, *, keepdims: bool = True) -> Tensor:
        """Return the sum along an axis."""
        axes = self.graph.constant([axis], np.int64)
        return self.graph.op("ReduceSum", self, axes, keepdims=int(keepdims))

    def max(self, axis: int, *, keepdims: bool = True) -> Tensor:
        """Return the maximum along an axis."""
        return self.graph.op("ReduceMax", self, axes=[axis], keepdims=int(keepdims))

    def mean(self, axis: int, *, keepdims: bool = True) -> Tensor:
        """Return the mean along an axis."""
        return self.graph.op("ReduceMean", self, axes=[axis], keepdims=int(keepdims))


#: Named outputs of a graph with their shapes; a text names an axis of any length.
Outputs = dict[str, tuple[Tensor, Sequence[int | str]]]


class Graph:
    """ONNX graph under construction: inputs, constants and nodes in order.

    Values have numbers as names, so that equal networks give equal files.

    Raises
    ------
    ImportError
        If the package onnx is not installed.
    """

    def __init__(self) -> None:
        _require_onnx()
        self._inputs: list[Any] = []
        self._constants: dict[tuple[Any, ...], tuple[str, Any]] = {}
        self._scopes: list[list[Any]] = [[]]
        self._n_values = 0

    def input(self, name: str, dtype: DTypeLike, shape: Sequence[int | str]) -> Tensor:
        """Add an input; a text in its shape names an axis of any length."""
        self._inputs.append(_value(name, np.dtype(dtype), shape))
        return Tensor(self, name, dtype)

    def constant(self, values: ArrayLike, dtype: DTypeLike | None = None) -> Tensor:
        """Return a constant; equal ones are stored once."""
        from onnx import numpy_helper

        array = np.ascontiguousarray(values, dtype=dtype).reshape(np.shape(values))
        content = tuple(array.flat) if array.dtype == object else array.tobytes()
        key = array.dtype.str, array.shape, content
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name, numpy_helper.from_array(array, name)
        return Tensor(self, self._constants[key][0], array.dtype)

    def shape(self, lengths: Sequence[int | Tensor]) -> Tensor:
        """Return a shape of lengths, some of which are tensors of shape (1,)."""
        if not any(isinstance(n, Tensor) for n in lengths):
            return self.constant(np.array(lengths), np.int64)
        parts = [n if isinstance(n, Tensor) else self.constant([n], np.int64) for n in lengths]
        return self.concatenate(parts, 0)

    def op(
        self, kind: str, *inputs: Tensor | None, dtype: DTypeLike | None = None, **attributes: Any
    ) -> Tensor:
        """Add a node of an operator and return its first output.

        ``dtype`` is by default that of the operator, or of the first input; None among the inputs
        leaves an optional one out.
        """
        return self.op_with_outputs(1, kind, *inputs, dtype=dtype, **attributes)[0]

    def op_with_outputs(
        self,
        n_outputs: int,
        kind: str,
        *inputs: Tensor | None,
        dtype: DTypeLike | None = None,
        **attributes: Any,
    ) -> list[Tensor]:
        """Add a node of an operator and return its first ``n_outputs``."""
        from onnx import helper

        if dtype is None:
            first = inputs[0]
            assert first is not None, "an operator without a first input has a type of its own"
            dtype = _TYPES.get(kind, first.dtype)
        outputs = [self._new(dtype) for _ in range(n_outputs)]
        names = ["" if one is None else one.name for one in inputs]
        new = [one.name for one in outputs]
        # Names by which optimizers of older versions of ONNX Runtime tell nodes apart.
        node = helper.make_node(kind, names, new, name=f"{kind}_{new[0]}", **attributes)
        self._scopes[-1].append(node)
        return outputs

    def concatenate(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        """Return tensors one after the other along an axis."""
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=axis)

    def where(self, condition: Tensor, this: Any, other: Any) -> Tensor:
        """Return ``this`` where a condition is true, else ``other``; one may be a number."""
        if not isinstance(this, Tensor):
            this = self.constant(this, other.dtype)
        if not isinstance(other, Tensor):
            other = self.constant(other, this.dtype)
        return self.op("Where", condition, this, other, dtype=this.dtype)

    def count(self, n: Tensor) -> Tensor:
        """Return 0, 1, ... up to ``n``, a tensor of shape (1,), without it."""
        start, step = self.constant(0, np.int64), self.constant(1, np.int64)
        return self.op("Range", start, n.without_axis(0), step)

    def scan(
        self,
        body: Callable[..., tuple[Sequence[Tensor], Sequence[Tensor]]],
        states: Sequence[Tensor],
        sequences: Sequence[Tensor],
        state_shapes: Sequence[Sequence[int | None]],
    ) -> list[Tensor]:
        """Return the last states and the outputs of a function run over the steps of sequences.

        Parameters
        ----------
        body : callable
            From the states and one step of each sequence to new states and to outputs.
        states : sequence of Tensor
            States before the first step.
        sequences : sequence of Tensor
            Sequences with the steps as their first axis.
        state_shapes : sequence of sequence
            Shape of each state; None is an axis of any length.

        Returns
        -------
        list of Tensor
            States after the last step, and outputs with the steps as their first axis.
        """
        from onnx import helper

        given = [self._new(one.dtype) for one in (*states, *sequences)]
        with self._scope() as nodes:
            new, outputs = body(*given)
            # A body must not return its inputs, nor constants.
            results = [self.op("Identity", one) for one in (*new, *outputs)]
        shapes: list[Any] = [*state_shapes, *[None] * len(sequences)]
        graph = helper.make_graph(
            nodes,
            "body",
            [_value(one.name, one.dtype, shape) for one, shape in zip(given, shapes, strict=True)],
            [_value(one.name, one.dtype, None) for one in results],
        )
        found = self.op_with_outputs(
            len(results), "Scan", *states, *sequences, body=graph, num_scan_inputs=len(sequences)
        )
        for one, result in zip(found, results, strict=True):
            one.dtype = result.dtype
        return found

    def choose(
        self, condition: Tensor, this: Callable[[], Tensor], other: Callable[[], Tensor]
    ) -> Tensor:
        """Return the result of one of two functions, of which only that one is computed.

        ``condition`` is a single truth value, of any shape.
        """
        from onnx import helper

        bodies = []
        for function in (this, other):
            with self._scope() as nodes:
                result = self.op("Identity", function())
            named = [_value(result.name, result.dtype, None)]
            bodies.append(helper.make_graph(nodes, "branch", [], named))
        branches = {"then_branch": bodies[0], "else_branch": bodies[1]}
        return self.op("If", condition, dtype=result.dtype, **branches)

    def model(
        self,
        outputs: Outputs,
        text: str,
        notes: Mapping[str, str],
    ) -> Any:
        """Return the ONNX model with named outputs and their shapes, a text and further notes.

        Raises
        ------
        onnx.checker.ValidationError
            If the graph is not valid.
        """
        from onnx import checker, helper

        from skrnn._version import __version__

        named = [_value(name, one.dtype, shape) for name, (one, shape) in outputs.items()]
        for name, (one, _) in outputs.items():
            self._scopes[0].append(helper.make_node("Identity", [one.name], [name], name=name))
        used = _read_by(self._scopes[0])
        constants = [constant for name, constant in self._constants.values() if name in used]
        graph = helper.make_graph(self._scopes[0], "skrnn", self._inputs, named, constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=helper.find_min_ir_version_for([helper.make_opsetid("", OPSET)]),
            producer_name="skrnn",
            producer_version=__version__,
            doc_string=text,
        )
        helper.set_model_props(model, dict(notes))
        checker.check_model(model)
        return model

    @contextmanager
    def _scope(self) -> Iterator[list[Any]]:
        """Collect the nodes of a body."""
        self._scopes.append([])
        try:
            yield self._scopes[-1]
        finally:
            self._scopes.pop()

    def _new(self, dtype: DTypeLike) -> Tensor:
        """Return a value with a new name."""
        self._n_values += 1
        return Tensor(self, f"value_{self._n_values}", dtype)


def _require_onnx() -> None:
    """Raise ImportError unless the package onnx is installed."""
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "to_onnx needs the package onnx, which is not installed: pip install 'skrnn[onnx]'."
        ) from error


def _read_by(nodes: Sequence[Any]) -> set[str]:
    """Return the names of the values that nodes read, those in their bodies included."""
    names: set[str] = set()
    for node in nodes:
        names.update(node.input)
        for attribute in node.attribute:
            names |= _read_by(attribute.g.node)
    return names


def _type_number(dtype: np.dtype[Any]) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(object) if dtype.kind == "U" else dtype))


def _value(name: str, dtype: np.dtype[Any], shape: Any) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, _type_number(dtype), shape)
