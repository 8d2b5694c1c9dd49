"""Ensembles predict the mean of what single estimators of the same seeds predict."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from skrnn import (
    GRUClassifier,
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
    SequenceLabeler,
    SequenceRegressor,
    SequenceTranslator,
    TCNRegressor,
    networks,
)
from skrnn.numpy_runtime.ensemble import average_classes, average_labels, average_numbers
from tests.conftest import ESTIMATORS, make, targets

GRU = networks.GRU(units=3)
SMALL = {"network": GRU, "epochs": 2, "random_state": 5}
N = 3


def members(estimator, *data, **fit):
    """Return the single estimators that an ensemble of integer ``random_state`` stands for."""
    drawn = np.random.RandomState(estimator.random_state)
    further = [drawn.randint(2**31 - 1) for _ in range(estimator.n_networks)][1:]
    kind, params = type(estimator), estimator.get_params(deep=False)
    seeds = [estimator.random_state, *further]
    return [
        kind(**params | {"n_networks": 1, "random_state": seed}).fit(*data, **fit) for seed in seeds
    ]


def mean(models, method, *args):
    """Return the mean of the results of a method, which differ from one another."""
    results = [np.asarray(getattr(model, method)(*args), dtype=np.float64) for model in models]
    assert not np.allclose(results[0], results[1], rtol=1e-4)
    return np.mean(results, axis=0)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


WORDS = ["abba", "cab", "back", "bab"] * 3
REVERSED = [word[::-1] for word in WORDS]


@pytest.fixture(scope="module")
def generators():
    """Return an ensemble that generates letters, and its members."""
    model = SequenceGenerator(**SMALL, embedding_dim=2, n_networks=N).fit(WORDS)
    return model, members(model, WORDS)


@pytest.fixture(scope="module")
def translators():
    """Return an ensemble that reverses words, and its members."""
    model = SequenceTranslator(**SMALL | {"epochs": 30}, embedding_dim=3, n_networks=N)
    model.fit(WORDS, REVERSED)
    return model, members(model, WORDS, REVERSED)


# ------------------------------------------------------------------ averages of outputs


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_logits_of_classes_have_the_mean_of_the_probabilities(scale):
    outputs = scale * drawn(0, 4, 5, 3)
    found = softmax(average_classes(list(outputs)), axis=-1)
    np.testing.assert_allclose(found, softmax(outputs, axis=-1).mean(axis=0), atol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_logits_of_labels_have_the_mean_of_the_probabilities(scale):
    outputs = scale * drawn(0, 4, 5, 3)
    found = expit(average_labels(list(outputs)))
    np.testing.assert_allclose(found, expit(outputs).mean(axis=0), atol=1e-14)


@pytest.mark.parametrize("average", [average_classes, average_labels, average_numbers])
def test_averages_keep_single_precision_and_infinite_outputs_give_no_warning(average):
    outputs = list(drawn(0, 4, 5, 3).astype(np.float32))
    assert average(outputs).dtype == np.float32
    outputs[0][0, 0] = np.inf
    assert np.isfinite(average(outputs)[1:]).all()


# ------------------------------------------------------------------ sequences


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_ensemble_predicts_the_mean_of_its_members(cube, name):
    y = targets(name, cube)
    model = make(name, n_networks=N, random_state=5).fit(cube, y)
    method = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    expected = mean(members(model, cube, y), method, cube)
    close(getattr(model, method)(cube), expected)
    if method == "predict_proba":
        close(model.predict_log_proba(cube), np.log(expected))
        assert (model.predict(cube) == model.classes_[expected.argmax(axis=1)]).all()


@pytest.mark.parametrize("loss", ["mse", "huber"])
def test_several_targets_and_a_linear_skip_connection(cube, loss):
    X = np.concatenate([cube, drawn(1, 100, 7, 2)])
    model = TCNRegressor(filters=3, epochs=3, n_networks=N, random_state=1, loss=loss)
    model.set_params(linear_skip=True).fit(X, X[:, -1])
    close(model.predict(X), mean(members(model, X, X[:, -1]), "predict", X))


def test_weights_of_sequences_and_classes(cube):
    y, weights = targets("GRUClassifier", cube), np.arange(24) / 10 + 0.1
    model = GRUClassifier(units=3, epochs=3, n_networks=N, random_state=2, class_weight="balanced")
    model.fit(cube, y, weights)
    close(model.predict_proba(cube), mean(members(model, cube, y, weights), "predict_proba", cube))


def test_windows_of_carried_states(ragged):
    y = [x[:, 0] > 0 for x in ragged]
    model = SequenceLabeler(**SMALL, causal=True, bptt_length=4, batch_size=4, n_networks=N)
    model.fit(ragged, y)
    found = np.concatenate(model.predict_proba(ragged))
    close(
        found,
        np.mean(
            [np.concatenate(one.predict_proba(ragged)) for one in members(model, ragged, y)], axis=0
        ),
    )


# ------------------------------------------------------------------ steps


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "continuous"])
def test_labelers(cube, kind):
    y = {"multiclass": cube[..., 0] > 0, "multilabel": (cube > 0).astype(int), "continuous": cube}
    model = SequenceLabeler(**SMALL, target_type=kind, n_networks=N).fit(cube, y[kind])
    alone = members(model, cube, y[kind])
    if kind == "continuous":
        close(model.predict(cube), mean(alone, "predict", cube))
        return
    expected = mean(alone, "predict_proba", cube)
    close(model.predict_proba(cube), expected)
    most = expected.argmax(axis=-1) == 1 if kind == "multiclass" else expected > 0.5
    np.testing.assert_array_equal(model.predict(cube), most)


def test_events_follow_from_the_mean_probabilities_and_their_rule_is_tuned_on_them(ragged):
    y = [np.where(x[:, 0] > 0, "on", "off") for x in ragged]
    model = SequenceLabeler(**SMALL | {"epochs": 20}, n_networks=N, background="off")
    model.fit(ragged, y, X_val=ragged, y_val=y)
    events = model.events(ragged)
    assert len(events)
    probability = [part[:, 1] for part in model.predict_proba(ragged)]
    for row in events.itertuples():
        confidence = probability[row.sequence][row.start : row.end].mean()
        assert row.confidence == pytest.approx(confidence)
    best = model.event_rule_
    alone = members(model, ragged, y, X_val=ragged, y_val=y)
    assert any(one.event_rule_ != best for one in alone)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"memory": 4, "smoothing": 3},
        {"method": "reconstruction", "window_length": 3},
        {"missing": "mask"},
    ],
)
def test_detectors(cube, params):
    X = np.where(drawn(3, *cube.shape) > 1.5, np.nan, cube) if "missing" in params else cube
    model = SequenceAnomalyDetector(**SMALL, **params, n_networks=N).fit(X)
    alone = members(model, X)
    expected = mean(alone, "step_scores", X)
    close(model.step_scores(X), expected)
    flat = expected[expected > 0]
    lower, upper = np.percentile(flat, [25, 75])
    usual = 1.0 if "memory" in params else max(3.0, upper + 3 * (upper - lower))
    assert model.threshold_ == pytest.approx(usual, rel=0.02)
    squares = np.nanmean(np.where(expected > 0, expected, np.nan) ** 2, axis=1)
    close(model.score_samples(X), -np.sqrt(squares))


# ------------------------------------------------------------------ generators and translators


@pytest.mark.parametrize(
    "X",
    [
        WORDS,
        "to be or not to be " * 8,
        [(drawn(n, 5 + n, 3) > 0.3).astype(int) for n in range(8)],
    ],
    ids=["list", "text", "piano rolls"],
)
def test_generators_average_the_probabilities_of_the_next_step(X):
    model = SequenceGenerator(**SMALL, embedding_dim=2, n_networks=N).fit(X)
    alone = members(model, X)
    for found, *each in zip(
        model.predict_proba(X), *(one.predict_proba(X) for one in alone), strict=True
    ):
        assert not np.allclose(each[0], each[1], rtol=1e-4)
        close(found, np.mean(each, axis=0))


def test_the_likelihood_of_a_sequence_is_that_of_the_mean_probabilities(generators):
    model, alone = generators
    ids = [model.vocabulary_[token] for token in WORDS[0]]

    def of_the_rest(one):
        after = one.predict_proba(WORDS[:1])[0]
        return np.log(after[np.arange(len(ids)), [*ids[1:], after.shape[1] - 1]]).sum()

    def of_the_first(one):
        return np.exp(one.score_samples(WORDS[:1])[0] - of_the_rest(one))

    each = [of_the_first(one) for one in alone]
    assert of_the_first(model) == pytest.approx(np.mean(each), rel=1e-5)


def test_a_generator_draws_the_most_probable_step_on_average(generators):
    model, alone = generators
    drawn = model.generate(4, prompt="b", temperature=0)
    written = "b" + drawn
    tokens = list(model.vocabulary_)
    for place in range(1, len(written)):
        probabilities = np.mean(
            [one.predict_proba([written[:place]])[0][-1] for one in alone], axis=0
        )
        known = probabilities[: len(tokens)]
        assert tokens[known.argmax()] == written[place]


def stepwise(models, X, inputs):
    """Return the outputs of the decoders of models (n_models, n_sources, n_steps, n_outputs)."""
    decoders = [
        one.network_.spec.network.start_decoding(
            one.weights_, one.network_.encoder.encode(list(X)), 1
        )
        for one in models
    ]
    outputs = [[decoder(step[:, None]) for step in inputs] for decoder in decoders]
    return np.swapaxes(np.array(outputs, dtype=np.float64), 1, 2)


def test_a_translator_averages_values(cube):
    model = SequenceTranslator(**SMALL, n_networks=N).fit(cube, cube[:, :4])
    close(model.predict(cube), mean(members(model, cube, cube[:, :4]), "predict", cube))


@pytest.mark.filterwarnings("ignore:.*did not end within max_length_:UserWarning")
def test_a_translator_averages_the_probability_of_the_end(cube):
    y = [x[: 1 + n % 3] for n, x in enumerate(cube)]
    model = SequenceTranslator(**SMALL | {"epochs": 12}, n_networks=N).fit(cube, y)
    begins = [np.float32([step == 0] * 24) for step in range(model.max_length_)]
    outputs = stepwise(members(model, cube, y), cube, begins)
    ends = expit(outputs[..., -1]).mean(axis=0) > 0.5
    lengths = np.where(ends.any(axis=1), ends.argmax(axis=1) + 1, model.max_length_)
    predicted = model.predict(cube)
    assert len(set(lengths)) > 1
    np.testing.assert_array_equal([len(part) for part in predicted], lengths)
    values = model.network_.target.scaling.decode(outputs[..., :-1].mean(axis=0))
    for part, found, length in zip(predicted, values, lengths, strict=True):
        close(part, found[:length])


def test_a_translator_averages_the_probabilities_of_tokens(translators):
    model, alone = translators
    written = model.predict(WORDS)
    assert len(set(written)) > 1
    for source, text in zip(WORDS[:4], written[:4], strict=True):
        ids = [0, *(model.target_vocabulary_[token] for token in text)]
        outputs = stepwise(alone, [list(source)], np.float32(ids)[:, None])
        found = softmax(outputs, axis=-1).mean(axis=0)[0].argmax(axis=-1)
        np.testing.assert_array_equal(found, [*ids[1:], 0])


def test_a_wide_beam_finds_a_target_at_least_as_probable():
    X = ["abba", "cab", "back", "bab"] * 3
    y = [text[::-1] for text in X]
    model = SequenceTranslator(**SMALL | {"epochs": 12}, embedding_dim=3, n_networks=N).fit(X, y)
    alone = members(model, X, y)

    def likelihoods(texts):
        for source, text in zip(X[:4], texts, strict=True):
            ids = [0, *(model.target_vocabulary_[token] for token in text)]
            outputs = stepwise(alone, [list(source)], np.float32(ids)[:, None])
            probabilities = softmax(outputs, axis=-1).mean(axis=0)[0]
            yield np.log(probabilities[np.arange(len(ids)), [*ids[1:], 0]]).sum()

    greedy = list(likelihoods(model.predict(X[:4])))
    wide = list(likelihoods(model.set_params(beam_width=4).predict(X[:4])))
    assert (np.array(wide) >= np.array(greedy) - 1e-5).all()


def test_a_translator_averages_attention(translators):
    model, alone = translators
    given = WORDS[:2], REVERSED[:2]
    for row, found in enumerate(model.attention_weights(*given)):
        each = [one.attention_weights(*given)[row] for one in alone]
        assert not np.allclose(each[0], each[1], rtol=1e-4)
        close(found, np.mean(each, axis=0))


def test_any_network_of_a_function(cube, y):
    import keras

    def network(inputs, lengths):
        return keras.layers.Dense(4, activation="relu")(inputs[:, 0])

    model = SequenceRegressor(network=network, epochs=2, n_networks=N, random_state=0).fit(cube, y)
    close(model.predict(cube), mean(members(model, cube, y), "predict", cube))


def test_one_network_is_the_default(cube, y):
    one, same = GRURegressor(epochs=1, random_state=0), GRURegressor(epochs=1, random_state=0)
    same.set_params(n_networks=1)
    np.testing.assert_array_equal(one.fit(cube, y).predict(cube), same.fit(cube, y).predict(cube))
    assert len(one.networks_) == 1
    assert one.networks_[0].weights is one.weights_
