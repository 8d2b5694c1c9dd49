"""Fits in child processes that are killed, and go on from their checkpoints.

``python -m tests.engine.killed KIND FOLDER N_KILLS N_LAST`` starts a fit, kills it with SIGKILL at
a random moment after its next checkpoints, starts it again, and so on; then it lets the fit end,
in ``N_LAST`` processes at once. It prints the numbers of epochs of the checkpoints of each process.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import skrnn
from skrnn import networks
from skrnn._backend import load_keras
from skrnn.engine import checkpoints

X = np.random.default_rng(0).normal(size=(48, 8, 2))
SERIES = np.sin(np.arange(90) / 3) + np.random.default_rng(1).normal(scale=0.1, size=90)
COMMON = {"epochs": 80, "random_state": 0}


def regressor(**params):
    """Return a regressor of two networks, with dropout and a validation set, and its data."""
    settings = {**COMMON, "units": 4, "dropout": 0.2, "n_networks": 2, "patience": 80, **params}
    return skrnn.RNNRegressor(early_stopping=True, **settings), (X, X[:, -1, 0]), (X,)


def stopped(**params):
    """Return a regressor whose networks stop early, and its data."""
    return regressor(patience=2, learning_rate=0.05, **params)


def labeler(**params):
    """Return a labeler that carries its state from chunk to chunk, and its data."""
    settings = {**COMMON, "network": networks.GRU(units=4, dropout=0.2), **params}
    model = skrnn.SequenceLabeler(bptt_length=4, chunk_length=None, causal=True, **settings)
    return model, (X, np.where(X[..., 0] > 0, "up", "down")), (X,)


def forecaster(**params):
    """Return a forecaster with a validation set, and its data."""
    settings = {**COMMON, "units": 4, "window_length": 8, "horizon": 3, "patience": 80, **params}
    return skrnn.GRUForecaster(early_stopping=True, **settings), (SERIES, None, [1, 2, 3]), ()


KINDS = {one.__name__: one for one in (regressor, stopped, labeler, forecaster)}


def fitted(kind, **params):
    """Return everything that a fit has learned, as arrays."""
    model, data, further = KINDS[kind](**params)
    model.fit(*data)
    found = {"predictions": np.asarray(model.predict(*further))}
    for number, network in enumerate(model.networks_):
        found |= {f"history {number} {name}": v for name, v in network.history.items()}
        found |= {f"weights {number} {n}": v for n, v in enumerate(network.weights)}
    return found


def start(kind, folder, number):
    """Start a child process that fits; return it, and the pipe with a line for each checkpoint."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, os.fdopen(read)
    os.close(read)
    signal.alarm(300)  # one that hangs is ended
    checkpoints.SECONDS = checkpoints.TIMES_AS_LONG = 0
    save = checkpoints.Checkpoint.save

    def reported(self, state):
        save(self, state)
        os.write(write, f"{state.n_epochs}\n".encode())

    checkpoints.Checkpoint.save = reported
    np.savez(Path(folder) / f"fitted-{number}.npz", **fitted(kind, checkpoint=f"{folder}/saved"))
    os._exit(0)


def main(kind, folder, n_kills, n_last):
    """Kill fits, and let the last ones end."""
    load_keras()  # in the parent, which does not use it: each child would import it again
    moments, saved = random.Random(kind), []
    for _ in range(int(n_kills)):
        child, pipe = start(kind, folder, "killed")
        lines = [pipe.readline() for _ in range(moments.choice([1, 1, 2, 3]))]
        time.sleep(moments.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        saved.append(list(map(int, [*lines, *pipe])))
    last = [start(kind, folder, number) for number in range(int(n_last))]
    for child, pipe in last:
        saved.append(list(map(int, pipe)))
        assert os.waitpid(child, 0)[1] == 0
    print(json.dumps(saved))


if __name__ == "__main__":
    main(*sys.argv[1:])
