"""A fit that crashed goes on from its checkpoint, as if nothing had happened, or is refused."""

import errno
import json
import subprocess
import sys
from itertools import pairwise

import joblib
import keras
import ml_dtypes
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

import skrnn
from skrnn import networks
from skrnn.engine import checkpoints
from skrnn.engine.checkpoints import Checkpoint, Checkpoints
from skrnn.engine.training import Best, State
from tests.conftest import make
from tests.engine import killed
from tests.engine.measuring import ROOT


@pytest.fixture
def always(monkeypatch):
    """Save after each epoch, however short it is."""
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "TIMES_AS_LONG", 0.0)


def fit(model, data, method="fit"):
    """Return a model fitted on data, which are positional or named arguments."""
    run = getattr(model, method)
    return run(**data) if isinstance(data, dict) else run(*data)


class CrashError(Exception):
    """Error after which, unlike after Ctrl-C, the next fit uses the same compiled model."""


def interrupted(monkeypatch, model, data, after, method="fit", by=CrashError):
    """Interrupt a fit once it has saved a number of times."""
    save, left = Checkpoint.save, iter(range(after))

    def counted(self, state):
        save(self, state)
        if next(left, None) == after - 1:
            raise by

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", counted)
        with pytest.raises(by):
            fit(model, data, method)


def saving(monkeypatch):
    """Return a list to which each checkpoint to come adds its network and its epochs."""
    found, save = [], Checkpoint.save

    def noted(self, state):
        found.append((self.path.stem, state.n_epochs))
        save(self, state)

    monkeypatch.setattr(Checkpoint, "save", noted)
    return found


def assert_equal_fits(model, other):
    for one, two in zip(model.networks_, other.networks_, strict=True):
        assert one.history == two.history
        assert one.n_iter == two.n_iter
        for weight, expected in zip(one.weights, two.weights, strict=True):
            np.testing.assert_array_equal(weight, expected, strict=True)


# ------------------------------------------------------------------ processes that are killed


def run_killed(kind, folder, n_kills, n_last):
    """Return the epochs that each process saved, and the fits that came to an end."""
    arguments = kind, folder, str(n_kills), str(n_last)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.engine.killed", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert not list((folder / "saved").iterdir())
    return json.loads(done.stdout), [
        dict(np.load(folder / f"fitted-{number}.npz")) for number in range(n_last)
    ]


def assert_killed_equals_undisturbed(kind, folder, n_kills, n_last=1):
    saved, found = run_killed(kind, folder, n_kills, n_last)
    expected = killed.fitted(kind)
    for one in found:
        assert sorted(one) == sorted(expected)
        for name, value in expected.items():
            np.testing.assert_array_equal(one[name], value, err_msg=name)
    return saved


def test_a_fit_that_is_killed_goes_on_where_it_was(tmp_path):
    saved = assert_killed_equals_undisturbed("stopped", tmp_path, n_kills=3)
    n_epochs = [len(network.history["loss"]) for network in _networks("stopped")]
    for before, after in pairwise(saved):
        # The next one, or one more if the process was killed before it could tell of the last.
        assert before[-1] < after[0] <= before[-1] + 2 or after[0] == 1
    assert saved[0][0] == 1
    assert saved[-1][-1] == n_epochs[-1]
    assert sum(map(len, saved)) <= sum(n_epochs) + 3  # a kill loses one epoch at most
    assert max(n_epochs) < 80  # both stopped early


def _networks(kind):
    model, data, _ = killed.KINDS[kind]()
    return model.fit(*data).networks_


@pytest.mark.long
@pytest.mark.parametrize("kind", ["regressor", "labeler", "forecaster"])
def test_a_fit_that_is_killed_twenty_times_equals_one_that_is_not(kind, tmp_path):
    saved = assert_killed_equals_undisturbed(kind, tmp_path, n_kills=20)
    assert len(saved) == 21
    assert all(len(one) <= 20 for one in saved[:-1])  # killed long before the end


@pytest.mark.long
def test_two_processes_with_the_same_fit_do_no_harm(tmp_path):
    assert_killed_equals_undisturbed("labeler", tmp_path, n_kills=1, n_last=2)


# ------------------------------------------------------------------ every kind of estimator

rng = np.random.default_rng(0)
CUBE = rng.normal(size=(24, 6, 2))
LAST = CUBE[:, -1, 0]
SIGNS = np.where(LAST > 0, "up", "down")
SERIES = np.sin(np.arange(60) / 3) + rng.normal(scale=0.1, size=60)
PANEL = pd.DataFrame(
    {"y": np.concatenate([SERIES, SERIES[::-1]])},
    index=pd.MultiIndex.from_product([["a", "b"], range(60)], names=["series", "time"]),
)
SMALL = {"epochs": 4, "random_state": 0}
RNN = networks.RNN(units=4, dropout=0.1)
TEXTS = ["abba", "cabba", "bacab", "ab"]
KINDS = {
    "regressor": (lambda **p: make("TCNRegressor", dropout=0.1, **p), (CUBE, LAST)),
    "classifier": (
        lambda **p: make("RNNClassifier", metrics=["accuracy"], monitor="accuracy", **p),
        {"X": CUBE, "y": SIGNS, "X_val": CUBE[:9], "y_val": SIGNS[:9]},
    ),
    "detector": (lambda **p: skrnn.SequenceAnomalyDetector(network=RNN, **p), (CUBE,)),
    "translator": (
        lambda **p: skrnn.SequenceTranslator(network=RNN, **p),
        (TEXTS, [text[::-1] for text in TEXTS]),
    ),
    "generator": (lambda **p: skrnn.SequenceGenerator(network=RNN, **p), (TEXTS,)),
    "panel": (lambda **p: skrnn.RNNForecaster(units=4, window_length=8, **p), (PANEL, None, [1])),
}


@pytest.mark.parametrize(
    ("kind", "by"), [*((kind, CrashError) for kind in KINDS), ("regressor", KeyboardInterrupt)]
)
def test_an_interrupted_fit_of_every_kind_goes_on(kind, by, always, monkeypatch, tmp_path):
    create, data = KINDS[kind]
    model = create(**SMALL, checkpoint=tmp_path)
    before = dict(vars(model))
    interrupted(monkeypatch, model, data, after=2, by=by)
    assert vars(model) == before
    # In between, so that the compiled model has another state than the checkpoint.
    expected = fit(create(**SMALL), data)
    assert expected.n_iter_ == 4
    [[path]] = [list(folder.iterdir()) for folder in tmp_path.iterdir()]
    assert path.name == "network-1.checkpoint"
    later = saving(monkeypatch)
    assert_equal_fits(fit(model, data), expected)
    assert later == [("network-1", 3), ("network-1", 4)]
    assert not list(tmp_path.iterdir())


def test_pretraining_goes_on(always, monkeypatch, tmp_path):
    create, (panel, _, fh) = KINDS["panel"]
    model = create(**SMALL, checkpoint=tmp_path)
    interrupted(monkeypatch, model, {"y": panel, "fh": fh}, after=3, method="pretrain")
    expected = create(**SMALL).pretrain(panel, fh=fh)
    assert len(list(tmp_path.iterdir())) == 1
    assert_equal_fits(model.pretrain(panel, fh=fh), expected)
    assert not list(tmp_path.iterdir())


def test_a_warm_start_goes_on(always, monkeypatch, tmp_path):
    params = {"epochs": 4, "dropout": 0.1, "warm_start": True}
    model = make("RNNRegressor", **params, checkpoint=tmp_path).fit(CUBE, LAST)
    interrupted(monkeypatch, model, (CUBE, LAST), after=2)
    expected = make("RNNRegressor", **params).fit(CUBE, LAST).fit(CUBE, LAST)
    assert_equal_fits(model.fit(CUBE, LAST), expected)


def test_an_ensemble_goes_on_with_the_network_that_it_trained(always, monkeypatch, tmp_path):
    params = {"epochs": 3, "n_networks": 3, "dropout": 0.1}
    model = make("RNNRegressor", **params, checkpoint=tmp_path)
    interrupted(monkeypatch, model, (CUBE, LAST), after=5)
    expected = make("RNNRegressor", **params).fit(CUBE, LAST)
    later = saving(monkeypatch)
    assert_equal_fits(model.fit(CUBE, LAST), expected)
    assert later == [("network-2", 3), *(("network-3", epoch) for epoch in (1, 2, 3))]


def test_partial_fit_saves_nothing(always, monkeypatch, tmp_path):
    model = make("RNNRegressor", checkpoint=tmp_path / "new").partial_fit(CUBE, LAST)
    model.partial_fit(CUBE, LAST)
    assert not (tmp_path / "new").exists()


def test_a_fit_that_diverges_leaves_no_checkpoint(always, tmp_path):
    model = make("RNNRegressor", epochs=20, learning_rate=1e30, global_clipnorm=None)
    model.set_params(optimizer="sgd", checkpoint=tmp_path)
    with pytest.raises(FloatingPointError):
        model.fit(CUBE, LAST)
    assert not list(tmp_path.iterdir())


def test_the_bar_begins_with_the_epochs_of_the_checkpoint(always, monkeypatch, tmp_path, capsys):
    model = make("RNNRegressor", epochs=4, checkpoint=tmp_path)
    interrupted(monkeypatch, model, (CUBE, LAST), after=3)
    model.set_params(verbose=1).fit(CUBE, LAST)  # the progress shown does not matter
    bars = capsys.readouterr().err
    assert "3/4" in bars.split("\r")[1]
    assert "4/4" in bars.split("\r")[-1]


# ------------------------------------------------------------------ what a fit is


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.02},
        {"units": 5},
        {"epochs": 5},
        {"random_state": 1},
        {"loss": "mae"},
        {"optimizer": keras.optimizers.Adam(beta_1=0.8)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_fit_starts_anew(change, always, monkeypatch, tmp_path):
    interrupted(
        monkeypatch, make("RNNRegressor", epochs=4, checkpoint=tmp_path), (CUBE, LAST), after=3
    )
    [other] = tmp_path.iterdir()
    params = {"epochs": 4} | change
    model = make("RNNRegressor", **params, checkpoint=tmp_path).fit(CUBE, LAST)
    assert_equal_fits(model, make("RNNRegressor", **params).fit(CUBE, LAST))
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize("changed", ["X", "y", "sample_weight", "X_val"])
def test_other_data_start_anew(changed, always, monkeypatch, tmp_path):
    data = {"X": CUBE, "y": LAST, "sample_weight": np.ones(24), "X_val": CUBE[:9]}
    data["y_val"] = LAST[:9]
    model = make("RNNRegressor", epochs=4, checkpoint=tmp_path)
    interrupted(monkeypatch, model, data, after=3)
    [other] = tmp_path.iterdir()
    data[changed] = data[changed].copy()
    data[changed][-1] += 1e-3
    expected = make("RNNRegressor", epochs=4).fit(**data)
    assert_equal_fits(model.fit(**data), expected)
    assert list(tmp_path.iterdir()) == [other]


def test_a_library_of_another_version_starts_anew(always, monkeypatch, tmp_path):
    model = make("RNNRegressor", epochs=4, checkpoint=tmp_path)
    interrupted(monkeypatch, model, (CUBE, LAST), after=3)
    [other] = tmp_path.iterdir()
    monkeypatch.setattr(checkpoints, "__version__", "0.1.0")
    model.fit(CUBE, LAST)
    assert list(tmp_path.iterdir()) == [other]


def test_a_search_shares_a_folder(always, tmp_path):
    grid = {"random_state": [0, 1], "learning_rate": [0.01, 0.02]}

    def search(**params):
        model = make("RNNRegressor", epochs=3, **params)
        with joblib.parallel_backend("threading"):
            return GridSearchCV(model, grid, cv=2, n_jobs=2).fit(CUBE, LAST)

    found, expected = search(checkpoint=str(tmp_path)), search()
    scores = [one.cv_results_["mean_test_score"] for one in (found, expected)]
    np.testing.assert_array_equal(*scores)
    assert_equal_fits(found.best_estimator_, expected.best_estimator_)
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)], ids=["None", "RandomState"])
def test_a_seed_that_does_not_recognize_a_fit_is_refused(seed, tmp_path):
    model = make("RNNRegressor", random_state=seed, checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"random_state=.*give an int, such as random_state=0"):
        model.fit(CUBE, LAST)


def test_callbacks_are_refused(tmp_path):
    model = make("RNNRegressor", checkpoint=tmp_path, callbacks=[keras.callbacks.Callback()])
    with pytest.raises(ValueError, match="with callbacks, whose own state it does not hold"):
        model.fit(CUBE, LAST)


def test_callbacks_of_scikit_learn_are_refused(tmp_path):
    callback = pytest.importorskip("sklearn.callback")
    model = make("RNNRegressor", checkpoint=tmp_path)
    model.set_callbacks(callback.ScoringMonitor(scoring="r2"))
    with pytest.raises(ValueError, match="with callbacks, whose own state it does not hold"):
        model.fit(CUBE, LAST)


def test_a_file_in_place_of_the_folder_is_an_error_before_training(tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    model = make("RNNRegressor", checkpoint=path, epochs=10**6)
    before = dict(vars(model))
    with pytest.raises(OSError, match=str(path)):
        model.fit(CUBE, LAST)
    assert vars(model) == before
    assert path.read_text() == "mine"


def test_a_damaged_file_is_refused_by_the_fit(always, monkeypatch, tmp_path):
    model = make("RNNRegressor", epochs=4, checkpoint=tmp_path)
    interrupted(monkeypatch, model, (CUBE, LAST), after=3)
    [folder] = tmp_path.iterdir()
    [path] = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=rf"is damaged.*delete the folder {folder} to train"):
        model.fit(CUBE, LAST)


# ------------------------------------------------------------------ files

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, dtype=np.int64)]
ARRAYS += [np.array([1.5, np.nan], dtype=ml_dtypes.bfloat16), np.array([3, 4], dtype=np.uint32)]
STATE = State(
    ARRAYS,
    [array + 1 for array in ARRAYS],
    {"loss": [0.1, 1 / 3], "val_loss": [2.0, 1e-300]},
    Best(-np.inf, 0.25, 1, ARRAYS[::-1][::-1], ARRAYS),
)


def parts(state):
    """Return the lists of arrays of a state."""
    return state.values, state.optimizer, state.best.values, state.best.optimizer


def saved(folder, state=STATE, fit="0" * 32):
    found = Checkpoint(folder / fit / "network-1.checkpoint", fit)
    found.save(state)
    return found


def test_a_file_holds_the_state_bit_for_bit(tmp_path):
    found = saved(tmp_path).load(STATE)
    assert found.history == STATE.history
    assert (found.best.limit, found.best.loss, found.best.waited) == (-np.inf, 0.25, 1)
    assert not found.has_stopped
    for arrays, expected in zip(parts(found), parts(STATE), strict=True):
        for array, one in zip(arrays, expected, strict=True):
            assert (array.dtype, array.shape) == (one.dtype, one.shape)
            assert array.tobytes() == one.tobytes()


def test_a_file_is_one_of_numpy_after_two_lines(tmp_path):
    with open(saved(tmp_path).path, "rb") as file:
        file.readline()
        assert json.loads(file.readline())["n_epochs"] == 2
        arrays = np.load(file, allow_pickle=False)
        np.testing.assert_array_equal(arrays["values-0"], ARRAYS[0])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_a_file_with_any_damage_is_refused(tmp_path, place, bit, cut):
    found = saved(tmp_path)
    content = bytearray(found.path.read_bytes())
    position = int(place * len(content))
    content[position] ^= 1 << bit
    found.path.write_bytes(content[:position] if cut else content)
    with pytest.raises(ValueError, match="is damaged"):
        found.load(STATE)


def test_a_file_of_another_fit_is_refused(tmp_path):
    other = saved(tmp_path, fit="1" * 32)
    found = Checkpoint(other.path, "0" * 32)
    with pytest.raises(ValueError, match=f"is of another fit, {'1' * 32}, by skrnn .*delete"):
        found.load(STATE)


def test_arrays_of_another_shape_are_refused(tmp_path):
    other = State([array[None] for array in ARRAYS], STATE.optimizer)
    with pytest.raises(ValueError, match=r"values of the shapes \[\(2, 3\)"):
        saved(tmp_path).load(other)


def test_a_file_is_written_when_it_is_due(monkeypatch, tmp_path):
    now = [100.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])
    found = Checkpoint(tmp_path / "fit" / "network-1.checkpoint", "fit")
    assert not found.is_due
    now[0] += 1.0
    assert found.is_due
    found.save(STATE)
    assert not found.is_due
    replace = checkpoints._replace

    def slow(*arguments):
        replace(*arguments)
        now[0] += 5.0

    monkeypatch.setattr(checkpoints, "_replace", slow)
    found.save(STATE)
    now[0] += 44.0
    assert not found.is_due
    now[0] += 1.0  # five seconds in fifty: a tenth
    assert found.is_due


def test_a_full_disk_leaves_the_last_file(monkeypatch, tmp_path):
    found = saved(tmp_path)

    def fail(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        found.save(State(ARRAYS, ARRAYS))
    assert list(found.path.parent.iterdir()) == [found.path]
    assert found.load(STATE).history == STATE.history


def test_removing_beside_writing_leaves_a_whole_file_or_none(monkeypatch, tmp_path):
    whole, replace = Checkpoints(tmp_path, None, "0" * 32), checkpoints.os.replace
    moments = iter(["before", "after"] * 8)

    def between(*names):
        moment = next(moments, "never")  # at which another process ends
        if moment == "before":
            whole.remove()
        replace(*names)
        if moment == "after":
            whole.remove()

    monkeypatch.setattr(checkpoints.os, "replace", between)
    states = [saved(tmp_path).load(STATE) for _ in range(9)]
    assert [state is None for state in states] == 8 * [True] + [False]
    assert states[-1].history == STATE.history
    whole.remove()
    assert not list(tmp_path.iterdir())
