"""Categorical features are read as learned vectors, and nowhere as numbers."""

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from skrnn import (
    GRUClassifier,
    GRURegressor,
    RNNClassifier,
    SequenceAnomalyDetector,
    SequenceClassifier,
    SequenceLabeler,
    SequenceTranslator,
    SlidingWindow,
    Stream,
    TCNClassifier,
    make_windows,
    networks,
)
from skrnn.networks.wrappers.centering import CenteredSteps
from skrnn.networks.wrappers.linear_skip import LinearSkip

QUICK = {"epochs": 3, "batch_size": 8, "learning_rate": 0.02, "random_state": 0}
CAUSAL = {"bidirectional": False, "conv_filters": None, "pooling": "mean"}
SKIES = ["clear", "rain", "snow"]


def frames(n=24, seed=0, skies=SKIES, lengths=(4, 10)):
    """Return sequences with a categorical feature among two numbers."""
    rng = np.random.default_rng(seed)
    return [
        pd.DataFrame(
            {
                "temperature": rng.normal(size=size),
                "sky": rng.choice(skies, size),
                "wind": rng.normal(5, 2, size=size),
            }
        )
        for size in rng.integers(*lengths, n)
    ]


def rainy(X):
    return np.array([(x["sky"] == "rain").mean() for x in X])


@pytest.fixture(scope="module")
def X():
    return frames()


@pytest.fixture(scope="module")
def y(X):
    return rainy(X) > 0.3


@pytest.fixture(scope="module")
def classifier(X, y):
    return GRUClassifier(units=3, **CAUSAL, **QUICK).fit(X, y)


def vectors(model):
    """Return the vectors of a fit with three categories, with those of code 0."""
    (table,) = [w for w in model.weights_ if w.shape[0] == 3 and w.ndim == 2 and w.shape[1] == 3]
    return table


def expanded(X, table, scaling):
    """Return scaled numbers and the vectors of the sky, by one-hot vectors times a matrix."""
    one_hot = OneHotEncoder(categories=[SKIES], handle_unknown="ignore", sparse_output=False)
    numbers = [
        (x[["temperature", "wind"]] - scaling.center[[0, 2]]) / scaling.scale[[0, 2]] for x in X
    ]
    return [
        np.column_stack([own, one_hot.fit_transform(x[["sky"]]) @ table])
        for own, x in zip(numbers, X, strict=True)
    ]


@pytest.mark.parametrize("kind", [RNNClassifier, TCNClassifier])
def test_the_network_reads_vectors_as_if_they_were_features_of_numbers(kind, X, y):
    """As if X had one-hot vectors times the matrix, and differences of the numbers alone."""
    own = CAUSAL if kind is RNNClassifier else {"filters": 4, "n_blocks": 2}
    model = kind(**own, **QUICK, add_differences=False).fit(X, y)
    table = vectors(model)
    assert np.abs(table).max() > 0.01
    given = expanded(X, table, model.input_scaling_)
    other = kind(**own, **QUICK, add_differences=False, scale_input=False).fit(given, y)
    other.weights_ = [weight for weight in model.weights_ if weight is not table]
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(given), atol=1e-5)


def test_scaling_centering_and_differences_leave_codes_alone():
    rng = np.random.default_rng(0)
    wave = 9 * np.sin(np.arange(12))
    X = np.stack([wave + 0.1 * rng.normal(size=(40, 12)), np.tile(np.arange(12) % 3, (40, 1))], 2)
    X[0, :, 1] = 2  # so that the codes deviate from those of other sequences, and a little only
    model = TCNClassifier(filters=4, n_blocks=2, **QUICK, categorical_features=[1])
    model.fit(X, X[:, 3, 0] > wave[3])
    centered = model.network_.spec.network
    assert isinstance(centered, CenteredSteps)
    mean, scale = model.weights_[:2]
    assert np.abs(mean[:, 0]).max() > 0.5
    np.testing.assert_array_equal(mean[:, 1], 0)
    assert scale[1] == 1
    assert model.input_scaling_.center[1] == 0
    assert model.input_scaling_.scale[1] == 1
    differences = [weight for weight in model.weights_ if weight.shape == (1,)]
    assert any(0.5 < float(weight[0]) < 2 for weight in differences)  # of the wave alone


def one_length(n=200):
    X = frames(n, lengths=(6, 7), seed=1)
    effects = {"clear": 2.0, "rain": -1.0, "snow": 0.5}
    y = np.array([x["sky"].map(effects)[2] + x["temperature"][5] for x in X])
    return X, y


def test_the_linear_skip_connection_reads_one_hot_vectors():
    """Its weights are those of ridge regression in scikit-learn."""
    X, y = one_length()
    still = {"epochs": 1, "learning_rate": 1e-30, "random_state": 0}
    model = GRURegressor(**still).fit(X, y)
    assert isinstance(model.network_.spec.network, LinearSkip)
    flat = np.stack([np.ravel(x) for x in expanded(X, np.eye(3), model.input_scaling_)])
    ridge = Ridge(10.0).fit(flat, (y - y.mean()) / y.std())
    *_, coefficients, intercept = model.weights_
    assert coefficients.shape == (6, 5, 1)
    np.testing.assert_allclose(np.ravel(coefficients), ridge.coef_, atol=1e-5)
    np.testing.assert_allclose(intercept, ridge.intercept_, atol=1e-5)


def test_the_linear_skip_connection_leaves_out_features_of_too_many_categories():
    X, y = one_length(60)
    model = GRURegressor(**QUICK).fit(X, y)
    network = model.network_.spec.network
    assert isinstance(network, LinearSkip)
    assert network.categories == ((1, 0),)
    assert model.weights_[-2].shape == (6, 2, 1)
    predicted = model.predict(X)
    stream = Stream(model)
    for step in X[0].to_dict("records"):
        latest = stream.step(step)
    assert latest == pytest.approx(predicted[0], abs=1e-4)
    only = [x[["sky"]] for x in X]
    assert not isinstance(GRURegressor(**QUICK).fit(only, y).network_.spec.network, LinearSkip)
    with pytest.raises(ValueError, match="linear_skip=True needs measurements"):
        GRURegressor(**QUICK, linear_skip=True).fit(only, y)


@pytest.mark.parametrize("task", ["regressor", "classifier", "labeler"])
def test_what_depends_on_categories_is_learned(task):
    how = {"skies": list("abcdefgh"), "lengths": (3, 9)}
    X, later = frames(80, **how), frames(80, seed=1, **how)

    def target(X):
        odd = [x["sky"].isin(list("aceg")).to_numpy() for x in X]
        if task == "labeler":
            return [np.where(one, "odd", "even") for one in odd]
        if task == "classifier":
            return [bool(one[-1]) for one in odd]
        return [one.mean() for one in odd]

    kind = {"regressor": GRURegressor, "classifier": GRUClassifier, "labeler": SequenceLabeler}
    settings = {
        "regressor": CAUSAL,
        "classifier": CAUSAL | {"pooling": "last"},
        "labeler": {"network": networks.GRU(units=4)},
    }
    model = kind[task](random_state=0, **settings[task]).fit(X, target(X))
    assert model.score(later, target(later)) > 0.95
    assert model.categories_["sky"].tolist() == list("abcdefgh")


@settings(max_examples=4, deadline=None)
@given(names=st.permutations(["1", "noon", "Ünal"]))
def test_the_names_of_categories_do_not_matter(names, classifier, X, y):
    """Nor does their order, with which the names change."""
    renamed = [x.assign(sky=x["sky"].map(dict(zip(SKIES, names, strict=True)))) for x in X]
    other = clone(classifier).fit(renamed, y)
    np.testing.assert_allclose(other.predict_proba(renamed), classifier.predict_proba(X), atol=1e-5)


def test_an_unknown_category_is_a_vector_of_zeros(classifier, X, y):
    other = clone(classifier).fit(X, y)
    index = next(i for i, w in enumerate(other.weights_) if w is vectors(other))
    weights = list(other.weights_)
    weights[index] = np.zeros_like(weights[index])
    other.weights_ = weights
    strange = [x.assign(sky="fog") for x in X]
    np.testing.assert_allclose(classifier.predict_proba(strange), other.predict_proba(X), atol=1e-6)


def test_a_category_that_is_not_trained_on_has_a_vector_of_zeros(X, y):
    """As an unknown one: one of sequences of weight zero, or of the dtype alone."""
    dtype = pd.CategoricalDtype([*SKIES, "fog", "hail"])
    given = [x.astype({"sky": dtype}) for x in [*X, X[0].assign(sky="hail")]]
    weights = np.append(np.ones(len(X)), 0.0)
    model = RNNClassifier(**QUICK, **CAUSAL).fit(given, [*y, True], sample_weight=weights)
    (table,) = [w for w in model.weights_ if w.shape == (5, 4)]
    np.testing.assert_array_equal(table.any(axis=1), [True, False, False, True, True])
    predicted = [
        model.predict_proba([x.assign(sky=sky) for x in X])
        for sky in ("fog", "hail", "never heard of")
    ]
    np.testing.assert_array_equal(predicted[0], predicted[1])
    np.testing.assert_array_equal(predicted[0], predicted[2])


def test_missing_categories(X, y):
    """They are refused as other values, or marked as missing."""
    gaps = [x.copy() for x in X]
    gaps[3].loc[1, "sky"] = None
    gaps[3].loc[2] = [np.nan, None, np.nan]
    with pytest.raises(ValueError, match="Input X contains NaN: sequence 3 has it first"):
        RNNClassifier(**QUICK, **CAUSAL).fit(gaps, y)
    model = RNNClassifier(**QUICK, **CAUSAL, missing="mask").fit(gaps, y)
    assert model.categories_["sky"].tolist() == SKIES
    strange = [x.fillna({"sky": "fog"}) for x in gaps]
    together, unknown = model.predict_proba(gaps), model.predict_proba(strange)
    differ = np.abs(together - unknown).max(axis=1) > 1e-7
    np.testing.assert_array_equal(differ, np.arange(len(X)) == 3)
    alone = np.concatenate([model.predict_proba([x]) for x in gaps])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    stream = Stream(model, method="predict_proba")
    for step in gaps[3].to_dict("records"):
        latest = stream.step(step)
    np.testing.assert_allclose(latest, together[3], atol=1e-6)


@pytest.mark.parametrize("network", [networks.GRU(units=3), networks.Conv(filters=4)])
def test_the_neighbors_of_a_sequence_and_its_padding_do_not_matter(network, X, y):
    model = SequenceClassifier(network=network, **QUICK).fit(X, y)
    together = model.predict_proba(X)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    panel = pd.concat(dict(enumerate(X)))
    np.testing.assert_array_equal(model.predict_proba(panel), together)


def test_a_network_of_one_length_reads_categories():
    X, y = one_length(40)
    model = SequenceClassifier(network=networks.Dense(units=4), **QUICK, add_differences=True)
    assert np.isfinite(model.fit(X, y > 0).predict_proba(X)).all()


def test_training_that_continues_keeps_the_categories(X, y):
    model = RNNClassifier(**QUICK, **CAUSAL).partial_fit(X, y)
    before = vectors(model)
    strange = [x.assign(sky=x["sky"].replace("rain", "fog")) for x in X]
    model.partial_fit(strange, y)
    assert model.categories_["sky"].tolist() == SKIES
    after = vectors(model)
    np.testing.assert_array_equal((before != after).any(axis=1), [True, True, True])
    model.set_params(categorical_features=None, warm_start=True)
    with pytest.raises(ValueError, match="had categorical_features='from_dtype', and "):
        model.fit(X, y)
    by_name = RNNClassifier(**QUICK, **CAUSAL, categorical_features=np.array(["sky"]))
    by_name.partial_fit(X, y).partial_fit(X, y)
    with pytest.raises(ValueError, match="had categorical_features="):
        by_name.set_params(categorical_features=["wind"]).partial_fit(X, y)
    assert np.isfinite(by_name.set_params(categorical_features=("sky",)).predict_proba(X)).all()


@pytest.mark.parametrize("n_streams", [None, 3])
def test_streams_equal_predictions(n_streams, classifier, X):
    expected = classifier.predict_proba(X)
    stream = Stream(classifier, n_streams, method="predict_proba")
    X = [x.assign(sky=x["sky"].replace("snow", "fog")) for x in X]
    expected = classifier.predict_proba([x[:4] for x in X])
    for named in (True, False):
        stream.reset()
        for t in range(4):
            rows = pd.DataFrame([x.iloc[t] for x in X[:3]])
            if n_streams:
                latest = stream.step(rows if named else rows.to_numpy())
            else:
                latest = stream.step(rows.iloc[0] if named else rows.iloc[0].tolist())
        np.testing.assert_allclose(
            latest, expected[: n_streams or 1][0 if not n_streams else slice(None)], atol=1e-6
        )
    with pytest.raises(ValueError, match=r"of the step holds numbers, .* were texts"):
        stream.step([1.0, 2.0, 3.0] if n_streams is None else [[1.0, 2.0, 3.0]] * 3)


def test_an_exported_model_takes_codes(classifier, X):
    codes = {sky: code for code, sky in enumerate(classifier.categories_["sky"], 1)}
    x = X[0].assign(sky=X[0]["sky"].map(codes)).to_numpy(np.float32)[None]
    lengths = np.array([x.shape[1]], dtype=np.int32)
    found = classifier.to_keras(scaled=False)([x, lengths])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found), classifier.predict_proba(X[:1]), atol=1e-5
    )


def test_windows_of_a_pipeline_by_names_of_encoded_columns():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024", periods=300, freq="D")
    rows = pd.DataFrame({"flow": rng.normal(size=300), "sky": rng.choice(SKIES, 300)}, days)
    target = rows["sky"].map({"clear": 3.0, "rain": 1.0, "snow": 2.0}) + 0.1 * rows["flow"]
    encoder = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["sky"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    model = make_pipeline(
        encoder,
        SlidingWindow(4),
        GRURegressor(categorical_features=["sky"], **QUICK | {"epochs": 20}),
    )
    model.fit(rows[:200], target[:200])
    assert model[-1].categories_["sky"].tolist() == [0, 1, 2]
    assert model.score(rows[200:], target[200:]) > 0.95
    later = rows[200:].assign(sky=np.where(np.arange(100) % 5, rows["sky"][200:], "fog"))
    expected = model.predict(later)
    stream = Stream(model)
    steps = zip(later.to_dict("records"), days[200:], strict=True)
    found = [stream.step(row, time) for row, time in steps]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_windows_of_arrays_by_position():
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=300), rng.integers(0, 3, 300)])
    windows, y = make_windows(
        rows, np.array([5.0, 1.0, 3.0])[rows[:, 1].astype(int)], window_length=4, delay=1
    )
    model = GRURegressor(**QUICK, categorical_features=[1]).fit(windows, y)
    dense = GRURegressor(**QUICK, categorical_features=[1]).fit(np.asarray(windows), y)
    np.testing.assert_allclose(
        model.predict(windows), dense.predict(np.asarray(windows)), atol=1e-3
    )


def test_categories_do_not_go_with_tokens():
    tokens = np.arange(24).reshape(8, 3) % 5
    with pytest.raises(ValueError, match="was given with embedding_dim"):
        GRUClassifier(embedding_dim=3, categorical_features=[0], **QUICK).fit(tokens, [0, 1] * 4)
    model = GRUClassifier(embedding_dim=3, units=2, **QUICK).fit(tokens, [0, 1] * 4)
    assert model.categories_ == {}


@pytest.mark.parametrize("given", ["weather", [1.5], [-1], ["sky", 1], [True, 1], {"sky": 1}])
def test_another_selection_is_refused_as_a_value(given, X, y):
    with pytest.raises(ValueError, match="accepts 'from_dtype' or a list of names, positions"):
        GRUClassifier(categorical_features=given).fit(X, y)


@pytest.mark.parametrize("is_panel", [True, False])
@pytest.mark.parametrize("categories", [SKIES, [1, 2, 3]])
@pytest.mark.parametrize(
    "model", [SequenceAnomalyDetector(), SequenceTranslator(input_type="values")]
)
def test_estimators_without_categorical_features_refuse_them(model, categories, is_panel):
    dtype = pd.CategoricalDtype(categories)
    X = [part.astype({"sky": dtype}) for part in frames(skies=categories)]
    given = pd.concat(dict(enumerate(X)), names=["day", "hour"]) if is_panel else X
    model = clone(model)
    with pytest.raises(ValueError, match="column 'sky' of X has a categorical dtype, and Sequence"):
        model.fit(given, ["ab"] * len(X))
    assert not hasattr(model, "network_")
    with pytest.raises(ValueError, match=r"'sky' .*holds texts"):
        clone(model).fit(frames(), ["ab"] * len(X))


def test_a_detector_scores_one_hot_columns_like_other_features():
    rng = np.random.default_rng(0)
    X = np.zeros((30, 20, 2))
    X[..., 0] = rng.normal(size=(30, 20))
    odd = X[:1].copy()
    odd[0, 10, 1] = 1.0  # a category that the fit never had
    model = SequenceAnomalyDetector(epochs=3, random_state=0).fit(X)
    assert model.step_scores(odd)[0].argmax() == 10
