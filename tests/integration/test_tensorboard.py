"""TensorBoard (https://www.tensorflow.org/tensorboard): losses and metrics of each epoch, by a
callback that needs TensorBoard alone."""

import keras
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary import DirectoryOutput, Writer

from skrnn import GRURegressor
from tests.integration.data import X, y

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of TensorBoard's own

RECIPE = "TensorBoardLogs"


class TensorBoardLogs(keras.callbacks.Callback):
    """Writes the losses and metrics of each epoch to a folder that TensorBoard shows."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_train_begin(self, logs=None):
        self.writer = Writer(DirectoryOutput(self.folder))

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.writer.add_scalar(name, value, epoch)

    def on_train_end(self, logs=None):
        self.writer.close()


def test_each_epoch_is_shown(tmp_path):
    model = GRURegressor(
        epochs=3, metrics=["r2"], random_state=0, callbacks=[TensorBoardLogs(str(tmp_path))]
    )
    model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    shown = EventAccumulator(str(tmp_path)).Reload()
    assert sorted(shown.Tags()["tensors"]) == ["loss", "r2", "val_loss"]
    for name in ("loss", "r2", "val_loss"):
        values = [event.tensor_proto.float_val[0] for event in shown.Tensors(name)]
        assert values == pytest.approx(model.history_[name], rel=1e-6)
