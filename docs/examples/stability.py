"""Vanishing and exploding gradients, and how to fix them: figures of stability.md.

``python docs/examples/stability.py`` measures and writes gradients.png, training.png and
strides.png to docs/figures. All networks are those of the package, on any Keras backend.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "figures"))  # folder of style.py

from style import BLACK, BLUE, GREEN, ORANGE, VERMILION, subplots

from skrnn import GRURegressor, RNNRegressor, networks
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.model_spec import ModelSpec

FOLDER = Path(__file__).resolve().parents[1] / "figures"
N_FEATURES = 2

# ------------------------------------------------------------------ gradients


def untrained(network, seed=0):
    """Return a Keras model of a network, with one output and with its initial weights."""
    spec = ModelSpec(
        network=network,
        n_steps=None,
        n_features=N_FEATURES,
        n_outputs=1,
        loss="mean_squared_error",
        optimizer="adam",
        global_clipnorm=None,
    )
    compiled = CompiledModel(spec)
    compiled.start(compiled.fresh_state(seed, network.rates()))
    compiled.steps.write_back()
    return compiled.model


def gradient_norms(model, X):
    """Return the norm of d output / d x_t for each step t, averaged over the sequences of X."""
    import keras

    X = np.asarray(X, dtype="float32")
    lengths = keras.ops.convert_to_tensor(np.full(len(X), X.shape[1], dtype="int32"))
    match keras.backend.backend():
        case "jax":
            import jax

            gradient = jax.jit(jax.grad(lambda x: model([x, lengths]).sum()))(X)
        case "torch":
            import torch

            x = torch.tensor(X, requires_grad=True)
            gradient = torch.autograd.grad(model([x, lengths]).sum(), x)[0]
        case "tensorflow":
            import tensorflow as tf

            x = tf.constant(X)
            with tf.GradientTape() as tape:
                tape.watch(x)
                output = model([x, lengths])
            gradient = tape.gradient(output, x)
    return np.linalg.norm(np.asarray(gradient, dtype="float64"), axis=-1).mean(axis=0)


def noise(n_steps, scale=1.0, n=16):
    """Return sequences of normal noise (n, n_steps, N_FEATURES)."""
    return scale * np.random.default_rng(0).normal(size=(n, n_steps, N_FEATURES))


def simple_network(factor=1.0, units=32):
    """Return an untrained simple RNN, its recurrent weights multiplied by ``factor``.

    They begin as an orthogonal matrix, which keeps the length of every vector.
    """
    model = untrained(networks.RNN(units=units))
    for variable in model.weights:
        if variable.path.endswith("recurrent_kernel"):
            variable.assign(factor * variable)
    return model


def open_gates(network, bias):
    """Return an untrained LSTM or GRU whose gates keep the state: their bias is ``bias``."""
    model, units = untrained(network), network.units
    for variable in model.weights:
        if variable.path.endswith("bias") and "outputs" not in variable.path:
            values = np.zeros(variable.shape)
            if values.ndim == 1:  # LSTM: input, forget, cell, output
                values[units : 2 * units] = bias
            else:  # GRU: update, reset, candidate
                values[0, :units] = bias
            variable.assign(values)
    return model


def architectures():
    """Return untrained networks by name."""
    return {
        "simple RNN": simple_network(),
        "LSTM": untrained(networks.LSTM()),
        "GRU": untrained(networks.GRU()),
        "LSTM, forget bias 5": open_gates(networks.LSTM(), 5.0),
        "GRU, update bias 5": open_gates(networks.GRU(), 5.0),
        "TCN": untrained(networks.TCN(n_blocks=6)),
    }


def draw_gradients(n_steps=200):
    """Draw what is left of the gradient, by steps before the end and by length."""
    figure, axes = subplots(1, 3, figsize=(13, 4.2))
    before = np.arange(n_steps)[::-1]
    colors = (BLUE, GREEN, ORANGE, VERMILION)
    for factor, color in zip((0.7, 0.9, 1.5, 2.5), colors, strict=True):
        norms = gradient_norms(simple_network(factor), noise(n_steps, 0.1))
        axes[0].plot(before, norms, color=color, label=f"{factor:g}")
    legend = {"loc": "upper left", "fontsize": 9}
    axes[0].legend(title="factor of the recurrent weights", ncols=2, **legend)
    axes[0].set(title="Simple RNN: vanishing and exploding", xlabel="steps before the end")
    model = simple_network()
    for scale, color in zip((0.01, 0.1, 0.3, 1.0), colors, strict=True):
        norms = gradient_norms(model, noise(n_steps, scale))
        axes[1].plot(before, norms, color=color, label=f"{scale:g}")
    axes[1].legend(title="standard deviation of the inputs", ncols=2, **legend)
    axes[1].set(title="Simple RNN: tanh saturates", xlabel="steps before the end")
    lengths = (5, 10, 20, 50, 100, 200)
    styles = [(BLACK, "-"), (BLUE, "-"), (ORANGE, "-"), (BLUE, "--"), (ORANGE, "--"), (GREEN, "-")]
    for (name, model), (color, line) in zip(architectures().items(), styles, strict=True):
        norms = [gradient_norms(model, noise(length))[0] for length in lengths]
        axes[2].plot(lengths, norms, color=color, ls=line, marker=".", label=name)
    axes[2].legend(ncols=2, **legend)
    axes[2].set(title="Gradient at the first step, by network", xlabel="sequence length (steps)")
    axes[0].set_ylabel("norm of the gradient of the output")
    for axis in axes:
        axis.set(yscale="log", ylim=(1e-12, 1e18 if axis is axes[0] else 1e5))
    figure.savefig(FOLDER / "gradients.png")


# ------------------------------------------------------------------ training


def leaky_sums(n=256, n_steps=50):
    """Return noise, and the sum of its first feature in which each step counts for .95 as much."""
    X = noise(n_steps, n=n)
    return X, X[:, :, 0] @ 0.95 ** np.arange(n_steps)[::-1]


def losses_until_it_breaks(global_clipnorm, learning_rate=0.3, epochs=30, units=64):
    """Return the training losses, batch after batch, of a simple RNN under plain descent."""
    import keras

    losses = []
    keep = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: losses.append(logs["loss"])
    )
    model = RNNRegressor(
        units=units,
        optimizer="sgd",
        learning_rate=learning_rate,
        learning_rate_schedule=None,
        global_clipnorm=global_clipnorm,
        epochs=epochs,
        callbacks=[keep],
        random_state=0,
    )
    try:
        model.fit(*leaky_sums())
    except FloatingPointError as error:
        print(f"global_clipnorm={global_clipnorm}: {error}")
    return np.array(losses)


def gradient_through_layers(n_layers, layer_norm):
    """Return the norm of the gradient by the last step's input of an untrained stack of LSTMs."""
    model = untrained(networks.LSTM(n_layers=n_layers, layer_norm=layer_norm))
    return gradient_norms(model, noise(10))[-1]


def draw_training():
    """Draw losses with and without clipping, and what layer normalization does to depth."""
    figure, axes = subplots(1, 2, figsize=(11, 4))
    for clip, color in ((None, VERMILION), (1.0, ORANGE), (0.1, BLUE)):
        losses = losses_until_it_breaks(clip)
        broken = np.flatnonzero(~(losses < 1e3))
        n_shown = broken[0] if len(broken) else len(losses)
        axes[0].plot(np.arange(n_shown) + 1, losses[:n_shown], color=color, label=f"{clip}")
        if len(broken):
            axes[0].plot(n_shown, losses[n_shown - 1], "x", color=color, ms=9, mew=2)
            axes[0].text(n_shown + 6, losses[n_shown - 1], "diverges", color=color)
    axes[0].legend(title="global_clipnorm")
    axes[0].set(yscale="log", ylim=(1e-2, 1e3), xlabel="batch")
    axes[0].set(ylabel="loss (1 = variance of y)", title="Simple RNN, plain gradient descent")
    depths = (1, 2, 3, 4, 6, 8)
    for layer_norm, color in ((False, VERMILION), (True, BLUE)):
        norms = [gradient_through_layers(depth, layer_norm) for depth in depths]
        print(f"layer_norm={layer_norm}: gradient through {depths[-1]} layers {norms[-1]:.1e}")
        axes[1].plot(depths, norms, color=color, marker=".", label=f"{layer_norm}")
    axes[1].legend(title="layer_norm")
    axes[1].set(yscale="log", xlabel="layers", ylabel="norm of the gradient at the last step")
    axes[1].set(title="Stacked LSTMs before training")
    figure.savefig(FOLDER / "training.png")


# ------------------------------------------------------------------ a front that strides


def levels(n, n_steps, seed, n_on=48):
    """Return sequences (n, n_steps, 2), and the level that each had while it was switched on.

    The first feature is noise, with a level of its own for ``n_on`` steps in the first
    quarter or so; the second one is 1 at these steps.
    """
    rng = np.random.default_rng(seed)
    X = 0.2 * rng.normal(size=(n, n_steps, 2))
    y = rng.normal(size=n)
    first = rng.integers(0, n_steps // 4, size=(n, 1))
    is_on = (np.arange(n_steps) >= first) & (np.arange(n_steps) < first + n_on)
    X[..., 0] += is_on * y[:, None]
    X[..., 1] = is_on
    return X, y


def fit_levels(strides, n_steps=640, n=1000, epochs=12):
    """Return R2 on fresh sequences of a GRU behind a front of this stride; 0 is no front."""
    front = {"conv_filters": 16, "conv_kernel_size": max(strides, 4), "conv_strides": strides}
    training = {"epochs": epochs, "batch_size": 32, "learning_rate": 0.01, "random_state": 0}
    model = GRURegressor(units=16, **training, **(front if strides else {}))
    return model.fit(*levels(n, n_steps, seed=0)).score(*levels(400, n_steps, seed=1))


def draw_strides(n_steps=640):
    """Draw the error of a GRU behind fronts of growing stride, and without one."""
    strides = (4, 8, 16, 32, 64)
    errors = [1 - fit_levels(s, n_steps) for s in strides]
    alone = 1 - fit_levels(0, n_steps)
    figure, axis = subplots(figsize=(7, 4))
    axis.plot(strides, errors, color=BLUE, marker="o", label="GRU with convolutional front end")
    axis.axhline(alone, color=BLACK, ls="--", label="GRU alone")
    ticks = [f"{s}\n{-(-n_steps // s)}" for s in strides]
    axis.set_xscale("log", base=2)
    axis.set(yscale="log", xlabel="conv_strides, and below it the steps left to the GRU")
    axis.set_xticks(strides, ticks)
    axis.set(ylabel="1 - R2 on new sequences", title=f"Sequences of {n_steps} steps")
    axis.legend()
    figure.savefig(FOLDER / "strides.png")
    for stride, error in [(0, alone), *zip(strides, errors, strict=True)]:
        print(f"conv_strides={stride or None}: R2 {1 - error:.3f}")


if __name__ == "__main__":
    draw_gradients()
    draw_training()
    draw_strides()
