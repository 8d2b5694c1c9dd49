"""The same epochs in darts and neuralforecast: their own models, windows and loaders.

Only the training is timed, by a callback of Lightning; what their ``fit`` prepares before and
keeps afterwards does not count. Both forecast the temperature from it and the other features.
"""

from __future__ import annotations

import logging
import time
import warnings
from typing import Any

import data
import numpy as np
import pandas as pd
import pytorch_lightning as lightning
from choice import Work

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")


class Clock(lightning.Callback):
    """Take the time from the first batch to the end of the last."""

    began = ended = 0.0

    def on_train_batch_start(self, *_: Any) -> None:
        """Note when the first batch begins."""
        self.began = self.began or time.perf_counter()

    def on_train_batch_end(self, *_: Any) -> None:
        """Note when a batch has ended."""
        self.ended = time.perf_counter()

    def seconds(self) -> float:
        """Return the time taken, and begin anew."""
        seconds, self.began = self.ended - self.began, 0.0
        return seconds


def trainer_settings(clock: Clock) -> dict[str, Any]:
    """Return what switches off all that is no training."""
    return {
        "accelerator": "cpu",
        "callbacks": [clock],
        "enable_checkpointing": False,
        "enable_model_summary": False,
        "enable_progress_bar": False,
        "gradient_clip_val": data.GREATEST_NORM,
        "logger": False,
    }


def epoch(task: dict[str, Any]) -> Work:
    """Train for one epoch, with darts or neuralforecast."""
    rows = data.series(task)[: data.rows_for(task["n_windows"])]
    return {"darts": darts_epoch, "neuralforecast": neuralforecast_epoch}[task["by"]](task, rows)


def darts_epoch(task: dict[str, Any], rows: Any) -> Work:
    """Train BlockRNNModel or TCNModel, 24 hours ahead."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel, TCNModel

    shape, clock = task["network"], Clock()
    settings = {
        "input_chunk_length": data.WINDOW,
        "output_chunk_length": 1,
        "output_chunk_shift": data.HOURS_AHEAD - 1,
        "dropout": 0.0,
        "batch_size": task["batch_size"],
        "n_epochs": 1,
        "optimizer_kwargs": {"lr": data.LEARNING_RATE},
        "pl_trainer_kwargs": trainer_settings(clock),
        "random_state": 0,
    }
    if shape["cell"] == "TCN":
        settings |= {"num_filters": shape["units"], "kernel_size": 3, "num_layers": 5}
        model: Any = TCNModel(**settings)
    else:
        settings |= {"hidden_dim": shape["units"], "n_rnn_layers": shape["layers"]}
        model = BlockRNNModel(model=shape["cell"], **settings)
    target = TimeSeries.from_values(rows[:, :1])
    others = TimeSeries.from_values(rows[:, 1:])

    def run() -> float:
        model.fit(target, past_covariates=others, epochs=1, max_samples_per_ts=task["n_windows"])
        return clock.seconds()

    return run


def neuralforecast_epoch(task: dict[str, Any], rows: Any) -> Work:
    """Train GRU, LSTM or TCN, one hour ahead: the targets cost the same 24 hours ahead.

    Its TCN has one convolution for each dilation and no residual blocks; each dilation given
    twice makes as many convolutions as the others have.
    """
    from neuralforecast import NeuralForecast, models
    from neuralforecast.losses.pytorch import MSE

    shape = task["network"]
    names = [f"x{number}" for number in range(1, rows.shape[1])]
    settings = {
        "h": 1,
        "input_size": data.WINDOW,
        "encoder_hidden_size": shape["units"],
        "decoder_layers": 1,
        "hist_exog_list": names,
        "loss": MSE(),
        "learning_rate": data.LEARNING_RATE,
        "max_steps": task["n_windows"] // task["batch_size"],
        "windows_batch_size": task["batch_size"],
        "scaler_type": "identity",
        **trainer_settings(Clock()),
    }
    if shape["cell"] == "TCN":
        settings |= {"dilations": [2 ** (depth // 2) for depth in range(10)], "kernel_size": 3}
    else:
        settings |= {"encoder_n_layers": shape["layers"]}
    model = getattr(models, shape["cell"])(**settings)
    frame = pd.DataFrame(rows, columns=["y", *names])
    frame.insert(0, "ds", np.arange(len(frame)))
    frame.insert(0, "unique_id", "Jena")
    forecast = NeuralForecast(models=[model], freq=1)

    def run() -> float:
        forecast.fit(frame)
        # It trains a copy of the model, and so of the clock.
        return forecast.models[0].trainer_kwargs["callbacks"][0].seconds()

    return run
