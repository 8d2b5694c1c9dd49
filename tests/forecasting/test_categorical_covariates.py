"""Categorical covariates of forecasters are read as learned vectors."""

import pickle

import numpy as np
import pandas as pd
import pytest

from skrnn import GRUForecaster, networks
from skrnn.engine.compiled_model import CompiledModel
from skrnn.networks.wrappers.forecast import Forecast, WindowLayout
from tests.forecasting.parts import POINT, network_of, normal, spec_of

LAYOUT = WindowLayout(6, 3, 1, n_past=2, n_known=2, n_static=1, n_rules=8)
#: Columns of codes, the second past, the first known and the static covariate.
CODED = ((3, 3), (4, 2), (6, 4))


def windows(n=5):
    """Return windows whose columns 3, 4 and 6 are codes of 3, 2 and 4 categories."""
    x = normal(n, LAYOUT.n_steps, LAYOUT.n_columns).astype(np.float32)
    x[..., 1] = 1.0
    x[..., LAYOUT.columns("rules")] = 0.3
    generator = np.random.default_rng(1)
    for column, size in CODED:
        x[..., column] = generator.integers(0, size + 1, size=x.shape[:2])
    x[..., 6] = x[:, :1, 6]
    return x


def outputs(network, weights, x):
    """Return the outputs of a network with given weights, and those weights or its first ones."""
    compiled = CompiledModel(spec_of(network))
    state = compiled.fresh_state(0, {})
    if weights is None:
        generator = np.random.default_rng(2)
        weights = [generator.normal(size=w.shape) for w in compiled.weights_of(state)]
    compiled.start(compiled.with_weights(state, tuple(weights)))
    lengths = np.full(len(x), LAYOUT.n_steps, dtype=np.int32)
    (found,) = compiled.steps.predict_all([(x, lengths)])
    return found, weights


@pytest.mark.parametrize("seasons", [None, (1, 2)])
@pytest.mark.parametrize("teacher_forcing", [False, True])
def test_the_vectors_take_the_places_of_the_codes(seasons, teacher_forcing):
    """As if windows held one-hot vectors times a matrix in the columns of codes."""
    settings = {"seasons": seasons, "teacher_forcing": teacher_forcing}
    network = network_of(LAYOUT, POINT, **settings, categories=CODED)
    x = windows()
    found, weights = outputs(network, None, x)
    vectors, others = weights[:3], weights[3:]
    parts, begin = [], 0
    for (column, size), own in zip(CODED, vectors, strict=True):
        one_hot = np.eye(size + 1)[x[..., column].astype(int)][..., 1:]
        parts += [x[..., begin:column], one_hot @ own]
        begin = column + 1
    wide = np.concatenate([*parts, x[..., begin:]], axis=-1).astype(np.float32)
    assert network.inner.n_columns == wide.shape[-1]
    expected, _ = outputs(network_of(network.inner, POINT, **settings), others, wide)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("segment_length", [None, 3])
def test_the_network_in_numpy_does_the_same(segment_length):
    layout = WindowLayout(6, 3, 1, n_past=2, n_known=2, n_rules=8)
    shared = {"normalization": "window", "differences": (), "seasons": (1, 2)}
    network = Forecast(
        networks.GRU(units=3),
        layout,
        POINT,
        **shared,
        segment_length=segment_length,
        teacher_forcing=False,
        categories=CODED[:2],
    )
    x = np.delete(windows(), 6, axis=2)
    found, weights = outputs(network, None, x)
    weights = [weight.astype(np.float32) for weight in weights]
    expected = network.in_numpy(weights, len(x))(x)
    np.testing.assert_allclose(found, expected.reshape(len(x), -1), rtol=1e-3, atol=1e-4)


DAYS = pd.date_range("2024-01-01", periods=120, freq="D")
EFFECTS = {"none": 0.0, "flyer": 5.0, "tv": 10.0}
SMALL = {"units": 4, "window_length": 10, "random_state": 0}
#: Settings of fits of a single program, without exponential smoothing and validation.
QUICK = SMALL | {"differences": None, "early_stopping": False}


def shops(dtype="str"):
    """Return sales of three shops by their kind and by advertising, which is known in advance."""
    generator = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([["a", "b", "c"], DAYS], names=["shop", "day"])
    X = pd.DataFrame({"advert": generator.choice(list(EFFECTS), len(index))}, index)
    X["kind"] = np.repeat(["city", "land", "city"], len(DAYS))
    weight = np.where(X["kind"] == "city", 1.0, 0.2)
    y = (30 + X["advert"].map(EFFECTS) * weight + generator.normal(size=len(index))).to_frame("n")
    if dtype == "numbers":
        X = X.apply(lambda column: pd.Categorical(10 * pd.factorize(column)[0]))
    return y, X


@pytest.fixture(scope="module")
def fitted():
    """Return a forecaster with the rows that it has seen, and the later ones."""
    y, X = shops()
    is_past = y.index.get_level_values("day") < DAYS[-10]
    model = GRUForecaster(**SMALL, static_covariates=["kind"])
    model.fit(y[is_past], X[is_past], fh=range(1, 6))
    return model, y[~is_past], X[~is_past]


def test_the_effects_of_categories_are_learned(fitted):
    model, y, X = fitted
    assert model.network_.encoder.categories.names == ("advert", "kind")
    errors = (model.predict(X=X[["advert"]]) - y).dropna().abs()
    assert errors["n"].mean() < 1.5  # 4 without covariates, .8 of the noise alone


def test_unknown_and_missing_categories_have_no_effect(fitted):
    """Both are forecast alike, and not as a known category."""
    model, _, X = fitted
    found = [model.predict(X=X[["advert"]].assign(advert=advert)) for advert in ("web", None, "tv")]
    pd.testing.assert_frame_equal(found[0], found[1])
    assert (found[2] - found[0]).abs().to_numpy().min() > 0.1


def test_the_columns_of_X_are_found_by_name(fitted):
    model, _, X = fitted
    expected = model.predict(X=X[["advert"]])
    for given in (X, X[["kind", "advert"]], X.astype("category")):
        pd.testing.assert_frame_equal(model.predict(X=given), expected)
    with pytest.raises(ValueError, match=r"column 'advert' of X holds numbers, .* were texts"):
        model.predict(X=X.assign(advert=1.0))


def test_a_copy_and_a_later_version_of_the_data_forecast_the_same(fitted):
    model, y, X = fitted
    again = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(again.predict(X=X), model.predict(X=X))
    assert again.update(y, X, update_params=False).cutoff == DAYS[-1:]


@pytest.mark.parametrize("given", ["from_dtype", ["advert", "kind"]])
def test_sktime_reads_X_once_where_it_calls_methods_of_the_forecaster(given):
    """Categories that are numbers would have codes of codes."""
    y, X = shops("numbers")
    X = X if given == "from_dtype" else X.astype(float)
    is_past = y.index.get_level_values("day") < DAYS[-10]
    model = GRUForecaster(
        **QUICK, epochs=3, static_covariates=["kind"], categorical_covariates=given
    )
    model.fit(y[is_past], X[is_past], fh=[1, 2, 3])
    new = y.index.get_level_values("day") == DAYS[-10]
    other = pickle.loads(pickle.dumps(model))
    other.update(y[new], X[new], update_params=False)
    expected = other.predict(X=X[~is_past])
    found = model.backtest(y, X, start=DAYS[-10])
    first = found.xs(DAYS[-10], level=1)
    np.testing.assert_allclose(first["n"], expected["n"], rtol=1e-5)
    single = model.update_predict_single(y[new], X=X[~is_past], fh=[1, 2, 3], update_params=False)
    np.testing.assert_allclose(single["n"], expected["n"], rtol=1e-5)


def test_what_is_selected():
    y, X = shops()
    y, X = y.loc["a"], X.loc["a"]
    numbers = X.assign(kind=1.0, advert=X["advert"].map(EFFECTS))
    model = GRUForecaster(**QUICK, epochs=1).fit(y, numbers, fh=[1])
    assert model.network_.encoder.categories.names == ()
    model = GRUForecaster(**QUICK, epochs=1, categorical_covariates=["advert"])
    assert model.fit(y, numbers, fh=[1]).network_.encoder.categories.names == ("advert",)
    with pytest.raises(TypeError, match="the column 'advert' of X holds"):
        GRUForecaster(**SMALL, categorical_covariates=None).fit(y, X, fh=[1])
    with pytest.raises(ValueError, match="names 'wind', and the features are"):
        GRUForecaster(**SMALL, categorical_covariates=["wind"]).fit(y, X, fh=[1])


def test_pretraining_keeps_the_categories():
    y, X = shops()
    model = GRUForecaster(**QUICK, epochs=2, static_covariates=["kind"]).pretrain(y, X)
    later = X.loc[["a"]].replace({"advert": {"tv": "web"}})
    model.fit(y.loc[["a"]], later, fh=[1])
    assert model.network_.encoder.categories.sizes == {"advert": 3, "kind": 2}
