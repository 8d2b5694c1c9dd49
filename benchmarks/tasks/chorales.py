"""Bach's chorales as piano rolls, and what is published of their next step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import loadmat

#: Negative log-likelihood of a step in Bai, Kolter and Koltun (2018, arXiv:1803.01271), table 1.
PUBLISHED = {"TCN": 8.10, "GRU": 8.43, "LSTM": 8.45, "RNN": 8.91}


def chorales(data: Path) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Return the training, validation and test rolls (n_steps, 88)."""
    file = loadmat(data / "music" / "JSB_Chorales.mat")
    train, valid, test = (
        [roll.astype(np.int64) for roll in file[name][0]]
        for name in ("traindata", "validdata", "testdata")
    )
    return train, valid, test


def step_nll(probabilities: list[np.ndarray], rolls: list[np.ndarray]) -> float:
    """Return the mean over all steps of the negative log-likelihood of all keys, in nats."""
    p = np.concatenate(probabilities).clip(1e-7, 1 - 1e-7)
    truth = np.concatenate(rolls)
    return float(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)).sum(axis=1).mean())
