"""Values that are finite in float64 but not in float32 are refused by every method, and named."""

import copy

import numpy as np
import pytest

from skrnn import (
    GRUClassifier,
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceClassifier,
    SequenceLabeler,
    SequenceRegressor,
    SequenceTranslator,
    SlidingWindow,
    networks,
)
from skrnn.engine import batches

X = np.random.default_rng(0).normal(size=(12, 6, 2))
LAST = X[:, -1, 0]
SMALL = {"epochs": 1, "random_state": 0}
NETWORK = {"network": networks.GRU(units=2)}
NAMED = r"Input X contains 1e\+300: sequence 4 has it first; once scaled, it is beyond float32"


def with_large(value=1e300, row=4):
    odd = X.copy()
    odd[row, 3, 1] = value
    return odd


def make(task):
    if task == "regressor":
        return GRURegressor(units=2, **SMALL), LAST
    if task == "classifier":
        return GRUClassifier(units=2, **SMALL), LAST > 0
    if task == "labeler":
        model = SequenceLabeler(target_type="continuous", **NETWORK, **SMALL)
        return model, X[:, :, 0]
    if task == "translator":
        return SequenceTranslator(**NETWORK, **SMALL), X[:, :3, 0]
    return SequenceAnomalyDetector(**NETWORK, **SMALL), None


network_ = {}


def fitted(task):
    if task not in network_:
        model, y = make(task)
        network_[task] = model.fit(X, y)
    return network_[task]


TASKS = ["regressor", "classifier", "labeler", "translator", "detector"]
METHODS = [
    *[(task, "predict") for task in TASKS],
    *[(task, "predict_proba") for task in ("classifier",)],
    *[("detector", name) for name in ("score_samples", "step_scores", "events")],
]


@pytest.mark.parametrize(("task", "method"), METHODS)
def test_each_prediction_names_the_sequence_and_the_value(task, method):
    with pytest.raises(ValueError, match=NAMED):
        getattr(fitted(task), method)(with_large())


@pytest.mark.parametrize("task", ["regressor", "labeler", "translator"])
def test_a_score_names_the_sequence(task):
    with pytest.raises(ValueError, match=NAMED):
        fitted(task).score(with_large(), make(task)[1])


@pytest.mark.parametrize("task", TASKS)
def test_partial_fit_refuses_and_changes_nothing(task):
    model = fitted(task)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=NAMED):
        model.partial_fit(with_large(), make(task)[1])
    assert vars(model) == before


@pytest.mark.parametrize("task", ["regressor", "labeler", "detector"])
def test_a_fit_without_scaling_refuses_and_leaves_no_trace(task):
    model, y = make(task)
    model.set_params(scale_input=False)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=NAMED):
        model.fit(with_large(), y)
    assert vars(model) == before


def test_sequences_are_counted_as_the_user_passed_them():
    weights = np.where(np.arange(12) == 1, 0.0, 1.0)
    model = GRURegressor(units=2, scale_input=False, early_stopping=True, **SMALL)
    with pytest.raises(ValueError, match=NAMED):
        model.fit(with_large(), LAST, sample_weight=weights)
    ragged = [x[: 3 + n % 4] for n, x in enumerate(with_large())]
    labeler = SequenceLabeler(
        target_type="continuous", chunk_length=2, scale_input=False, **NETWORK
    )
    with pytest.raises(ValueError, match=NAMED):
        labeler.fit(
            [*ragged[:4], with_large()[4], *ragged[5:]],
            [x[:, 0] for x in ragged[:4]] + [X[4, :, 0]] + [x[:, 0] for x in ragged[5:]],
        )


def test_validation_data_are_looked_at():
    model = GRURegressor(units=2, early_stopping=True, **SMALL)
    with pytest.raises(ValueError, match=NAMED):
        model.fit(X, LAST, X_val=with_large(), y_val=LAST)
    with pytest.raises(ValueError, match=r"Input y contains 1e\+300; once scaled"):
        model.fit(X, LAST, X_val=X, y_val=np.where(np.arange(12) == 2, 1e300, LAST))


@pytest.mark.parametrize("task", ["regressor", "labeler", "translator"])
def test_targets_are_looked_at(task):
    model, y = fitted(task), make(task)[1]
    odd = y.copy()
    odd[2] = 1e300
    with pytest.raises(ValueError, match=r"Input y contains 1e\+300"):
        model.partial_fit(X, odd)


@pytest.mark.parametrize("streams", [False, True])
def test_windows_and_tables_that_stream_are_looked_at(monkeypatch, streams, tmp_path):
    if streams:
        monkeypatch.setattr(batches, "RESIDENT_BYTES", 0)
    series = np.memmap(tmp_path / "series", dtype=np.float64, mode="w+", shape=(60, 2))
    series[:] = np.random.default_rng(0).normal(size=(60, 2))
    windows = SlidingWindow(4).fit_transform(series)
    model = GRURegressor(units=2, **SMALL).fit(windows, np.arange(60.0))
    series[30, 1] = 1e300
    odd = SlidingWindow(4).fit_transform(series)
    with pytest.raises(ValueError, match=r"contains 1e\+300: sequence 30 has it first"):
        model.predict(odd)
    with pytest.raises(ValueError, match=r"contains 1e\+300: sequence 30 has it first"):
        model.partial_fit(odd, np.arange(60.0))


def test_rows_that_no_sequence_holds_may_hold_anything():
    series = np.random.default_rng(0).normal(size=(60, 2))
    windows = SlidingWindow(4).fit_transform(series)
    model = GRURegressor(units=2, **SMALL).fit(windows, np.arange(60.0))
    odd = series.copy()
    odd[20] = 1e300
    rows = np.r_[4:20, 24:60]
    found = model.predict(SlidingWindow(4).fit_transform(odd)[rows])
    np.testing.assert_array_equal(found, model.predict(windows[rows]))


@pytest.mark.parametrize("size", [1e-300, 1e160, 1e300])
def test_inputs_of_every_size_are_learned_alike(size):
    usual = fitted("regressor").predict(X)
    model = GRURegressor(units=2, **SMALL).fit(X * size, LAST)
    np.testing.assert_allclose(model.predict(X * size), usual, rtol=1e-5)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_sample_weights_of_every_size_count_by_their_ratio(size):
    weights = np.linspace(1, 3, 12)
    usual = GRURegressor(units=2, **SMALL).fit(X, LAST, sample_weight=weights)
    odd = GRURegressor(units=2, **SMALL).fit(X, LAST, sample_weight=weights * size)
    np.testing.assert_allclose(odd.predict(X), usual.predict(X), rtol=1e-5)


def test_class_weights_whose_products_are_infinite_are_refused():
    model = GRUClassifier(units=2, class_weight={False: 1e300, True: 1.0}, **SMALL)
    with pytest.raises(ValueError, match="times class_weight if there is one, are infinite"):
        model.fit(X, LAST > 0, sample_weight=np.full(12, 1e25))


def overflowing(task):
    """Return a model whose convolutions are infinite for large values, though none of these is."""
    key = f"convolutional {task}"
    if key not in network_:
        usual, y = make(task)
        kind = {"regressor": SequenceRegressor, "classifier": SequenceClassifier}
        model = kind.get(task, type(usual))(network=networks.TCN(filters=2, n_blocks=1), **SMALL)
        network_[key] = model.fit(X, y)
    model = network_[key]
    odd = copy.copy(model)
    odd.weights_ = tuple(300 * abs(w) if w.ndim == 3 else w for w in model.weights_)
    return odd


@pytest.mark.parametrize(
    ("task", "method"),
    [
        ("regressor", "predict"),
        ("classifier", "predict"),
        ("classifier", "predict_proba"),
        ("labeler", "predict"),
    ],
)
def test_a_network_that_overflows_gives_no_prediction(task, method):
    odd = X.copy()
    odd[4, 3] = 2e37
    with pytest.raises(ValueError, match="outputs of the network for sequence 4 of X are not fin"):
        getattr(overflowing(task), method)(odd)


def test_a_detector_takes_a_network_that_overflows_for_the_worst_of_outliers():
    odd = X.copy()
    odd[4, 3] = 2e37
    detector = overflowing("detector")
    scores = detector.step_scores(odd)
    assert (scores[4, 4:] == 1e100).all()
    assert np.isfinite(detector.score_samples(odd)).all()
    assert detector.predict(odd)[4] == -1
    assert (np.delete(scores, 4, axis=0) < 1e6).all()
