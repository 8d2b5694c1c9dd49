"""Private names of Keras: order of a model's operations, new variables, names, state of seeds."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

_patching = threading.RLock()


class Node(NamedTuple):
    """One call in a functional model: an operation, its symbolic arguments and outputs."""

    operation: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    outputs: list[Any]

    def filled(self, known: Mapping[int, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments with symbols replaced by values, which are given by their ``id``."""

        def value(part: Any) -> Any:
            if isinstance(part, list | tuple):
                return [value(one) for one in part]
            return known.get(id(part), part)

        return value(self.arguments), {key: value(part) for key, part in self.keywords.items()}


def nodes_of(model: Any) -> list[Node]:
    """Return the calls of a functional model in the order in which it makes them.

    ``model.operations`` lists the operations, but neither their order nor their arguments.
    """
    return [
        Node(node.operation, node.arguments.args, node.arguments.kwargs, list(node.outputs))
        for depth in sorted(model._nodes_by_depth, reverse=True)
        for node in model._nodes_by_depth[depth]
        if not node.is_input
    ]


@contextmanager
def adding_weights(add: Callable[..., Any]) -> Iterator[None]:
    """Create weights of layers by a function, in this thread and within this context.

    Keras does not keep the initializers of variables, and has no public hook for new ones, so
    ``Layer.add_weight`` is replaced.

    Parameters
    ----------
    add : callable
        Called as ``add(original, layer, shape, initializer, *args, **kwargs)``, where
        ``original`` is ``Layer.add_weight``; it returns the variable.
    """
    from keras.layers import Layer

    with _patching:
        original, owner = Layer.add_weight, threading.get_ident()

        def add_weight(
            self: Any, shape: Any = None, initializer: Any = None, *args: Any, **kwargs: Any
        ) -> Any:
            if threading.get_ident() != owner:
                return original(self, shape, initializer, *args, **kwargs)
            return add(original, self, shape, initializer, *args, **kwargs)

        Layer.add_weight = add_weight
        try:
            yield
        finally:
            Layer.add_weight = original


def build_optimizer(optimizer: Any, variables: Sequence[Any], zeros: Callable[..., Any]) -> Any:
    """Return an optimizer with its own variables, those at zero made by ``zeros``.

    ``optimizer.build`` has no argument for initializers; it makes each variable by the public
    ``add_variable``, which is replaced temporarily.
    """
    original = optimizer.add_variable

    def add_variable(shape: Any, initializer: Any = "zeros", **kwargs: Any) -> Any:
        return original(shape, zeros if initializer == "zeros" else initializer, **kwargs)

    optimizer.add_variable = add_variable
    optimizer.build(variables)
    del optimizer.add_variable
    return optimizer


@contextmanager
def repeating_names() -> Iterator[None]:
    """Make Keras count names from the beginning, in this thread and within this context.

    Layers, models and optimizers without a name get the first of their kind, such as "gru", and
    not "gru_17". TensorFlow keeps some 35 kB forever for each name that a variable ever had, and
    the counts of the user's own layers continue unchanged. ``reset_uids``, which is
    public, would forget them.
    """
    from keras.src.backend.common import global_state

    names = "object_name_uids"
    before = global_state.get_global_attribute(names)
    global_state.set_global_attribute(names, defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(names, before)


def is_seed_state(variable: Any) -> bool:
    """Return whether a variable is the state of a ``keras.random.SeedGenerator``.

    A model lists its variables without their owners; the name tells.
    """
    return bool(variable.name == "seed_generator_state")
