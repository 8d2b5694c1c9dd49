"""Importances of categorical features: categories are exchanged or replaced, never averaged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from skrnn import GRURegressor, RNNRegressor
from skrnn.inspection import sequence_importance
from tests.inspection.test_exchange import copies_scored

SKIES = ["clear", "rain", "snow"]


def frames(n=12, seed=0, lengths=(6, 7)):
    """Return sequences with a categorical feature before a number."""
    rng = np.random.default_rng(seed)
    return [
        pd.DataFrame({"sky": rng.choice(SKIES, size), "wind": rng.normal(size=size)})
        for size in rng.integers(*lengths, n)
    ]


def rainy(X):
    return np.array([(x["sky"] == "rain").mean() for x in X])


@pytest.fixture(scope="module")
def model():
    X = frames()
    return RNNRegressor(units=4, epochs=2, missing="mask", random_state=0).fit(X, rainy(X))


def of_categories(X):
    return [part.astype({"sky": "category"}) for part in X]


def as_panel(X):
    return pd.concat(dict(enumerate(X)), names=["day", "hour"])


@pytest.mark.parametrize("in_form", [list, of_categories])
@pytest.mark.parametrize("lengths", [(6, 7), (3, 9)])
def test_categories_of_one_sequence_replace_those_of_another(in_form, lengths):
    X = in_form(frames(lengths=lengths))
    _, (first, skies, winds) = copies_scored(X)
    assert first is X
    assert type(skies) is type(X)
    for before, changed in zip(X, skies, strict=True):
        pd.testing.assert_series_equal(changed["wind"], before["wind"])
        assert set(changed["sky"]) <= set(SKIES)
    for before, changed in zip(X, winds, strict=True):
        assert changed["sky"].tolist() == before["sky"].tolist()
    if lengths == (6, 7):
        before, after = ([tuple(part["sky"]) for part in each] for each in (X, skies))
        assert sorted(before) == sorted(after)
        assert before != after


def test_a_panel_keeps_its_columns_and_its_index():
    panel = as_panel(frames())
    _, (_, skies, winds) = copies_scored(panel)
    pd.testing.assert_series_equal(skies["wind"], panel["wind"])
    pd.testing.assert_index_equal(skies.index, panel.index)
    assert sorted(skies["sky"]) == sorted(panel["sky"])
    assert winds["sky"].tolist() == panel["sky"].tolist()


def test_positions_choose_features_of_arrays():
    cube = np.stack([part.to_numpy() for part in frames()])
    model = GRURegressor(units=2, epochs=1, categorical_features=[0], random_state=0)
    model.fit(cube, rainy(frames()))
    seen = []

    def scorer(estimator, X, y):
        seen.append(X)
        return estimator.score(X, y)

    for estimator in (model, make_pipeline(model)):
        sequence_importance(estimator, cube, rainy(frames()), scoring=scorer, n_repeats=1)
        first, skies, winds = seen[-3:]
        assert first is cube
        assert sorted(skies[..., 0].ravel()) == sorted(cube[..., 0].ravel())
        np.testing.assert_array_equal(skies[..., 1].astype(float), cube[..., 1].astype(float))
        np.testing.assert_array_equal(winds[..., 0], cube[..., 0])


@pytest.mark.parametrize("by", ["channel", "both"])
def test_occlusion_takes_the_most_frequent_category(model, by):
    X = frames(seed=1)
    y, every = rainy(X), pd.concat(X)
    usual = every["sky"].mode()[0]
    result = sequence_importance(model, X, y, by=by, method="occlusion")
    changed = [part.assign(sky=usual) for part in X]
    drop = model.score(X, y) - model.score(changed, y)
    assert drop != 0
    if by == "channel":
        assert result.importances[0, 0] == pytest.approx(drop, rel=1e-4)
    else:
        changed = [part.assign(sky=[usual, *part["sky"][1:]]) for part in X]
        drop = model.score(X, y) - model.score(changed, y)
        assert result.importances[0, 0, 0] == pytest.approx(drop, rel=1e-4)
    changed = [part.assign(wind=every["wind"].mean()) for part in X]
    drop = model.score(X, y) - model.score(changed, y)
    if by == "channel":
        assert result.importances[1, 0] == pytest.approx(drop, rel=1e-3, abs=1e-7)


@pytest.mark.parametrize(
    ("baseline", "sky", "wind"), [(["snow", 1.5], "snow", 1.5), (np.nan, None, np.nan)]
)
def test_a_baseline_may_be_a_category_or_missing(model, baseline, sky, wind):
    X = frames(seed=1)
    result = sequence_importance(model, X, rainy(X), method="occlusion", baseline=baseline)
    for number, values in enumerate(({"sky": sky}, {"wind": wind})):
        changed = [part.assign(**values) for part in X]
        drop = model.score(X, rainy(X)) - model.score(changed, rainy(X))
        assert result.importances[number, 0] == pytest.approx(drop, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize(
    ("baseline", "match"),
    [
        (0.0, "X has categorical features; give a list"),
        (["hail", 0.0], r"baseline has 'hail' for feature 0, .* \['clear', 'rain', 'snow'\]"),
        (["rain", "rain"], "baseline holds texts"),
        (["rain", 0.0, 0.0], "one for each feature"),
    ],
)
def test_a_baseline_that_is_no_category_is_refused(model, baseline, match):
    X = frames()
    with pytest.raises(ValueError, match=match):
        sequence_importance(model, X, rainy(X), method="occlusion", baseline=baseline)


def test_numbers_that_are_categories_are_not_averaged():
    X = np.random.default_rng(0).choice([2.0, 5.0, 9.0], (10, 4, 1), p=[0.2, 0.2, 0.6])
    y = (X == 9).mean(axis=(1, 2))
    model = GRURegressor(units=2, epochs=1, categorical_features=[0], random_state=0).fit(X, y)
    result = sequence_importance(model, X, y, method="occlusion")
    drop = model.score(X, y) - model.score(np.full_like(X, 9.0), y)
    assert result.importances[0, 0] == pytest.approx(drop, rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.booleans())
def test_missing_categories_are_exchanged_like_others(seed, is_panel):
    X = frames(seed=seed)
    for part in X[::2]:
        part.loc[seed % 6, "sky"] = None
    X = as_panel(X) if is_panel else X
    _, (_, skies, _) = copies_scored(X, random_state=seed)
    before, after = (
        (each if is_panel else pd.concat(each))["sky"].fillna("missing").tolist()
        for each in (X, skies)
    )
    assert sorted(after) == sorted(before)
    assert after.count("missing") == 6
