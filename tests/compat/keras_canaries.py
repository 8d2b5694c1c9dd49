"""Canaries for the private names in skrnn/_compat/keras.py."""

from threading import Thread

import keras
import numpy as np

from skrnn._compat import keras as compat
from skrnn.engine.initializers import zeros
from tests.compat.canary import canary

CANARIES = []


@canary(
    CANARIES,
    "keras",
    "keras.Model",
    "_nodes_by_depth",
    "Take the order of calls from model.operations, or have straightened() return the model",
)
def nodes():
    first, second = keras.Input((3,)), keras.Input((3,))
    hidden = keras.layers.Dense(2)(first)
    both = keras.layers.Concatenate()([hidden, second])
    model = keras.Model([first, second], keras.layers.Dense(1)(both * 2.0))
    known = {id(first): 0, id(second): 1}
    found = compat.nodes_of(model)
    for node in found:
        arguments = keras.tree.flatten((node.arguments, node.keywords))
        symbols = [part for part in arguments if isinstance(part, keras.KerasTensor)]
        assert symbols
        assert all(id(symbol) in known for symbol in symbols)
        known |= {id(output): node for output in node.outputs}
    assert all(id(output) in known for output in model.outputs)
    called = [node.operation for node in found]
    assert called[::3] == [model.layers[1], model.layers[-1]]
    assert len(called) == 4
    assert isinstance(found[0].arguments, tuple)
    assert isinstance(found[0].keywords, dict)


@canary(
    CANARIES,
    "keras",
    "keras.layers.Layer",
    "add_weight",
    "Record the initializers of new variables where layers now make them",
)
def new_weights():
    made, elsewhere = [], []

    def add(original, layer, shape, initializer, *args, **kwargs):
        variable = original(layer, shape, zeros, *args, **kwargs)
        made.append((variable, initializer, kwargs.get("name")))
        return variable

    def build_elsewhere():
        elsewhere.append(keras.layers.Dense(2, kernel_initializer="ones"))
        elsewhere[0].build((None, 3))

    before = keras.layers.Layer.add_weight
    layers = [keras.layers.Dense(2), keras.layers.GRU(2), keras.layers.LSTM(2)]
    with compat.adding_weights(add):
        for layer in layers:
            layer.build((None, 4, 3))
        other = Thread(target=build_elsewhere)
        other.start()
        other.join()
    assert keras.layers.Layer.add_weight is before
    weights = [weight for layer in layers for weight in layer.weights]
    assert [id(variable) for variable, _, __ in made] == [id(weight) for weight in weights]
    assert all(initializer is not None for _, initializer, __ in made)
    assert [name for _, __, name in made[:2]] == ["kernel", "bias"]
    assert made[-1][2] == "bias"
    assert not any(np.asarray(weight.numpy()).any() for weight in weights)
    assert elsewhere[0].weights[0].numpy().all()


@canary(
    CANARIES,
    "keras",
    "keras.optimizers.Optimizer",
    "add_variable",
    "Let the optimizer make its variables itself",
)
def variables_of_an_optimizer():
    weights = [keras.Variable(np.ones(shape, "float32")) for shape in ((2, 3), (3,))]
    made = []

    def counted(shape, dtype=None):
        made.append(tuple(shape))
        return zeros(shape, dtype)

    ours = compat.build_optimizer(keras.optimizers.Adam(), weights, counted)
    theirs = keras.optimizers.Adam()
    theirs.build(weights)
    assert sorted(made) == [(2, 3), (2, 3), (3,), (3,)]
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    for own, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(own.numpy(), other.numpy())
    assert "add_variable" not in vars(ours)


@canary(
    CANARIES,
    "keras",
    "keras.Variable",
    "name",
    "Tell the states of seeds by their dtype, shape and owner",
)
def states_of_seeds():
    dropout = keras.layers.Dropout(0.5, seed=1)
    dropout.build((None, 2))
    assert [compat.is_seed_state(variable) for variable in dropout.variables] == [True]
    assert compat.is_seed_state(keras.random.SeedGenerator(1).state)
    dense = keras.layers.Dense(1)
    dense.build((None, 2))
    assert not any(compat.is_seed_state(variable) for variable in dense.variables)


@canary(
    CANARIES,
    "keras",
    "keras.src.backend.common.global_state",
    "set_global_attribute",
    "Give every layer and optimizer a name, or let TensorFlow keep the names of all variables",
)
def names_begin_again():
    keras.layers.Dense(1)
    first = int(keras.layers.Dense(1).name.removeprefix("dense_"))
    with compat.repeating_names():
        assert [keras.layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]
        assert keras.optimizers.Adam().name == "adam"
    assert keras.layers.Dense(1).name == f"dense_{first + 1}"
    threads = []
    with compat.repeating_names():
        threads.append(Thread(target=lambda: threads.append(keras.layers.LSTM(1).name)))
        keras.layers.LSTM(1)
        threads[0].start()
        threads[0].join()
        assert keras.layers.LSTM(1).name == "lstm_1"
