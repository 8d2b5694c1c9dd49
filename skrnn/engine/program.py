"""Compiled programs, the cache that lets fits of one spec share them, and fresh weights."""

from __future__ import annotations

import copy
import random
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._backend import load_keras
from skrnn.engine.backends import make_steps
from skrnn.engine.feed import Feed, Inputs
from skrnn.engine.initial import draw, forget_gate_bias, has_forget_gate_bias, zeros
from skrnn.engine.losses import per_sequence
from skrnn.engine.process import refuse_forked
from skrnn.engine.spec import Spec, keras_settings, make_optimizer
from skrnn.engine.variables import is_carried, is_seed, to_numpy, values_of
from skrnn.settings import follow_environment

Arrays = Sequence[NDArray[Any]]


class Program:
    """A Keras model with compiled training, evaluation and prediction steps for one spec.

    A program holds the state of one fit at a time; `lease` hands it out.

    Attributes
    ----------
    model : keras.Model
        The network; its variables are current after ``steps.write_back()``.
    steps : Steps
        The compiled functions, and the state they work on.
    step_multiple : int
        Sequences are padded to a multiple of this number of steps.
    """

    def __init__(self, spec: Spec) -> None:
        refuse_forked()
        with _building() as initializers:
            from skrnn.networks.model import build_model

            self.model = build_model(spec.network, spec.n_steps, spec.n_features, spec.n_outputs)
            self.optimizer = _built(make_optimizer(spec), self.model.trainable_variables)
            self.steps = make_steps(self.model, self.optimizer, per_sequence(spec.loss))
        may_pad = spec.network.pads_batches and not spec.n_steps
        self.step_multiple = self.steps.step_multiple if may_pad else 1
        self.variables = list(self.model.variables)
        self._initializers = [initializers.get(id(variable)) for variable in self.variables]
        self._built_with = values_of(self.variables)
        self._refuse_foreign_layers()
        self._is_weight = [
            not (is_seed(v) or is_carried(v) or v.name == _RATE) for v in self.variables
        ]
        self._loaded: object = None

    def fresh_state(self, seed: int, rates: Mapping[str, float]) -> list[NDArray[Any]]:
        """Return the values that the model's variables start from under ``seed``.

        The same seed gives the values that a newly built program would get, so a program
        that has served other fits is as good as new. ``rates`` gives the values of the
        variables that hold rates, by name.
        """
        values: list[NDArray[Any]] = []
        places = count()
        for position, variable in enumerate(self.variables):
            if is_carried(variable):  # no place: the network starts as one that carries nothing
                values.append(self._built_with[position])
                continue
            entropy = [seed, next(places)]
            own_seed = int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
            if variable.name in rates:
                values.append(np.array(rates[variable.name], dtype=variable.dtype))
            else:
                values.append(self._fresh(position, variable, own_seed))
        return values

    def _refuse_foreign_layers(self) -> None:
        """Raise ValueError if the network has weights that were not made while it was built."""
        for variable, initializer in zip(self.variables, self._initializers, strict=True):
            if initializer is None and variable.trainable:
                raise ValueError(
                    f"the network holds {variable.path}, made outside the function that builds "
                    "it; make every layer inside, so that each fit starts anew."
                )

    def with_weights(self, values: Arrays, weights: tuple[NDArray[Any], ...]) -> list[NDArray[Any]]:
        """Return ``values`` of all variables with the weights among them replaced."""
        pending = iter(weights)
        return [
            next(pending) if is_weight else value
            for is_weight, value in zip(self._is_weight, values, strict=True)
        ]

    def weights_of(self, values: Arrays) -> tuple[NDArray[Any], ...]:
        """Return the weights among ``values`` of all variables, made read-only."""
        weights = tuple(
            v for v, is_weight in zip(values, self._is_weight, strict=True) if is_weight
        )
        for weight in weights:
            weight.flags.writeable = False
        return weights

    def _fresh(self, position: int, variable: Any, seed: int) -> NDArray[Any]:
        if is_seed(variable):
            return np.array([seed, 0], dtype=self._built_with[position].dtype)
        initializer = self._initializers[position]
        # Built as zeros, so what is not zero was set on purpose.
        if initializer is None or self._built_with[position].any():
            return self._built_with[position]
        values = draw(initializer, tuple(variable.shape), str(variable.dtype), seed)
        if values is not None:
            return values
        if hasattr(initializer, "seed"):
            initializer = copy.copy(initializer)
            initializer.seed = seed
        return to_numpy(initializer(tuple(variable.shape), dtype=variable.dtype))

    def feed(self, inputs: Inputs) -> Feed:
        """Return what gathers batches of ``inputs`` for training and evaluation."""
        return self.steps.feed(inputs, inputs.padded_steps(self.step_multiple))

    def load(self, weights: tuple[NDArray[Any], ...]) -> None:
        """Make ``weights`` current for prediction, unless they already are."""
        if self._loaded is weights:
            return
        if len(weights) != sum(self._is_weight):
            raise ValueError(
                f"weights_ has {len(weights)} arrays, and the network {sum(self._is_weight)}."
            )
        self.start(self.with_weights(self._built_with, weights))
        self._loaded = weights

    def start(self, values: Arrays, optimizer_values: Arrays | None = None) -> None:
        """Make ``values`` of the variables current, and the optimizer new or as given.

        Values that were learned under another dtype policy get the dtypes of this one.
        """
        self._loaded = None
        own = zip(values, self._built_with, strict=True)
        self.steps.start([v.astype(old.dtype, copy=False) for v, old in own], optimizer_values)


class ProgramCache:
    """Idle programs by spec, the least recently used dropped first."""

    def __init__(self, capacity: int) -> None:
        self._idle: OrderedDict[Hashable, list[Program]] = OrderedDict()
        self._lock = threading.Lock()
        self.capacity = capacity

    def take(self, key: Hashable) -> Program | None:
        """Remove and return an idle program, or None."""
        with self._lock:
            programs = self._idle.get(key)
            if not programs:
                return None
            program = programs.pop()
            if not programs:
                del self._idle[key]
            return program

    def give(self, key: Hashable, program: Program) -> None:
        """Put a program back and drop the oldest ones beyond the capacity."""
        with self._lock:
            self._idle.setdefault(key, []).append(program)
            self._idle.move_to_end(key)
            while sum(map(len, self._idle.values())) > self.capacity:
                oldest = next(iter(self._idle))
                self._idle[oldest].pop(0)
                if not self._idle[oldest]:
                    del self._idle[oldest]

    def resize(self, capacity: int) -> None:
        """Change the capacity; zero keeps nothing."""
        with self._lock:
            self.capacity = capacity
            self._idle.clear()


#: The name of a variable that is no weight but a rate given as data.
_RATE = "dropout_rate"

programs = ProgramCache(capacity=32)


@contextmanager
def lease(spec: Spec) -> Iterator[Program]:
    """Lend the program of a spec to one fit or prediction; build it if none is idle.

    Two threads never share a program: on TensorFlow and PyTorch its variables are state.
    One that was interrupted (Ctrl-C) is not put back: Keras may have been in its middle.
    """
    refuse_forked()
    key = spec.key, keras_settings()
    program = programs.take(key) or Program(spec)
    try:
        yield program
    except Exception:
        programs.give(key, program)
        raise
    programs.give(key, program)


def _built(optimizer: Any, variables: Sequence[Any]) -> Any:
    """Return an optimizer with its own variables, without a program to make each of its zeros."""
    original = optimizer.add_variable

    def add_variable(shape: Any, initializer: Any = "zeros", **kwargs: Any) -> Any:
        return original(shape, zeros if initializer == "zeros" else initializer, **kwargs)

    optimizer.add_variable = add_variable
    optimizer.build(variables)
    del optimizer.add_variable
    return optimizer


_build_lock = threading.RLock()


@contextmanager
def _building() -> Iterator[dict[int, Any]]:
    """Keep the stdlib's random state as it was, and record each variable's initializer.

    Keras draws the seeds that nobody gave from the standard library's ``random``. It keeps
    no initializer once a variable exists, so ``add_weight`` is watched meanwhile, and makes
    zeros: `Program.fresh_state` gives the values that a fit starts from.
    """
    keras = load_keras()
    follow_environment()
    layer = keras.layers.Layer
    initializers: dict[int, Any] = {}

    with _build_lock:
        original, state, owner = layer.add_weight, random.getstate(), threading.get_ident()

        def add_weight(
            self: Any, shape: Any = None, initializer: Any = None, *args: Any, **kwargs: Any
        ) -> Any:
            if threading.get_ident() != owner:
                return original(self, shape, initializer, *args, **kwargs)
            variable = original(self, shape, zeros, *args, **kwargs)
            if initializer is None:  # the default of Keras
                initializer = "glorot_uniform" if "float" in str(variable.dtype) else "zeros"
            elif has_forget_gate_bias(self, kwargs.get("name")):
                initializer = forget_gate_bias
            initializers[id(variable)] = keras.initializers.get(initializer)
            return variable

        layer.add_weight = add_weight
        try:
            yield initializers
        finally:
            layer.add_weight = original
            random.setstate(state)
