"""Anomalies of sequences and steps: usual errors, scores, thresholds, forms, streams, messages."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import median_abs_deviation
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

import skrnn
from skrnn import SequenceAnomalyDetector, SequenceDetector, Stream, networks
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.anomaly.robust_statistics import RobustErrorScale
from skrnn.estimators.anomaly.scoring import StepScoring
from skrnn.estimators.anomaly.thresholds import cut_off, upper_fence
from skrnn.estimators.per_step.step_targets import pieces
from skrnn.sequences import Sequences

SMALL = {"epochs": 2, "random_state": 0, "network": networks.GRU(units=4)}


def cube(n=20, n_steps=12, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_steps, 2)).cumsum(axis=1)


def ragged(seed=1):
    generator = np.random.default_rng(seed)
    return [
        generator.normal(size=(n, 2)).cumsum(axis=0) for n in generator.integers(6, 20, size=18)
    ]


def waves(n=32, n_steps=40, seed=0):
    steps = np.arange(n_steps) / 3 + np.arange(n)[:, None]
    return np.sin(steps) + 0.1 * np.random.default_rng(seed).normal(size=(n, n_steps))


network_ = {}


def fitted(**params):
    key = repr(sorted(params.items(), key=str))
    if key not in network_:
        network_[key] = SequenceAnomalyDetector(**SMALL | params).fit(ragged())
    return network_[key]


# ------------------------------------------------------------------ what is found


@pytest.mark.parametrize(
    ("network", "method"), [("gru", "forecast"), ("tcn", "forecast"), ("gru", "reconstruction")]
)
def test_a_planted_anomaly_is_found_where_it_is(method, network):
    X = waves()
    model = SequenceAnomalyDetector(
        network=network, method=method, window_length=10, epochs=30, random_state=0
    ).fit(X)
    odd = waves(8, seed=1)
    odd[3, 20:23] = 2.5
    assert model.predict(odd).tolist() == [1, 1, 1, -1, 1, 1, 1, 1]
    assert 20 <= int(np.argmax(model.step_scores(odd)[3])) <= 23
    found = model.events(odd)
    assert list(found.columns) == ["sequence", "start", "end", "score"]
    worst = found.loc[found["score"].idxmax()]
    assert worst["sequence"] == 3
    assert worst["start"] <= 23
    assert worst["end"] > 20


@pytest.mark.parametrize("contamination", [0.1, 0.25])
def test_contamination_is_the_share_of_the_fit_beyond_the_lines(contamination):
    X = cube(40)
    model = SequenceAnomalyDetector(contamination=contamination, **SMALL)
    assert np.mean(model.fit_predict(X) == -1) == pytest.approx(contamination)
    scored = model.step_scores(X)[:, 1:]
    assert np.mean(scored > model.threshold_) == pytest.approx(contamination, abs=1 / scored.size)


def test_scores_come_together_in_one_number_for_each_sequence():
    model, X = fitted(), ragged()
    expected = [-np.sqrt(np.mean(part[1:] ** 2)) for part in model.step_scores(X)]
    np.testing.assert_allclose(model.score_samples(X), expected)
    np.testing.assert_allclose(model.decision_function(X), np.array(expected) - model.offset_)
    np.testing.assert_array_equal(
        model.predict(X), np.where(np.array(expected) < model.offset_, -1, 1)
    )
    table = model.events(X)
    above = sum(int(np.sum(part > model.threshold_)) for part in model.step_scores(X))
    assert (table["end"] - table["start"]).sum() == above


# ------------------------------------------------------------------ against references


def test_forecasts_and_scores_equal_a_plain_recurrence():
    X = cube()
    model = SequenceAnomalyDetector(**SMALL).fit(X)
    kernel, recurrent, bias, dense, offset, linear = model.weights_
    scaled = (X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1))
    state, predicted = np.zeros((len(X), 4)), np.full(X.shape, np.nan)
    for step in range(X.shape[1] - 1):
        x = scaled[:, step]
        z, r, h = np.split(x @ kernel + bias[0], 3, axis=1)
        sz, sr, sh = np.split(state @ recurrent + bias[1], 3, axis=1)
        update, reset = expit(z + sz), expit(r + sr)
        state = update * state + (1 - update) * np.tanh(h + reset * sh)
        predicted[:, step + 1] = state @ dense + offset + x @ linear
    errors = (scaled - predicted).reshape(-1, 2)
    there = ~np.isnan(errors[:, 0])
    center = np.quantile(errors[there], 0.5, axis=0, method="inverted_cdf")
    deviations = np.abs(errors - center)
    scale = 1.4826 * np.quantile(deviations[there], 0.5, axis=0, method="inverted_cdf")
    expected = np.sqrt(np.mean((deviations / scale) ** 2, axis=1)).reshape(20, 12)
    expected[:, 0] = 0.0  # no forecast
    np.testing.assert_allclose(model.step_scores(X), expected, rtol=2e-4, atol=2e-4)


@given(seed=st.integers(0, 2**16), n=st.integers(3, 60))
def test_usual_errors_are_the_median_and_its_deviation(seed, n):
    n = 2 * n + 1  # a median among the values
    errors = np.random.default_rng(seed).normal(size=(n, 2)) * [1, 5]
    usual = RobustErrorScale.of(errors, np.ones(2), np.ones(n))
    np.testing.assert_allclose(usual.center, np.median(errors, axis=0))
    scale = median_abs_deviation(errors, axis=0, scale=1 / 1.4826)
    np.testing.assert_allclose(usual.scale, scale)
    errors[::3, 0] = np.nan
    joined = usual.joined(errors)
    np.testing.assert_allclose(joined[::3], np.abs(errors[::3, 1] - usual.center[1]) / scale[1])


def test_equal_errors_have_a_scale_as_well():
    errors = np.zeros((20, 2))
    errors[:5, 0] = 8.0
    usual = RobustErrorScale.of(errors, np.array([1.0, 3.0]), np.ones(20))
    np.testing.assert_allclose(usual.scale, [1.2533 * 2.0, 0.03])


@given(
    values=st.lists(st.integers(0, 8), min_size=1, max_size=30),
    share=st.floats(0.01, 0.5),
    seed=st.integers(0, 99),
)
def test_what_is_cut_off_weighs_the_share_and_no_value_more(values, share, seed):
    values = np.array(values, dtype=float)
    weights = np.random.default_rng(seed).integers(1, 4, size=len(values)).astype(float)
    line = cut_off(values, weights, share)
    repeated = np.repeat(values, weights.astype(int))
    assert line == cut_off(repeated, np.ones(len(repeated)), share)
    if np.ptp(values) > 0 and line < values.max():
        beyond = values > line
        assert (
            weights[beyond].sum() >= share * weights.sum() - 1e-9
            or (
                values[~beyond] == values.min()  # of which no line can be below
            ).all()
        )
        least = values[beyond].min()
        assert weights[values > least].sum() < share * weights.sum()


def test_the_fence_is_tukey_s():
    values = np.arange(1.0, 12)
    assert upper_fence(values, np.ones(11), 1.5) == 9 + 1.5 * (9 - 3)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    smoothing=st.integers(1, 4),
    memory=st.none() | st.integers(1, 6),
    lengths=st.lists(st.integers(1, 15), min_size=1, max_size=4),
)
def test_smoothed_scores_and_peaks_equal_a_plain_loop(seed, smoothing, memory, lengths):
    generator = np.random.default_rng(seed)
    errors = 3 * generator.normal(size=(sum(lengths), 1))
    errors[generator.random(len(errors)) < 0.2] = np.nan
    usual = RobustErrorScale(np.zeros(1), np.ones(1))
    found = StepScoring(usual, smoothing, memory, 2.0).scores(errors, np.array(lengths))
    expected = []
    for part in np.split(np.abs(errors[:, 0]), np.cumsum(lengths)[:-1]):
        seen, peak = [], 2.0
        for error in part:
            if np.isnan(error):
                expected.append(np.nan)
                continue
            seen.append(error)
            score = np.sqrt(np.mean(np.square(seen[-smoothing:])))
            expected.append(score if memory is None else score / peak)
            peak = max(score, 1.0, peak * 0.5 ** (1 / (memory or 1)))
    np.testing.assert_allclose(found, expected)


@given(lengths=st.lists(st.integers(5, 30), min_size=1, max_size=6), n_steps=st.integers(1, 5))
def test_whole_chunks_cover_each_sequence(lengths, n_steps):
    table = Sequences.end_to_end(np.arange(sum(lengths))[:, None], np.array(lengths))
    cut = pieces(table, n_steps, whole=True)
    assert (cut.lengths == n_steps).all()
    covered = np.zeros(sum(lengths), dtype=bool)
    for start in cut.starts:
        covered[start : start + n_steps] = True
    assert covered.all()
    assert len(cut) == sum(-(-length // n_steps) for length in lengths)


def test_the_loss_is_blind_to_what_is_missing():
    import keras

    generator = np.random.default_rng(0)
    target = generator.normal(size=(3, 5, 3)).astype("float32")
    target[..., -1] = [1, 1, 1, 1, 0]
    output = generator.normal(size=(3, 5, 2)).astype("float32")
    target[0, 1, 0] = target[2, 3, :2] = target[:, 4, :2] = np.nan
    tensors = map(keras.ops.convert_to_tensor, (target, output))
    loss = keras.ops.convert_to_numpy(StepLoss("mean_squared_error", skips_missing=True)(*tensors))
    squares = np.nan_to_num(target[:, :4, :2] - output[:, :4]) ** 2
    np.testing.assert_allclose(loss, squares.mean(axis=(1, 2)), rtol=1e-5)


def test_chunks_are_reconstructed_each_by_itself():
    series = ragged()[:1]
    series = [np.tile(series[0], (3, 1))[:23]]
    model = fitted(method="reconstruction", window_length=5)
    (scores,) = model.step_scores(series)
    starts = [0, 5, 10, 15, 18]  # the last one begins earlier, and overlaps
    parts = model.step_scores([series[0][start : start + 5] for start in starts])
    for start, part in zip(starts[:3], parts, strict=False):
        np.testing.assert_allclose(scores[start : start + 5], part, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores[15:18], parts[3][:3], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores[18:], parts[4], rtol=1e-4, atol=1e-5)


# ------------------------------------------------------------------ forms and laws


def test_scores_come_in_the_form_of_the_sequences():
    X = ragged()
    scores = fitted().step_scores(X)
    assert [part.shape for part in scores] == [(len(x),) for x in X]
    assert all(part[0] == 0 for part in scores)
    frames = [pd.DataFrame(x, columns=["a", "b"]) for x in X]
    panel = pd.concat(frames, keys=range(10, 28), names=["unit", "time"])
    model = SequenceAnomalyDetector(**SMALL).fit(panel)
    series = model.step_scores(panel)
    assert series.index.equals(panel.index)
    np.testing.assert_allclose(series, np.concatenate(scores), rtol=1e-5)
    assert set(model.events(panel)["sequence"]) <= set(range(10, 28))
    assert SequenceAnomalyDetector(**SMALL).fit(X[0].T).step_scores(X[0].T).shape == X[0].T.shape


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.integers(0, 17), min_size=1, max_size=20))
@pytest.mark.parametrize("params", [{}, {"method": "reconstruction", "window_length": 5}])
def test_a_score_depends_on_no_other_sequence(params, rows):
    X, model = ragged(), fitted(**params)
    together = model.score_samples(X)
    np.testing.assert_allclose(
        model.score_samples([X[row] for row in rows]), together[rows], rtol=1e-4
    )


def test_ragged_sequences_are_scored_as_in_an_array():
    X = cube()
    np.testing.assert_allclose(
        fitted().score_samples(X), fitted().score_samples([*X, np.ones((30, 2))])[:-1], rtol=1e-5
    )


def test_a_forecast_sees_nothing_of_its_step_or_later():
    X = cube()
    changed = X.copy()
    changed[:, 7:] += 5.0
    before, after = (fitted().step_scores(x)[:, :7] for x in (X, changed))
    np.testing.assert_allclose(before, after, rtol=1e-5, atol=1e-6)


def test_seeds_pickles_and_clones():
    X = ragged()
    model = fitted(smoothing=3, memory=9)
    again = clone(model).fit(X)
    for other in (again, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.score_samples(X), model.score_samples(X))
        assert (other.offset_, other.threshold_) == (model.offset_, model.threshold_)
    pipeline = make_pipeline(skrnn.SequenceScaler(), SequenceAnomalyDetector(**SMALL)).fit(cube())
    assert pipeline.predict(cube()).shape == (20,)


def test_a_long_series_is_trained_in_chunks_and_scored_whole():
    series = waves(1, 600)[0][:, None]
    model = SequenceAnomalyDetector(chunk_length=50, random_state=0).fit([series])
    (scores,) = model.step_scores([series])
    assert scores.shape == (600,)
    assert scores[0] == 0
    assert (scores[50::50] > 0).all()  # where a piece begins there is a forecast
    assert model.history_["loss"][-1] < 0.1


def test_the_usual_is_measured_on_validation_data_where_there_is_some():
    X, X_val = ragged(), ragged(seed=2)
    model = SequenceAnomalyDetector(early_stopping=True, contamination=0.5, **SMALL)
    model.fit(X, X_val=X_val)
    assert len(model.history_["val_loss"]) == 2
    assert np.mean(model.predict(X_val) == -1) == 0.5
    held_out = SequenceAnomalyDetector(early_stopping=True, **SMALL).fit(X)
    assert "val_loss" in held_out.history_


def test_partial_fit_continues_and_measures_anew():
    model = SequenceAnomalyDetector(**SMALL)
    losses = [model.partial_fit(waves()).history_["loss"][-1] for _ in range(30)]
    assert model.n_iter_ == 30
    assert losses[-1] < 0.5 * losses[0]
    assert np.median(model.step_scores(waves())) == pytest.approx(0.6745, abs=0.1)


@pytest.mark.parametrize("params", [{}, {"method": "reconstruction", "window_length": 5}])
def test_missing_values_have_no_error(params):
    X = cube()
    X[3, 5] = X[4, 6, 0] = X[5, 0] = np.nan
    model = SequenceAnomalyDetector(missing="mask", **SMALL | params).fit(X)
    scores = model.step_scores(X)
    assert np.isfinite(scores).all()
    assert scores[3, 5] == 0
    assert scores[4, 6] > 0


def test_a_score_of_new_data_uses_the_settings_of_the_fit():
    model, X = clone(fitted()).fit(ragged()), ragged()
    before = model.score_samples(X)
    model.set_params(smoothing=5, memory=3, method="reconstruction", contamination=0.5)
    np.testing.assert_array_equal(model.score_samples(X), before)


# ------------------------------------------------------------------ streams


@pytest.mark.parametrize(
    "network", [networks.GRU(units=4), networks.LSTM(units=4), networks.TCN(filters=3, n_blocks=2)]
)
@pytest.mark.parametrize("params", [{}, {"smoothing": 3, "memory": 8}, {"missing": "mask"}])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**16), n=st.integers(1, 40))
def test_each_step_of_a_stream_gives_its_score(network, params, seed, n):
    generator = np.random.default_rng(seed)
    history = generator.normal(size=(n, 2)).cumsum(axis=0)
    if params.get("missing"):
        history[generator.random((n, 2)) < 0.2] = np.nan
    model = fitted(network=network, **params)
    stream = Stream(model)
    found = np.array([stream.step(x) for x in history])
    scores = model.step_scores([history, np.zeros((40, 2))])[0]  # all histories are padded to 40
    np.testing.assert_allclose(found, scores, rtol=1e-6, atol=1e-6)


def test_streams_side_by_side_and_anew():
    model = fitted(smoothing=3, memory=8)
    X = cube(5)
    together = Stream(model, 5)
    for step in range(6):
        together.step(X[:, step])
    together.reset([2])
    for step in range(6):
        found = together.step(X[:, 6 + step])
    expected = model.step_scores(X)[:, -1]
    expected[2] = model.step_scores(X[2:3, 6:])[0, -1]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="later steps"):
        Stream(fitted(method="reconstruction", window_length=5))


# ------------------------------------------------------------------ sktime


@pytest.mark.sktime_suite
def test_sktime_suite():
    from sktime.utils.estimator_checks import check_estimator

    results = check_estimator(SequenceDetector, verbose=False)
    assert len(results) >= 90
    assert not {case: result for case, result in results.items() if result != "PASSED"}


def test_sktime_s_detector_finds_what_ours_finds():
    series = pd.DataFrame({"value": waves(1, 300)[0]})
    series.loc[200] = 4.0
    how = SequenceAnomalyDetector(chunk_length=50, epochs=50, random_state=0)
    detector = SequenceDetector(how).fit(series[:150])
    alone = clone(how).fit([series[:150].to_numpy()])
    (scores,) = alone.step_scores([series.to_numpy()])
    expected = np.flatnonzero(scores > alone.threshold_)
    np.testing.assert_array_equal(detector.predict(series)["ilocs"], expected)
    assert 200 in expected
    np.testing.assert_allclose(detector.predict_scores(series)["scores"], scores[expected])
    np.testing.assert_allclose(detector.transform_scores(series)["scores"], scores)
    assert detector.transform(series)["labels"].sum() == len(expected)
    detector.update(series[150:190])
    assert detector.detector_.n_iter_ == 51
    assert not hasattr(how, "weights_")


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("params", "X", "message"),
    [
        ({}, np.zeros((5, 1)), "one step only"),
        ({}, [np.zeros((1, 2))] * 3, "one step only"),
        ({}, np.full((3, 4), np.nan), "contains NaN"),
        ({"contamination": 0.0}, cube(), "contamination=0.0"),
        ({"contamination": 0.6}, cube(), "contamination=0.6"),
        ({"contamination": "some"}, cube(), "contamination='some'"),
        ({"method": "guess"}, cube(), "method='guess'"),
        ({"smoothing": 0}, cube(), "smoothing=0"),
        ({"memory": 0}, cube(), "memory=0"),
        ({"loss": "crossentropy"}, cube(), "loss='crossentropy'"),
        ({"network": "transformer"}, cube(), "looks at later steps"),
        ({"network": networks.GRU(bidirectional=True)}, cube(), "looks at later steps"),
        ({"network": networks.GRU(units=0)}, cube(), "units=0"),
        ({"network": "dense"}, cube(), "none for each step"),
        ({"method": "reconstruction", "window_length": 13}, cube(), "window_length=13"),
        ({"method": "reconstruction", "window_length": 1}, cube(), "window_length=1"),
    ],
)
def test_what_does_not_fit_is_refused(params, X, message):
    model = SequenceAnomalyDetector(**SMALL | params)
    with pytest.raises(ValueError, match=message):
        model.fit(X)
    assert vars(model) == vars(SequenceAnomalyDetector(**SMALL | params)) | {
        "network": model.network
    }


def test_other_data_than_the_fit_s_are_refused():
    with pytest.raises(NotFittedError):
        SequenceAnomalyDetector().predict(cube())
    with pytest.raises(ValueError, match="features"):
        fitted().predict(np.zeros((2, 12, 3)))
    with pytest.raises(ValueError, match="contains NaN"):
        fitted().step_scores([np.full((4, 2), np.nan)])
    with pytest.raises(ValueError, match="sequence 1 of X has 4 steps"):
        fitted(method="reconstruction", window_length=5).predict([np.ones((n, 2)) for n in (6, 4)])
    windows = skrnn.SlidingWindow(5).fit_transform(np.arange(30.0)[:, None])
    with pytest.raises(TypeError, match="give the series itself"):
        SequenceAnomalyDetector().fit(windows)
    model = SequenceAnomalyDetector(warm_start=True, **SMALL).fit(cube())
    model.set_params(method="reconstruction", window_length=5)
    with pytest.raises(ValueError, match="restore method and"):
        model.fit(cube())


def test_a_sequence_of_one_step_has_no_score():
    assert fitted().score_samples([np.ones((1, 2))]).tolist() == [0.0]
    assert len(fitted().events([np.ones((1, 2))])) == 0
