"""Keras models as ONNX nodes: the converters of layers by name, and the calls of a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._compat.keras import Node, nodes_of
from skrnn.onnx_export.graph import Graph, Tensor

#: Function from a graph, a layer and the tensors of its call to the output.
Converter = Callable[..., Tensor | list[Tensor]]

#: Converters by the package and the name of a layer or operation, such as "keras.Dense".
_CONVERTERS: dict[str, Converter] = {}

#: ONNX operators of activation functions, by their Keras names.
_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus"}


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Register a function as the converter of layers or operations."""

    def register(converter: Converter) -> Converter:
        _CONVERTERS.update(dict.fromkeys(names, converter))
        return converter

    return register


def convert(graph: Graph, model: Any, inputs: list[Tensor]) -> Tensor:
    """Add the nodes of a functional Keras model to a graph and return its output.

    Raises
    ------
    ValueError
        If a layer has no converter.
    """
    # They register their converters.
    from skrnn.onnx_export import convolution, core, forecasts, lengths, pooling, recurrent  # noqa: F401

    known: dict[int, Tensor] = {}
    for symbol, tensor in zip(model.inputs, inputs, strict=True):
        known[id(symbol)] = tensor.shaped(symbol.shape)
    for node in nodes_of(model):
        found = _converted(graph, node, known)
        outputs = found if isinstance(found, list) else [found]
        for symbol, tensor in zip(node.outputs, outputs, strict=True):
            known[id(symbol)] = tensor.shaped(symbol.shape)
    (output,) = model.outputs
    return known[id(output)]


def weight(variable: Any) -> NDArray[np.float32]:
    """Return the value of a Keras variable."""
    from keras import ops

    return np.asarray(ops.convert_to_numpy(variable), dtype=np.float32)


def activated(graph: Graph, values: Tensor, activation: Any) -> Tensor:
    """Return values after a Keras activation function.

    Raises
    ------
    ValueError
        If it is another one than those of `skrnn.networks`.
    """
    name = "linear" if activation is None else getattr(activation, "__name__", repr(activation))
    if name == "linear":
        return values
    if name not in _ACTIVATIONS:
        raise cannot_convert(f"the activation function {name}")
    return graph.op(_ACTIVATIONS[name], values)


def cannot_convert(what: str) -> ValueError:
    """Return the error for a part of a network that has no converter."""
    return ValueError(
        f"the network has {what}, which to_onnx does not write; it writes the layers of "
        "skrnn.networks.layers with their usual settings. Export the network by Keras: "
        "to_keras().export('model.onnx', format='onnx') writes it without the scaling of inputs "
        "and targets."
    )


def _converted(graph: Graph, node: Node, known: Mapping[int, Tensor]) -> Tensor | list[Tensor]:
    """Return the outputs of a call, or raise ValueError if it cannot be written."""
    kind = type(node.operation)
    name = f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
    if name not in _CONVERTERS:
        raise cannot_convert(f"the layer or operation {kind.__module__}.{kind.__qualname__}")
    converter = _CONVERTERS[name]
    given, named = node.filled(known)
    # Arguments such as mask=None and training=False are those of a call without them.
    keywords = {key: v for key, v in named.items() if v is not None and v is not False}
    arguments = graph, node.operation, *given
    try:
        inspect.signature(converter).bind(*arguments, **keywords)
    except TypeError:
        raise cannot_convert(f"a call of {name} with further arguments") from None
    return converter(*arguments, **keywords)
