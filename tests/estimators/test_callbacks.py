"""Callbacks of Keras and of scikit-learn, and the progress of a fit."""

import os
import re
import select
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tqdm

from skrnn.engine.progress import Bar
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


def test_the_bar_counts_epochs_and_shows_the_losses(cube, y, capsys):
    model = make("GRURegressor", epochs=3, verbose=1).fit(cube, y, X_val=cube, y_val=y)
    shown = capsys.readouterr()
    assert shown.out == ""
    last = shown.err.rstrip("\n").split("\r")[-1]
    assert "3/3" in last
    for name in ("loss", "val_loss"):
        [value] = re.findall(rf"\b{name}=([\d.e+-]+)", last)
        assert float(value) == pytest.approx(model.history_[name][-1], rel=1e-3)


def test_the_bar_moves_within_an_epoch_and_changes_nothing(monkeypatch):
    places = []
    within = Bar.within

    def record(bar, *place):
        within(bar, *place)
        places.append(bar.bar.n)

    monkeypatch.setattr(Bar, "within", record)
    X = np.random.default_rng(0).normal(size=(400, 3, 1))
    model = make("RNNRegressor", epochs=2, batch_size=2, verbose=1)
    weights = model.fit(X, X[:, 0, 0]).weights_
    assert places == sorted(places)
    assert {1, 2} <= set(places)
    assert any(0 < place < 1 for place in places)
    assert any(1 < place < 2 for place in places)
    model.set_params(verbose=0).fit(X, X[:, 0, 0])
    for shown, silent in zip(weights, model.weights_, strict=True):
        np.testing.assert_array_equal(shown, silent)


def test_the_bar_follows_the_width_of_the_terminal(cube, y, monkeypatch):
    import pty
    import termios

    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (20, 90))
    narrow = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: termios.tcsetwinsize(terminal, (20, 50))
    )
    with os.fdopen(terminal, "w") as stderr, monkeypatch.context() as patch:
        patch.setattr("sys.stderr", stderr)
        make("GRURegressor", verbose=1, callbacks=[narrow]).fit(cube, y, X_val=cube, y_val=y)
        stderr.flush()
        parts = []
        while select.select([screen], [], [], 0)[0]:
            parts.append(os.read(screen, 2**12))
    os.close(screen)
    shown = b"".join(parts).decode()
    bars = [line.rstrip() for line in shown.split("\r") if "epoch" in line]
    assert 50 < len(bars[0]) < 90
    assert len(bars[-1]) < 50
    assert "2/2" in bars[-1]


def test_the_bar_of_an_early_stop_ends_where_training_ended(cube, y, capsys):
    model = make("GRURegressor", epochs=60, patience=1, learning_rate=1.0, verbose=1)
    model.fit(cube, y, X_val=cube, y_val=y)
    assert model.n_iter_ < 60
    assert f"{model.n_iter_}/60" in capsys.readouterr().err.rstrip("\n").split("\r")[-1]


class NotebookBar(tqdm.tqdm):
    """Bar with the widgets of tqdm in notebooks, which needs ipywidgets."""

    made = ()

    def __init__(self, **settings):
        super().__init__(**settings)
        self.widget = SimpleNamespace(bar_style="")
        self.container = SimpleNamespace(children=(SimpleNamespace(), self.widget))
        NotebookBar.made += (self,)

    def close(self):
        super().close()
        if self.n < self.total:
            self.widget.bar_style = "danger"


def test_the_bar_of_a_notebook_is_red_after_an_error_only(cube, y, monkeypatch):
    monkeypatch.setattr("tqdm.auto.tqdm", NotebookBar)
    monkeypatch.setattr(NotebookBar, "made", ())
    make("GRURegressor", epochs=60, patience=1, learning_rate=1.0, verbose=1).fit(
        cube, y, X_val=cube, y_val=y
    )
    failing = make("GRURegressor", optimizer="sgd", learning_rate=1e30, global_clipnorm=None)
    with pytest.raises(FloatingPointError):
        failing.set_params(verbose=1, epochs=60).fit(cube, y)
    assert [bar.widget.bar_style for bar in NotebookBar.made] == ["success", "danger"]


def test_a_bar_is_closed_if_training_fails(cube, y, capsys):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        make("GRURegressor", verbose=1, callbacks=[Fails()]).fit(cube, y)
    assert capsys.readouterr().err.endswith("\n")


def test_lines_name_the_epoch_and_its_losses(cube, y, capsys):
    model = make("GRURegressor", epochs=2, verbose=2).fit(cube, y, X_val=cube, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    for number, line in enumerate(lines):
        loss, val_loss = (model.history_[name][number] for name in ("loss", "val_loss"))
        expected = f"Epoch {number + 1}/2 - loss {loss:#.4g} - val_loss {val_loss:#.4g}"
        assert line == expected
    assert len(lines) == 2


def test_nothing_is_shown_by_default(cube, y, capsys):
    make("GRURegressor", epochs=1).fit(cube, y)
    assert capsys.readouterr() == ("", "")
