"""The same work in bare PyTorch, and in skorch around the same modules."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import data
import numpy as np
import torch
from choice import Fastest, Work, median_call
from search import Candidate, grid_search
from torch import nn


class Recurrent(nn.Module):
    """Layers of torch.nn, and one number from the last step."""

    def __init__(
        self, cell: str, n_features: int, units: int, n_layers: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.layers = getattr(nn, cell)(n_features, units, n_layers, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(units, 1)

    def forward(self, x: Any) -> Any:
        """Return (n_samples, 1)."""
        return self.output(self.dropout(self.layers(x)[0][:, -1]))


class Block(nn.Module):
    """Two causal convolutions, added to the inputs."""

    def __init__(self, n_inputs: int, filters: int, dilation: int) -> None:
        super().__init__()
        pairs = pairwise([n_inputs, filters, filters])
        self.convolutions = nn.ModuleList(nn.Conv1d(a, b, 3, dilation=dilation) for a, b in pairs)
        self.skip = nn.Conv1d(n_inputs, filters, 1) if n_inputs != filters else nn.Identity()
        self.pad = nn.ConstantPad1d((2 * dilation, 0), 0.0)

    def forward(self, inputs: Any) -> Any:
        """Return (n_samples, filters, n_steps)."""
        x = inputs
        for convolution in self.convolutions:
            x = torch.relu(convolution(self.pad(x)))
        return torch.relu(x + self.skip(inputs))


class TCN(nn.Module):
    """Blocks of growing dilation, and one number from the last step."""

    def __init__(self, n_features: int, filters: int) -> None:
        super().__init__()
        widths = [n_features] + [filters] * 5
        blocks = [Block(n, filters, 2**depth) for depth, n in enumerate(widths[:-1])]
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(filters, 1)

    def forward(self, x: Any) -> Any:
        """Return (n_samples, 1)."""
        return self.output(self.blocks(x.transpose(1, 2))[..., -1])


def network(task: dict[str, Any], n_features: int) -> nn.Module:
    """Return the task's network."""
    shape = task["network"]
    if shape["cell"] == "TCN":
        return TCN(n_features, shape["units"])
    return Recurrent(shape["cell"], n_features, shape["units"], shape["layers"])


def train(module: nn.Module, optimizer: Any, X: Any, y: Any, batch_size: int, epochs: int) -> None:
    """Train as a loop written by hand does."""
    module.train()
    for _ in range(epochs):
        order = torch.randperm(len(X), device=X.device)
        for rows in order.split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(module(X[rows]), y[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(module.parameters(), data.GREATEST_NORM)
            optimizer.step()
    loss.item()  # waits for a GPU


class GRUModel(Candidate):
    """A PyTorch loop."""

    def fit(self, X: Any, y: Any) -> GRUModel:
        """Build a module and train it."""
        self.module_ = Recurrent("GRU", X.shape[2], self.units, dropout=self.dropout)
        optimizer = torch.optim.Adam(self.module_.parameters(), self.learning_rate)
        X, y = torch.from_numpy(X), torch.from_numpy(y)[:, None]
        train(self.module_, optimizer, X, y, 32, self.epochs)
        return self

    @torch.no_grad()
    def predict(self, X: Any) -> Any:
        """Return one number for each sequence."""
        self.module_.eval()
        return self.module_(torch.from_numpy(X)).numpy()[:, 0]


def search(task: dict[str, Any]) -> Work:
    """Search the grid."""
    if task["by"] == "torch":
        return grid_search(GRUModel(epochs=task["epochs"]))
    from sklearn.model_selection import GridSearchCV

    X, y = data.small_sequences()
    net = skorch_net(Recurrent, 32, epochs=task["epochs"], cell="GRU", n_features=3, units=16)
    names = {"learning_rate": "lr", "dropout": "module__dropout", "units": "module__units"}
    grid = GridSearchCV(net, {names[k]: v for k, v in data.GRID.items()}, cv=data.N_FOLDS)
    return lambda: grid.fit(X, y[:, None])


def skorch_net(kind: Any, batch_size: int, epochs: int = 1, **module: Any) -> Any:
    """Return skorch's regressor of a module, without what it does beside training."""
    from skorch import NeuralNetRegressor
    from skorch.callbacks import GradientNormClipping

    return NeuralNetRegressor(
        kind,
        optimizer=torch.optim.Adam,
        lr=data.LEARNING_RATE,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks=[("clip", GradientNormClipping(data.GREATEST_NORM))],
        verbose=0,
        **{f"module__{name}": value for name, value in module.items()},
    )


def skorch_of(task: dict[str, Any], n_features: int) -> Any:
    """Return skorch's regressor of the task's network."""
    shape = task["network"]
    sizes: dict[str, Any] = {"n_features": n_features}
    if shape["cell"] == "TCN":
        return skorch_net(TCN, task["batch_size"], filters=shape["units"], **sizes)
    sizes |= {"cell": shape["cell"], "units": shape["units"], "n_layers": shape["layers"]}
    return skorch_net(Recurrent, task["batch_size"], **sizes)


def epoch(task: dict[str, Any]) -> Work:
    """Train for one epoch on the windows as a tensor."""
    X, y = data.window_array(task)
    if task["by"] == "skorch":
        net = skorch_of(task, X.shape[2]).initialize()
        return lambda: net.partial_fit(X, y[:, None])
    device = task.get("device", "cpu")
    module = network(task, X.shape[2]).to(device)
    optimizer = torch.optim.Adam(module.parameters(), data.LEARNING_RATE)
    inputs, targets = torch.from_numpy(X).to(device), torch.from_numpy(y)[:, None].to(device)

    def run() -> None:
        train(module, optimizer, inputs, targets, task["batch_size"], 1)

    return run


def predict_one(task: dict[str, Any]) -> Work:
    """Predict one sequence, many times; the median of the calls counts."""
    X, _ = data.window_array(task, n=1)
    return lambda: median_call(prediction(task, X, 1), task["calls"])


def predict_many(task: dict[str, Any]) -> Work:
    """Predict all windows of an array, in batches of 256 or 1024."""
    X = np.load(task["windows"], mmap_mode="r")
    return Fastest({f"batches of {size}": prediction(task, X, size) for size in (256, 1024)})


def prediction(task: dict[str, Any], X: Any, batch_size: int) -> Work:
    """Return a prediction of X by bare PyTorch or by skorch."""
    if task["by"] == "skorch":
        net = skorch_of(task | {"batch_size": batch_size}, X.shape[2]).initialize()
        return lambda: net.predict(X)
    module = network(task, X.shape[2]).eval()

    @torch.no_grad()
    def run() -> Any:
        parts = [
            module(torch.from_numpy(np.asarray(X[i : i + batch_size])))
            for i in range(0, len(X), batch_size)
        ]
        return torch.cat(parts).numpy()

    return run
