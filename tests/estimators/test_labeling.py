"""Labels at every step: forms, tasks, padding, weights, events, errors."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import skrnn
from skrnn import SequenceLabeler, networks
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.labeling.events import EventRule, choose_rule, n_matched, runs
from skrnn.sequences import Sequences, pieces

SMALL = {"epochs": 3, "random_state": 0, "network": networks.GRU(units=4)}


def cube(n=16, n_steps=12, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_steps, 2))


def ragged(seed=1):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(n, 2)) for n in generator.integers(3, 20, size=18)]


def signs(X):
    return np.where(X[..., 0] > 0, "up", "down")


def as_panel(parts):
    frames = [pd.DataFrame(part, columns=["a", "b"]) for part in parts]
    return pd.concat(frames, keys=range(10, 10 + len(parts)), names=["unit", "time"])


# ------------------------------------------------------------------ what is learned


@pytest.mark.parametrize(
    "network",
    [
        "rnn",
        "gru",
        "lstm",
        "mingru",
        "slstm",
        "tcn",
        "conv",
        networks.LITE(kernel_size=4),
        "transformer",
    ],
)
def test_each_network_learns_a_label_that_stands_at_its_own_step(network):
    X = cube(96, 8)
    model = SequenceLabeler(network=network, random_state=0, epochs=20).fit(X, signs(X))
    fresh = cube(32, 8, seed=1)
    assert model.score(fresh, signs(fresh)) > 0.9


def test_reading_both_ways_learns_what_comes_later_and_a_causal_network_cannot():
    X = cube(96, 8)
    y = np.roll(X[:, :, 0] > 0, -1, axis=1)  # of the next step
    settings_ = {"epochs": 40, "random_state": 0}
    before_last = np.s_[:, :-1]
    fresh = cube(96, 8, seed=1)
    truth = np.roll(fresh[:, :, 0] > 0, -1, axis=1)[before_last]
    both = SequenceLabeler(**settings_).fit(X, y).predict(fresh)[before_last]
    causal = SequenceLabeler(causal=True, **settings_).fit(X, y).predict(fresh)[before_last]
    assert np.mean(both == truth) > 0.9
    assert np.mean(causal == truth) < 0.6


def by_steps(inputs, lengths):
    return keras.layers.Dense(3)(inputs)


#: Networks that use no later steps, and the weights of each with its outputs.
ONE_WAY = {
    "gru": ("gru", 5),
    "GRU": (networks.GRU(units=3), 5),
    "TCN": (networks.TCN(filters=2, n_blocks=1), 6),
    "function": (by_steps, 4),
}


@pytest.mark.parametrize("name", ONE_WAY)
def test_every_network_reads_both_ways_unless_a_parameter_says_otherwise(name):
    network, n_weights = ONE_WAY[name]
    X = cube(4, 5)
    changed = X.copy()
    changed[:, 4] += 9.0
    for params, both in [
        ({}, True),
        ({"bidirectional": True}, True),
        ({"bidirectional": False}, False),
        ({"causal": True}, False),
        ({"causal": True, "bidirectional": False}, False),
    ]:
        model = SequenceLabeler(network=network, epochs=1, random_state=0, **params)
        model.fit(X, signs(X))
        assert len(model.weights_) == (2 * n_weights - 2 if both else n_weights), params
        first = [model.predict_proba(x)[:, 0] for x in (X, changed)]
        reads_on = name != "function" and both
        assert np.allclose(*first, rtol=1e-6, atol=1e-7) != reads_on, params


def test_a_network_that_uses_later_steps_is_not_doubled():
    X = cube(4, 5)
    network = networks.GRU(units=3, bidirectional=True)
    n_weights = {
        params: len(
            SequenceLabeler(network=network, bidirectional=params, epochs=1)
            .fit(X, signs(X))
            .weights_
        )
        for params in ("auto", True, False)
    }
    assert set(n_weights.values()) == {8}


@pytest.mark.parametrize("network", ["gru", "tcn", networks.LSTM(units=4)])
def test_a_causal_output_does_not_depend_on_later_steps(network):
    X = cube()
    model = SequenceLabeler(network=network, causal=True, epochs=2, random_state=0)
    model.fit(X, signs(X))
    changed = X.copy()
    changed[:, 7:] += 5.0
    before, after = (model.predict_proba(x)[:, :7] for x in (X, changed))
    np.testing.assert_allclose(before, after, rtol=1e-6, atol=1e-6)


def test_numbers_are_predicted_in_their_own_units():
    X = cube(64, 8)
    y = 100 + 20 * X[:, :, 0]
    model = SequenceLabeler(epochs=40, random_state=0).fit(X, y)
    assert model.target_type_ == "continuous"
    assert model.predict(X).shape == y.shape
    np.testing.assert_allclose(model.score(X, y), r2_score(y.ravel(), model.predict(X).ravel()))
    assert model.score(X, y) > 0.9
    assert not hasattr(model, "predict_proba")


def test_several_labels_at_a_step():
    X = cube(64, 8)
    y = np.stack([X[:, :, 0] > 0, X[:, :, 1] > 0, X.sum(axis=2) > 0], axis=-1).astype(int)
    model = SequenceLabeler(epochs=40, random_state=0).fit(X, y)
    assert model.target_type_ == "multilabel"
    probabilities = model.predict_proba(X)
    assert probabilities.shape == y.shape == model.predict(X).shape
    np.testing.assert_array_equal(model.predict(X), probabilities > 0.5)
    assert np.mean(model.predict(X) == y) > 0.9


@pytest.mark.parametrize(
    ("y", "target_type"),
    [
        (np.array([[0, 1, 2]] * 3), "multiclass"),
        (np.array([["a", "b", "a"]] * 3), "multiclass"),
        (np.array([[0.5, 1.0, 2.0]] * 3), "continuous"),
        (np.array([[True, False, True]] * 3), "multiclass"),
        (np.array([[[0, 1], [1, 1], [0, 0]]] * 3), "multilabel"),
        (np.array([[[0.0, 1.5], [1, 1], [0, 0]]] * 3), "continuous"),
    ],
)
def test_the_target_type_is_inferred_from_the_targets(y, target_type):
    model = SequenceLabeler(**SMALL, causal=True).fit(np.ones((3, 3, 1)), y)
    assert model.target_type_ == target_type
    assert np.shape(model.predict(np.ones((3, 3, 1)))) == y.shape


def test_whole_numbers_are_numbers_if_the_user_says_so():
    y = np.arange(36).reshape(3, 12)
    X = np.ones((3, 12, 1))
    assert (
        SequenceLabeler(target_type="continuous", epochs=1, random_state=0).fit(X, y).target_type_
        == "continuous"
    )


# ------------------------------------------------------------------ forms


def test_predictions_come_in_the_form_of_the_sequences():
    X = ragged()
    y = [signs(part) for part in X]
    model = SequenceLabeler(**SMALL).fit(X, y)
    predicted = model.predict(X)
    assert isinstance(predicted, list)
    assert [part.shape for part in predicted] == [part.shape for part in y]
    expected = accuracy_score(np.concatenate(y), np.concatenate(predicted))
    np.testing.assert_allclose(model.score(X, y), expected)

    panel = as_panel(X)
    labels = pd.Series(np.concatenate(y), index=panel.index)
    on_panel = SequenceLabeler(**SMALL).fit(panel, labels)
    series = on_panel.predict(panel)
    assert series.index.equals(panel.index)
    np.testing.assert_array_equal(series.to_numpy(), np.concatenate(predicted))
    frame = on_panel.predict_proba(panel)
    assert frame.shape == (len(panel), 2)

    flat = X[0][None, :, 0]
    assert SequenceLabeler(**SMALL).fit(flat, y[0][None]).predict(flat).shape == flat.shape


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.integers(0, 17), min_size=1, max_size=20))
def test_a_prediction_depends_on_no_other_sequence(rows):
    X = ragged()
    model = _fitted_on_ragged()
    together = model.predict_proba(X)
    for row, part in zip(rows, model.predict_proba([X[row] for row in rows]), strict=True):
        np.testing.assert_allclose(part, together[row], rtol=1e-5, atol=1e-6)


_models = {}


def _fitted_on_ragged():
    if not _models:
        X = ragged()
        y = [signs(part) for part in X]
        _models["both"] = SequenceLabeler(epochs=2, random_state=0).fit(X, y)
    return _models["both"]


def test_pickles_clones_and_searches():
    X = cube()
    model = SequenceLabeler(**SMALL).fit(X, signs(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert clone(model).get_params().keys() == model.get_params().keys()
    grid = {"sequencelabeler__network__units": [2, 4]}
    pipeline = make_pipeline(skrnn.SequenceScaler(), SequenceLabeler(**SMALL))
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, signs(X))
    assert search.predict(X).shape == (16, 12)


# ------------------------------------------------------------------ weights, chunks, continuation


def test_the_loss_is_the_mean_over_valid_steps():
    generator = np.random.default_rng(0)
    target = generator.integers(0, 2, size=(5, 8, 3)).astype("float32")
    weights = np.array([[1] * n + [0] * (8 - n) for n in (8, 5, 1, 7, 3)], dtype="float32")
    weights *= generator.uniform(0.5, 2, size=weights.shape).astype("float32")
    output = generator.normal(size=(5, 6, 3)).astype("float32")
    padded = np.concatenate([target, weights[..., None]], axis=-1)
    tensors = map(keras.ops.convert_to_tensor, (padded, output))
    loss = keras.ops.convert_to_numpy(StepLoss("binary_crossentropy")(*tensors))
    for row in range(5):
        n = min(6, int(np.count_nonzero(weights[row])))
        probability = 1 / (1 + np.exp(-output[row, :n].astype(float)))
        truth = target[row, :n]
        each = -np.mean(truth * np.log(probability) + (1 - truth) * np.log(1 - probability), axis=1)
        np.testing.assert_allclose(loss[row], np.average(each, weights=weights[row, :n]), rtol=1e-5)


def test_each_step_counts_the_same_however_long_its_sequence():
    X = ragged()
    y = [part[:, 0] for part in X]
    model = SequenceLabeler(
        network=networks.GRU(units=4), epochs=1, learning_rate=1e-9, random_state=0, shuffle=False
    ).fit(X, y)
    truth, predicted = np.concatenate(y), np.concatenate(model.predict(X))
    expected = np.mean((truth - predicted) ** 2) / np.var(truth)
    np.testing.assert_allclose(model.history_["loss"], [expected], rtol=1e-4)


def test_a_weight_of_zero_is_no_sequence():
    X = cube()
    y = signs(X)
    weights = np.ones(16)
    weights[10:] = 0
    settings_ = SMALL | {"batch_size": None}
    one = SequenceLabeler(**settings_).fit(X, y, sample_weight=weights)
    other = SequenceLabeler(**settings_).fit(X[:10], y[:10])
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-5, atol=1e-6)


def test_balanced_classes_are_found_more_often():
    X = cube(32, 20)
    rare = X[:, :, 0] + np.random.default_rng(5).normal(size=X.shape[:2]) > 2.5
    plain = SequenceLabeler(epochs=10, random_state=0).fit(X, rare)
    balanced = SequenceLabeler(epochs=10, random_state=0, class_weight="balanced").fit(X, rare)
    assert balanced.predict(X).mean() > 2 * plain.predict(X).mean()


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6), n_steps=st.integers(1, 12))
def test_chunks_are_the_sequences_cut(lengths, n_steps):
    table = Sequences.end_to_end(np.arange(sum(lengths))[:, None], np.array(lengths))
    cut = pieces(table, n_steps)
    rows = [table.steps[a : a + n, 0] for a, n in zip(cut.starts, cut.lengths, strict=True)]
    assert max(map(len, rows)) <= n_steps
    np.testing.assert_array_equal(np.concatenate(rows), table.steps[:, 0])
    inner = set(np.cumsum(lengths)) - {sum(lengths)}
    assert inner <= set(np.cumsum([len(row) for row in rows]))


def test_a_long_series_is_trained_in_chunks_and_predicted_whole():
    X = np.random.default_rng(0).normal(size=(600, 1))
    y = np.where(X[:, 0] > 0, 1, 0)
    network = networks.GRU(units=8)
    model = SequenceLabeler(network=network, chunk_length=50, epochs=40, random_state=0)
    model.fit([X], [y])
    (predicted,) = model.predict([X])
    assert predicted.shape == (600,)
    assert np.mean(predicted == y) > 0.9


@pytest.mark.parametrize(
    ("n_steps", "bptt_length", "expected"), [(513, None, 128), (512, None, None), (513, 100, None)]
)
def test_only_long_series_are_split_by_default(n_steps, bptt_length, expected):
    X = np.random.default_rng(0).normal(size=(n_steps, 1))
    y = np.where(X[:, 0] > 0, 1, 0)
    settings = {"causal": True, "bptt_length": bptt_length, "epochs": 2, "random_state": 0}
    found, wanted = (
        SequenceLabeler(network=networks.GRU(units=2), **settings, **how).fit([X], [y])
        for how in ({}, {"chunk_length": expected})
    )
    assert found.batch_size_ == wanted.batch_size_
    for one, other in zip(found.weights_, wanted.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_partial_fit_continues_with_announced_classes():
    X = cube()
    y = signs(X)
    model = SequenceLabeler(**SMALL)
    model.partial_fit(X[:4], np.full((4, 12), "up"), classes=["down", "up"])
    for _ in range(30):
        model.partial_fit(X, y)
    assert model.n_iter_ == 31
    assert model.score(X, y) > 0.7
    with pytest.raises(ValueError, match="not among the"):
        model.partial_fit(X, np.full((16, 12), "sideways"))


# ------------------------------------------------------------------ events


@given(flags=st.lists(st.booleans(), max_size=40))
def test_runs_are_where_flags_are_true(flags):
    found = runs(np.array(flags, dtype=bool))
    rebuilt = np.zeros(len(flags), dtype=bool)
    for start, end in found:
        rebuilt[start:end] = True
    np.testing.assert_array_equal(rebuilt, flags)
    assert (found[1:, 0] > found[:-1, 1]).all()  # none touches the next


def test_an_event_needs_enough_probable_steps():
    probability = np.array([0.9, 0.2, 0.7, 0.8, 0.6, 0.1, 0.95])
    assert EventRule(0.5, 1).intervals(probability).tolist() == [[0, 1], [2, 5], [6, 7]]
    assert EventRule(0.5, 2).intervals(probability).tolist() == [[2, 5]]
    assert EventRule(0.65, 2).intervals(probability).tolist() == [[2, 4]]


def test_events_match_where_they_share_more_than_half():
    true = np.array([[0, 10], [20, 30]])
    assert n_matched(np.array([[0, 10], [21, 30]]), true) == 2
    assert n_matched(np.array([[5, 15]]), true) == 0
    assert n_matched(np.array([[0, 30]]), true) == 0
    assert n_matched(np.empty((0, 2), dtype=int), true) == 0


def test_the_rule_chosen_is_the_best_of_those_tried():
    generator = np.random.default_rng(0)
    truth = np.zeros(400, dtype=bool)
    truth[50:80] = truth[200:260] = True
    probability = np.clip(0.3 + 0.3 * truth + 0.05 * generator.normal(size=400), 0, 1)
    probability[[10, 120, 300]] = 0.9  # single spikes
    rule = choose_rule([probability], [truth])
    assert rule.min_length > 1
    assert 0.3 < rule.threshold < 0.6
    assert n_matched(rule.intervals(probability), runs(truth)) == len(rule.intervals(probability))


def test_events_are_found_with_the_rule_chosen_on_validation():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 60, 1))
    y = np.zeros((40, 60), dtype=int)
    for row in range(40):
        start = generator.integers(5, 45)
        y[row, start : start + 8] = 1
        X[row, start : start + 8] += 3.0
    model = SequenceLabeler(network=networks.GRU(units=8), epochs=30, random_state=0)
    model.fit(X[:24], y[:24], X_val=X[24:32], y_val=y[24:32])
    assert model.event_rule_.min_length >= 1
    events = model.events(X[32:])
    assert list(events.columns) == ["sequence", "start", "end", "class", "confidence"]
    assert (events["class"] == 1).all()  # 0 is the background
    assert events["confidence"].between(0, 1).all()
    true = [runs(row == 1) for row in y[32:]]
    found = [events.loc[events.sequence == row, ["start", "end"]].to_numpy() for row in range(8)]
    assert sum(n_matched(*pair) for pair in zip(found, true, strict=True)) >= 7
    fixed = clone(model).set_params(event_threshold=0.7, min_event_length=3, background=1)
    assert len(fixed.fit(X, y).events(X)) >= 40
    assert fixed.event_rule_ == EventRule(0.7, 3)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (ragged(), [np.zeros(len(part) - 1) for part in ragged()], "sequence 0 of X has"),
        (ragged(), [np.zeros(len(part)) for part in ragged()[1:]], "targets for 17 sequences"),
        (cube(), np.zeros(16), "a target for each step"),
        (cube(), np.zeros((16, 11)), "a target for each step"),
        (cube(), np.zeros((15, 12)), "targets for 15 sequences"),
        (cube(), np.full((16, 12), np.nan), "contains NaN"),
        (cube(), None, "requires y to be passed"),
        (cube(), np.zeros((16, 12, 2, 2)), "axes for each step"),
    ],
)
def test_targets_that_do_not_fit_are_refused(X, y, message):
    model = SequenceLabeler(**SMALL)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "weights_")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"network": "transformer", "causal": True}, "looks at later steps"),
        ({"network": networks.GRU(bidirectional=True), "causal": True}, "looks at later steps"),
        ({"causal": True, "bidirectional": True}, "bidirectional=True uses later steps"),
        ({"bidirectional": "both"}, "accepts 'auto' or a bool"),
        ({"network": "dense"}, "none for each step"),
        ({"network": networks.GRU(conv_filters=4, conv_strides=2)}, "conv_strides=2 shortens"),
        ({"network": networks.GRU(units=0)}, "units=0"),
        ({"loss": "mse"}, "is not for multiclass targets"),
        ({"background": "sideways"}, "none of the classes"),
        ({"target_type": "multilabel"}, "other values than 0 and 1"),
        ({"chunk_length": 0}, "chunk_length=0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(params, message):
    X = cube()
    model = SequenceLabeler(**SMALL | params)
    with pytest.raises(ValueError, match=message):
        model.fit(X, signs(X))
    assert not hasattr(model, "weights_")


def test_windows_and_another_width_are_refused():
    windows, y = skrnn.make_windows(np.arange(30.0), window_length=5)
    with pytest.raises(TypeError, match="give the series itself"):
        SequenceLabeler().fit(windows, y)
    X = cube()
    model = SequenceLabeler(**SMALL).fit(X, signs(X))
    with pytest.raises(ValueError, match="features"):
        model.predict(np.zeros((2, 12, 3)))
    assert model.predict(np.zeros((2, 30, 2))).shape == (2, 30)


def test_missing_steps_get_a_label_as_well():
    X = cube()
    X[:, 5] = np.nan
    model = SequenceLabeler(missing="mask", **SMALL).fit(X, signs(np.nan_to_num(X)))
    assert model.predict(X).shape == (16, 12)


def test_a_warm_start_follows_the_rule_for_events_of_its_parameters():
    X = cube()
    model = SequenceLabeler(**SMALL, warm_start=True, event_threshold=0.2).fit(X, signs(X))
    model.set_params(event_threshold=0.9, min_event_length=4).fit(X, signs(X))
    assert model.event_rule_ == EventRule(0.9, 4)
