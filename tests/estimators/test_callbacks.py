"""Callbacks of Keras and of scikit-learn, and the progress bar."""

import io
import re

import keras
import numpy as np
import pytest

from skrnn.engine.progress import ProgressBar
from tests.conftest import make


def test_keras_callbacks_see_and_change_the_model(cube, y, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert set(logs) == {"loss"}
            self.model.stop_training = epoch == 2

    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    model = make("GRURegressor", epochs=9, callbacks=[save, Stop()]).fit(cube, y)
    assert model.n_iter_ == 3
    saved = model.to_keras()
    saved.load_weights(tmp_path / "3.weights.h5")
    for variable, weight in zip(saved.weights, model.weights_, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable.value), weight)
    plain = make("GRURegressor", epochs=9, callbacks=None, learning_rate_schedule=None).fit(cube, y)
    frozen = make(
        "GRURegressor",
        epochs=9,
        learning_rate_schedule=None,
        callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * (epoch < 1))],
    ).fit(cube, y)
    assert frozen.history_["loss"][0] == plain.history_["loss"][0]
    assert frozen.history_["loss"][3] == pytest.approx(frozen.history_["loss"][8], rel=1e-5)
    assert plain.history_["loss"][8] < plain.history_["loss"][3]


def test_a_callback_that_was_given_as_a_function_acts_on_batches(cube, y):
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    make("GRURegressor", epochs=1, batch_size=8, callbacks=[callback]).fit(cube, y)
    assert seen == [0, 1, 2]
    assert callback.model is None


def test_scikit_learns_own_callbacks(cube, y):
    callback = pytest.importorskip("sklearn.callback")
    seen = []

    class Watch:
        def setup(self, estimator, context):
            seen.append("setup")

        def teardown(self, estimator, context):
            seen.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if fitted_estimator is not None:
                seen.append(fitted_estimator.predict(cube))
            return len(seen) > 2

    assert isinstance(Watch(), callback.FitCallback)
    model = make("GRURegressor", epochs=9).set_callbacks(Watch()).fit(cube, y)
    assert model.n_iter_ == 2
    assert seen[0] == "setup"
    assert seen[-1] == "teardown"
    np.testing.assert_allclose(seen[2], model.predict(cube), atol=1e-6)


def test_scikit_learns_scoring_monitor(cube, y):
    callback = pytest.importorskip("sklearn.callback")
    monitor = callback.ScoringMonitor(scoring="r2")
    model = make("GRURegressor", epochs=3).set_callbacks(monitor).fit(cube, y)
    scores = [row["r2"] for row in monitor.get_logs().data if row["r2"] is not None]
    assert scores[-1] == pytest.approx(model.score(cube, y), abs=1e-6)
    assert len(scores) >= 3


def test_scikit_learns_callbacks_are_torn_down_when_a_fit_fails(cube, y):
    pytest.importorskip("sklearn.callback")
    ended = []

    class Watch:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            ended.append(True)

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("enough")

    model = make("GRURegressor").set_callbacks(Watch())
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(cube, y)
    assert ended == [True]
    assert vars(model) == before


def test_the_progress_bar_names_epoch_losses_and_time_left(cube, y, capsys):
    make("GRURegressor", epochs=2, verbose=1).fit(cube, y, X_val=cube, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"Epoch 2/2 \[={20}\] - loss \d\.\d+ - val_loss \d\.\d+ - 0 s left", lines[1]
    )


def test_the_progress_bar_stays_on_one_line_of_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    bar = ProgressBar(3, stream)
    for epoch in range(3):
        bar(epoch, {"loss": 1.0}, None)
    bar.end()
    assert stream.getvalue().count("\r") == 3
    assert stream.getvalue().count("\n") == 1
