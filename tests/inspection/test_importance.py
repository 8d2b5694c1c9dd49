"""Importances: decreases of scores, planted channels and stretches, pipelines, errors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import (
    GRUClassifier,
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceClassifier,
    SequenceLabeler,
    SequenceScaler,
    SlidingWindow,
    networks,
)
from skrnn.inspection import sequence_importance

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 10, 3))
Y = X[:, -3:, 1].mean(axis=1)


@pytest.fixture(scope="module")
def model():
    return GRURegressor(units=4, epochs=2, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def labeler():
    return SequenceLabeler(network=networks.GRU(units=4), epochs=2, random_state=0).fit(X, LABELS)


LABELS = (X[:, :, 0] > 0.5).astype(int)


# ------------------------------------------------------------------ decreases of the score


def test_an_importance_is_the_decrease_of_the_score(model):
    result = sequence_importance(model, X, Y, by="both", n_segments=5, method="occlusion")
    assert result.score == model.score(X, Y)
    for channel in range(3):
        for segment in range(5):
            changed = X.copy()
            changed[:, 2 * segment : 2 * segment + 2, channel] = X[:, :, channel].mean()
            drop = model.score(X, Y) - model.score(changed, Y)
            found = result.importances[channel, segment, 0]
            assert found == pytest.approx(drop, rel=1e-4, abs=1e-7)
    np.testing.assert_array_equal(result.importances_mean, result.importances[..., 0])
    assert not result.importances_std.any()
    assert (result.by, result.method) == ("both", "occlusion")


def test_mean_and_deviation_are_those_over_the_repeats(model):
    result = sequence_importance(model, X, Y, n_repeats=4, random_state=0)
    assert result.importances.shape == (3, 4)
    np.testing.assert_array_equal(result.importances_mean, result.importances.mean(axis=1))
    np.testing.assert_array_equal(result.importances_std, result.importances.std(axis=1))
    assert (result.importances_std > 0).all()
    again = sequence_importance(model, X, Y, n_repeats=4, random_state=0)
    np.testing.assert_array_equal(again.importances, result.importances)
    other = sequence_importance(model, X, Y, n_repeats=4, random_state=1)
    assert (other.importances != result.importances).any()


def test_of_single_steps_it_is_the_importance_that_scikit_learn_measures():
    table = RNG.normal(size=(60, 3))
    y = table @ [3.0, 1.0, 0.0] + 0.1 * RNG.normal(size=60)
    linear = LinearRegression().fit(table, y)
    settings = {"n_repeats": 300, "random_state": 0, "scoring": "neg_mean_squared_error"}
    ours = sequence_importance(linear, table, y, n_channels=3, **settings)
    theirs = permutation_importance(linear, table, y, **settings)
    error = np.hypot(ours.importances_std, theirs.importances_std) / np.sqrt(300)
    assert (np.abs(ours.importances_mean - theirs.importances_mean) < 4 * error).all()
    np.testing.assert_allclose(ours.importances_std, theirs.importances_std, rtol=0.2)


def test_the_scorer_gets_the_weights_of_the_sequences(model):
    weights = np.r_[np.ones(30), np.zeros(10)]
    scoring = make_scorer(mean_absolute_error, greater_is_better=False)
    settings = {"method": "occlusion", "scoring": scoring, "baseline": 0.0}
    weighted = sequence_importance(model, X, Y, sample_weight=weights, **settings)
    first = sequence_importance(model, X[:30], Y[:30], **settings)
    np.testing.assert_allclose(weighted.importances, first.importances, rtol=1e-6)


def test_missing_values_are_exchanged_with_the_others():
    missing = X.copy()
    missing[RNG.random(X.shape) < 0.3] = np.nan
    y = np.nan_to_num(missing[:, :, 2]).sum(axis=1)
    masked = GRURegressor(units=4, missing="mask", epochs=30, random_state=0).fit(missing, y)
    before = missing.copy()
    for settings in ({"n_repeats": 2}, {"method": "occlusion", "baseline": np.nan}):
        result = sequence_importance(masked, missing, y, random_state=0, **settings)
        assert np.isfinite(result.importances).all()
        assert result.importances_mean.argmax() == 2
    np.testing.assert_array_equal(missing, before)


def test_names_are_those_of_X_or_of_the_fit(model):
    table = pd.DataFrame(X[:, 0], columns=["a", "b", "c"])
    linear = LinearRegression().fit(table, Y)
    settings = {"n_channels": 3, "n_repeats": 1}
    assert sequence_importance(linear, table, Y, **settings).feature_names == ["a", "b", "c"]
    frames = [pd.DataFrame(one, columns=["d", "e", "f"]) for one in X]
    named = GRURegressor(units=4, epochs=1, random_state=0).fit(frames, Y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        assert sequence_importance(named, X, Y, n_repeats=1).feature_names == ["d", "e", "f"]
    assert sequence_importance(model, X, Y, n_repeats=1).feature_names == ["x0", "x1", "x2"]


# ------------------------------------------------------------------ planted channels and stretches


def waves(seed):
    """Return noise, with bumps of two heights in the third of four channels at steps 12 to 15."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(128, 20, 4)), rng.integers(0, 2, 128)
    X[:, 12:16, 2] += 2.5 * y[:, None]
    return X, y


TRAINING = {"epochs": 8, "learning_rate": 0.03, "batch_size": 32}
NETWORKS = {
    "GRU": GRUClassifier(units=8, conv_filters=8, **TRAINING),
    "conv": SequenceClassifier(network=networks.Conv(filters=8), **TRAINING),
}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("seed", range(20))
def test_a_planted_channel_and_stretch_are_found(network, seed):
    train, test = waves(seed), waves(100 + seed)
    model = NETWORKS[network].set_params(random_state=seed).fit(*train)
    settings = {"scoring": "neg_log_loss", "random_state": seed, "n_repeats": 1}
    by_channel = sequence_importance(model, *test, **settings)
    assert by_channel.importances_mean.argmax() == 2
    by_time = sequence_importance(model, *test, by="time", n_segments=5, **settings)
    assert by_time.importances_mean.argmax() == 3
    both = sequence_importance(model, *test, by="both", n_segments=5, **settings)
    assert divmod(both.importances_mean.argmax(), 5) == (2, 3)


@pytest.mark.parametrize("by", ["channel", "time"])
def test_estimators_of_other_libraries_are_rated(by):
    (X, y), (X_test, y_test) = waves(0), waves(1)
    settings = {"by": by, "random_state": 0, "n_segments": 5 if by == "time" else None}
    model = LogisticRegression(C=0.01).fit(X.reshape(128, -1), y)
    result = sequence_importance(model, X_test.reshape(128, -1), y_test, n_channels=4, **settings)
    assert result.importances_mean.argmax() == (2 if by == "channel" else 3)


def test_token_ids_are_exchanged_in_time():
    ids = RNG.integers(2, 12, size=(80, 5)).astype(np.int32)
    y = (ids[:, 3] > 6).astype(int)
    model = GRUClassifier(embedding_dim=4, **TRAINING, random_state=0).fit(ids, y)
    assert sequence_importance(model, ids, y, by="time").importances_mean.argmax() == 3
    unknown = {"method": "occlusion", "baseline": 1}
    assert sequence_importance(model, ids, y, by="time", **unknown).importances_mean.argmax() == 3


# ------------------------------------------------------------------ pipelines


def table(n_rows=80):
    """Return rows of a series with dates, and a target that depends on the third column before."""
    days = pd.date_range("2024-01-01", periods=n_rows, freq="D")
    rows = pd.DataFrame(RNG.normal(size=(n_rows, 3)), index=days, columns=["wind", "sun", "load"])
    return rows, rows["load"].shift(2, fill_value=0.0).to_numpy()


@pytest.mark.parametrize("by", ["channel", "time"])
def test_in_a_pipeline_the_windows_are_rated(by):
    rows, y = table()
    pipeline = make_pipeline(StandardScaler(), SlidingWindow(6), GRURegressor(epochs=40))
    pipeline.set_params(gruregressor__random_state=0).fit(rows, y)
    settings = {"by": by, "random_state": 0, "n_repeats": 2}
    result = sequence_importance(pipeline, rows, y, **settings)
    windows = pipeline[:-1].transform(rows)
    of_windows = sequence_importance(pipeline[-1], windows, y, **settings)
    np.testing.assert_array_equal(result.importances, of_windows.importances)
    assert result.score == pipeline.score(rows, y)
    assert result.feature_names == ["wind", "sun", "load"]
    assert result.importances_mean.argmax() == (2 if by == "channel" else 3)


def test_a_pipeline_without_windows_is_one_estimator():
    cube = np.swapaxes(X, 1, 2)
    scaler = SequenceScaler(layout="channels_first")
    regressor = GRURegressor(units=4, epochs=1, layout="channels_first", random_state=0)
    pipeline = make_pipeline(scaler, regressor).fit(cube, Y)
    result = sequence_importance(pipeline, cube, Y, method="occlusion")
    changed = cube.copy()
    changed[:, 1] = cube[:, 1].mean()
    drop = pipeline.score(cube, Y) - pipeline.score(changed, Y)
    assert result.importances[1, 0] == pytest.approx(drop, abs=1e-6)
    assert len(result.importances) == 3
    pipeline.set_params(sequencescaler__layout="channels_last")
    with pytest.raises(ValueError, match=r"have different values of layout, .* give layout to"):
        sequence_importance(pipeline, cube, Y, scoring=lambda *_: 0.0)


def test_a_search_is_scored_by_its_own_scorer():
    search = GridSearchCV(
        GRURegressor(units=2, epochs=1, random_state=0),
        {"units": [2]},
        scoring="neg_mean_absolute_error",
        cv=2,
    )
    search.fit(X, Y)
    result = sequence_importance(search, X, Y, n_repeats=1)
    assert result.score == pytest.approx(-mean_absolute_error(Y, search.predict(X)))


@pytest.mark.parametrize("kind", ["search", "target"])
def test_windows_that_cannot_be_reached_are_refused(kind):
    rows, y = table(30)
    pipeline = make_pipeline(SlidingWindow(3), GRURegressor(units=2, epochs=1, random_state=0))
    if kind == "search":
        outer = GridSearchCV(pipeline, {"slidingwindow__window_length": [3]}, cv=TimeSeriesSplit(2))
        outer.fit(rows, y)
        inner = outer.best_estimator_
    else:
        outer = TransformedTargetRegressor(pipeline).fit(rows, y)
        inner = outer.regressor_
    with pytest.raises(ValueError, match=r"has a SlidingWindow inside.*best_estimator_"):
        sequence_importance(outer, rows, y)
    assert len(sequence_importance(inner, rows, y, n_repeats=1).importances) == 3


# ------------------------------------------------------------------ predictions at steps


def test_a_labeler_is_scored_over_all_steps(labeler):
    result = sequence_importance(labeler, X, LABELS, random_state=0)
    assert result.score == labeler.score(X, LABELS)
    assert result.importances_mean.argmax() == 0
    named = sequence_importance(labeler, X, LABELS, scoring="accuracy", random_state=0)
    np.testing.assert_allclose(named.importances, result.importances, atol=1e-12)


def test_a_name_of_a_scorer_weighs_the_steps_of_a_labeler(labeler):
    weights = RNG.random(40)
    ragged = [one[: 3 + n % 5] for n, one in enumerate(X)]
    labels = [one[: 3 + n % 5] for n, one in enumerate(LABELS)]
    result = sequence_importance(
        labeler, ragged, labels, scoring="f1_macro", sample_weight=weights, n_repeats=1
    )
    each = np.repeat(weights, [len(one) for one in ragged])
    predicted = np.concatenate(labeler.predict(ragged))
    expected = f1_score(np.concatenate(labels), predicted, average="macro", sample_weight=each)
    assert result.score == pytest.approx(expected)


def test_one_long_series_is_occluded(labeler):
    series, labels = [X[:5].reshape(-1, 3)], [LABELS[:5].ravel()]
    with pytest.raises(ValueError, match=r"single sequence.*split a long one.*occlusion"):
        sequence_importance(labeler, series, labels)
    result = sequence_importance(labeler, series, labels, method="occlusion")
    assert result.importances_mean.argmax() == 0


def test_a_detector_needs_a_scorer():
    detector = SequenceAnomalyDetector(network=networks.GRU(units=4), epochs=1, random_state=0)
    detector.fit(X)
    with pytest.raises(TypeError, match=r"has no method score; give scoring"):
        sequence_importance(detector, X)

    def mean_score(detector, X):
        return detector.score_samples(X).mean()

    result = sequence_importance(detector, X, scoring=mean_score, n_repeats=1)
    assert result.score == detector.score_samples(X).mean()
    assert result.importances.shape == (3, 1)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"by": "step"}, r"by='step' was given to sequence_importance, which accepts 'channel'"),
        ({"method": "shap"}, r"method='shap' was given to sequence_importance"),
        ({"n_repeats": 0}, r"n_repeats=0 was given .* accepts an int >= 1"),
        ({"n_segments": 3}, r'n_segments=3 was given with by="channel".*leave n_segments out'),
        ({"by": "time", "n_segments": 11}, r"n_segments=11 .*longest sequence of X has 10 steps"),
        ({"baseline": 0}, r'baseline=0 was given with method="permutation".*leave baseline out'),
        (
            {"method": "occlusion", "baseline": [1, 2]},
            r"baseline has the shape \(2,\), and X 3 features a step; give one number",
        ),
        ({"layout": "rows"}, r"layout='rows' was given to sequence_importance"),
    ],
)
def test_an_argument_that_is_not_accepted_is_refused(model, settings, message):
    with pytest.raises(ValueError, match=message):
        sequence_importance(model, X, Y, **settings)


@pytest.mark.parametrize("scoring", [["r2"], {"r2": "r2"}, 3])
def test_several_scorers_are_refused(model, scoring):
    with pytest.raises(TypeError, match=r"scoring is an? \w+; give the name of one scorer"):
        sequence_importance(model, X, Y, scoring=scoring)


def test_a_score_is_a_number(model):
    with pytest.raises(TypeError, match=r"scoring returned a dict; it has to return one number"):
        sequence_importance(model, X, Y, scoring=lambda *_: {})


def test_errors_of_the_estimator_come_first(model):
    with pytest.raises(ValueError, match=r"X has 2 features"):
        sequence_importance(model, X[:, :, :2], Y)
