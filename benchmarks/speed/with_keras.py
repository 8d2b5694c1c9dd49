"""The same work in plain Keras: a model, ``fit`` and ``predict``, on the backend in use."""

from __future__ import annotations

from typing import Any

import data
import keras
import numpy as np
from choice import Fastest, Work
from keras import layers
from search import Candidate, grid_search


def compiled(model: Any, learning_rate: float = data.LEARNING_RATE) -> Any:
    """Return the model, ready to be trained."""
    optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=data.GREATEST_NORM)
    model.compile(optimizer=optimizer, loss="mse")
    return model


def network(task: dict[str, Any]) -> Any:
    """Return the task's network: recurrent layers, or blocks of dilated convolutions."""
    cell, units = task["network"]["cell"], task["network"]["units"]
    inputs = keras.Input((task.get("n_steps", data.WINDOW), task["n_features"]))
    x = inputs
    if cell == "TCN":
        for dilation in (1, 2, 4, 8, 16):
            x = block(x, units, dilation)
        x = x[:, -1]
    else:
        n_layers = task["network"]["layers"]
        for depth in range(n_layers):
            x = getattr(layers, cell)(units, return_sequences=depth < n_layers - 1)(x)
    return compiled(keras.Model(inputs, layers.Dense(1)(x)))


def block(inputs: Any, filters: int, dilation: int) -> Any:
    """Return the outputs of two causal convolutions, added to the inputs."""
    x = inputs
    for _ in range(2):
        x = layers.Conv1D(filters, 3, dilation_rate=dilation, padding="causal", activation="relu")(
            x
        )
    if inputs.shape[-1] != filters:
        inputs = layers.Conv1D(filters, 1)(inputs)
    return layers.Activation("relu")(layers.Add()([x, inputs]))


class GRUModel(Candidate):
    """A Keras model."""

    def fit(self, X: Any, y: Any) -> GRUModel:
        """Build a model and train it."""
        model = keras.Sequential(
            [
                keras.Input(X.shape[1:]),
                layers.GRU(self.units),
                layers.Dropout(self.dropout),
                layers.Dense(1),
            ]
        )
        self.model_ = compiled(model, self.learning_rate)
        self.model_.fit(X, y, batch_size=32, epochs=self.epochs, verbose=0)
        return self

    def predict(self, X: Any) -> Any:
        """Return one number for each sequence."""
        return self.model_.predict(X, verbose=0)[:, 0]


def search(task: dict[str, Any]) -> Work:
    """Search the grid."""
    return grid_search(GRUModel(epochs=task["epochs"]))


def epoch(task: dict[str, Any]) -> Work:
    """Train for one epoch on the windows as an array."""
    X, y = data.window_array(task)
    model = network(task | {"n_features": X.shape[2]})
    return lambda: model.fit(X, y, batch_size=task["batch_size"], epochs=1, verbose=0)


def predict_one(task: dict[str, Any]) -> Work:
    """Predict one sequence, with what the documentation advises for few as well."""
    X, _ = data.window_array(task, n=1)
    model = network(task | {"n_features": X.shape[2]})
    return Fastest(
        {
            "predict": lambda: model.predict(X, verbose=0),
            "predict_on_batch": lambda: model.predict_on_batch(X),
            "call": lambda: keras.ops.convert_to_numpy(model(X, training=False)),
        },
        task["calls"],
    )


def predict_many(task: dict[str, Any]) -> Work:
    """Predict all windows of an array, in batches of 32 or 1024."""
    X = np.load(task["windows"], mmap_mode="r")
    model = network(task | {"n_features": X.shape[2]})
    ways = {size: lambda n=size: model.predict(X, batch_size=n, verbose=0) for size in (32, 1024)}
    return Fastest({f"batches of {size}": way for size, way in ways.items()})
