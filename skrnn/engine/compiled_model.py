"""Compiled models, the cache that shares them between fits, and fresh weights from a seed."""

from __future__ import annotations

import copy
import random
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._backend import load_keras
from skrnn._compat.keras import (
    adding_weights,
    build_optimizer,
    is_seed_state,
    repeating_names,
)
from skrnn.engine.backends import make_steps
from skrnn.engine.batches import GatherBatch, NetworkInputs
from skrnn.engine.initializers import draw, forget_gate_bias, has_forget_gate_bias, zeros
from skrnn.engine.losses import per_sequence
from skrnn.engine.model_spec import ModelSpec, global_settings, make_optimizer
from skrnn.engine.process import refuse_forked
from skrnn.engine.variables import is_carried, to_numpy, values_of
from skrnn.settings import follow_environment, use_cores

Arrays = Sequence[NDArray[Any]]


class CompiledModel:
    """A Keras model with compiled training, evaluation and prediction steps for one spec.

    A compiled model holds the state of one fit at a time; `lease` hands it out.

    Parameters
    ----------
    spec : ModelSpec
        Settings that are compiled in.
    is_exported : bool, default=False
        True for a model that is returned to the user.

    Attributes
    ----------
    model : keras.Model
        The network; its variables are current after ``steps.write_back()``.
    steps : Steps
        The compiled functions, and the state they work on.
    step_multiple : int
        Sequences are padded to a multiple of this number of steps.
    """

    def __init__(self, spec: ModelSpec, *, is_exported: bool = False) -> None:
        refuse_forked()
        # A user may join an exported model with others, so that its layers need names of their own.
        names = nullcontext() if is_exported else repeating_names()
        with _building() as initializers, names:
            from skrnn.networks.model import build_model

            self.model = build_model(spec.network, spec.n_steps, spec.n_features, spec.n_outputs)
            self.optimizer = build_optimizer(
                make_optimizer(spec), self.model.trainable_variables, zeros
            )
            self.steps = make_steps(self.model, self.optimizer, per_sequence(spec.loss))
        may_pad = spec.network.pads_batches and not spec.n_steps
        self.step_multiple = self.steps.step_multiple if may_pad else 1
        self.variables = list(self.model.variables)
        self._initializers = [initializers.get(id(variable)) for variable in self.variables]
        self._built_with = values_of(self.variables)
        self._refuse_foreign_layers()
        self._is_seed = [is_seed_state(v) for v in self.variables]
        self._is_carried = [is_carried(v) for v in self.variables]
        self._is_weight = [
            not (seed or carried or v.name == _RATE)
            for v, seed, carried in zip(
                self.variables, self._is_seed, self._is_carried, strict=True
            )
        ]
        self._loaded: object = None

    def fresh_state(self, seed: int, given: Mapping[str, Any]) -> list[NDArray[Any]]:
        """Return the values that the model's variables start from under ``seed``.

        A reused model starts from the same values as a newly built one. ``given`` has the values
        of variables that are not drawn, such as dropout rates, by their names or paths.
        """
        values: list[NDArray[Any]] = []
        places = count()
        for position, variable in enumerate(self.variables):
            if self._is_carried[position]:
                # A carried state draws no seed, so that weights equal those of a stateless network.
                values.append(self._built_with[position])
                continue
            entropy = [seed, next(places)]
            own_seed = int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
            value = given.get(variable.path, given.get(variable.name))
            if value is not None:
                values.append(np.full(variable.shape, value, dtype=variable.dtype))
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
        if self._is_seed[position]:
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

    def batch_gatherer(self, inputs: NetworkInputs) -> GatherBatch:
        """Return a function that gathers batches of ``inputs`` for training and evaluation."""
        return self.steps.batch_gatherer(inputs, inputs.padded_steps(self.step_multiple))

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
        """Set the variables to ``values``, and the optimizer to a given or new state.

        Values learned under another dtype policy are cast to the dtypes of this one.
        """
        self._loaded = None
        own = zip(values, self._built_with, strict=True)
        self.steps.start([v.astype(old.dtype, copy=False) for v, old in own], optimizer_values)


class CompiledModelCache:
    """Idle compiled models by spec, the least recently used dropped first."""

    def __init__(self, capacity: int) -> None:
        self._idle: OrderedDict[Hashable, list[CompiledModel]] = OrderedDict()
        self._lock = threading.Lock()
        self.capacity = capacity

    def take(self, key: Hashable) -> CompiledModel | None:
        """Remove and return an idle compiled model, or None."""
        with self._lock:
            idle = self._idle.get(key)
            if not idle:
                return None
            compiled = idle.pop()
            if not idle:
                del self._idle[key]
            return compiled

    def give(self, key: Hashable, compiled: CompiledModel) -> None:
        """Put a compiled model back and drop the oldest ones beyond the capacity."""
        with self._lock:
            self._idle.setdefault(key, []).append(compiled)
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


#: Name of variables that hold a dropout rate, which is data and no weight.
_RATE = "dropout_rate"

compiled_models = CompiledModelCache(capacity=32)


@contextmanager
def lease(spec: ModelSpec) -> Iterator[CompiledModel]:
    """Lend the compiled model of a spec to one fit or prediction; build it if none is idle.

    Two threads never share a compiled model: on TensorFlow and PyTorch its variables are state.
    After an interrupt (Ctrl-C) it is dropped, since Keras may have left it inconsistent.
    """
    refuse_forked()
    key = spec.key, global_settings()
    compiled = compiled_models.take(key) or CompiledModel(spec)
    try:
        yield compiled
    except Exception:
        compiled_models.give(key, compiled)
        raise
    compiled_models.give(key, compiled)


@contextmanager
def _building() -> Iterator[dict[int, Any]]:
    """Preserve the state of the standard library's ``random``, and record initializers.

    Keras draws missing seeds from that module. All weights
    are made as zeros: `CompiledModel.fresh_state` gives the values that a fit starts from.
    """
    keras = load_keras()
    follow_environment()
    use_cores()
    initializers: dict[int, Any] = {}

    def add_weight(
        original: Any, layer: Any, shape: Any, initializer: Any, *args: Any, **kwargs: Any
    ) -> Any:
        variable = original(layer, shape, zeros, *args, **kwargs)
        if initializer is None:  # the default of Keras
            initializer = "glorot_uniform" if "float" in str(variable.dtype) else "zeros"
        elif has_forget_gate_bias(layer, kwargs.get("name")):
            initializer = forget_gate_bias
        initializers[id(variable)] = keras.initializers.get(initializer)
        return variable

    with adding_weights(add_weight):
        state = random.getstate()
        try:
            yield initializers
        finally:
            random.setstate(state)
