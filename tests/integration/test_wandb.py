"""wandb (https://docs.wandb.ai): losses and metrics of each epoch in Weights & Biases, by a
callback of Keras; wandb's own callback for Keras needs TensorFlow."""

import keras
import pytest
import wandb

from skrnn import GRURegressor
from tests.integration.data import X, y

pytestmark = pytest.mark.integration

RECIPE = "logging_to"


def logging_to(run):
    """Return a callback that logs the losses and metrics of each epoch to a run of wandb."""
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: run.log(logs))


def test_each_epoch_is_logged(tmp_path, monkeypatch):
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path))
    settings = wandb.Settings(silent=True, console="off", x_disable_stats=True)
    seen = []
    with wandb.init(mode="offline", dir=tmp_path, settings=settings) as run:
        watch = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append(dict(run.summary))
        )
        callbacks = [logging_to(run), watch]
        model = GRURegressor(epochs=3, metrics=["r2"], random_state=0, callbacks=callbacks)
        model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert [one["_step"] for one in seen] == [0, 1, 2]
    for name in ("loss", "val_loss", "r2"):
        assert [one[name] for one in seen] == pytest.approx(model.history_[name])
    assert len(list(tmp_path.glob("wandb/offline-run-*/*.wandb"))) == 1
