"""Ctrl-C: a fit is discarded, unless a callback takes the signal and ends it."""

import os
import re
import signal
from pathlib import Path

import keras
import numpy as np
import pytest

import skrnn

X = np.random.default_rng(0).normal(size=(8, 5, 2))
LAST = X[:, -1, 0]
SERIES = np.sin(np.arange(40.0))
PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


class PressCtrlC(keras.callbacks.Callback):
    """Send the signal of Ctrl-C to this process in the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)


def estimators(callbacks):
    settings = {"epochs": 4, "random_state": 0, "callbacks": callbacks}
    return [
        (skrnn.GRURegressor(units=2, **settings), (X, LAST)),
        (skrnn.SequenceLabeler(**settings), (X, X[:, :, 0] > 0)),
        (skrnn.SequenceGenerator(**settings), (["abba", "cab"],)),
        (skrnn.GRUForecaster(units=2, window_length=4, **settings), (SERIES, None, [1])),
    ]


@pytest.fixture
def ctrl_c():
    """Let SIGINT interrupt, as in a terminal; a shell's jobs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_discards_a_fit_of_every_kind():
    for model, data in estimators([PressCtrlC()]):
        before = dict(vars(model))
        with pytest.raises(KeyboardInterrupt):
            model.fit(*data)
        assert vars(model) == before


@pytest.mark.usefixtures("ctrl_c")
def test_the_callback_of_the_page_ends_the_fit_and_keeps_it():
    page = PAGE.read_text(encoding="utf-8")
    code = re.search(r"class StopOnCtrlC.*?\n\n\n", page, re.DOTALL).group()
    scope = {"keras": keras, "signal": signal}
    exec(code, scope)
    handler = signal.getsignal(signal.SIGINT)
    for model, data in estimators([scope["StopOnCtrlC"](), PressCtrlC()]):
        model.fit(*data)
        assert model.n_iter_ == 2
        assert len(model.history_["loss"]) == 2
        assert signal.getsignal(signal.SIGINT) is handler
    model = skrnn.GRURegressor(units=2, epochs=2, learning_rate_schedule=None, random_state=0).fit(
        X, LAST
    )
    stopped = estimators([scope["StopOnCtrlC"](), PressCtrlC()])[0][0].set_params(
        learning_rate_schedule=None
    )
    np.testing.assert_array_equal(stopped.fit(X, LAST).predict(X), model.predict(X))
