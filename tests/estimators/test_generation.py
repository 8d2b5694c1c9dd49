"""Generators: probabilities against references, samples, streams, forms of X, errors."""

import itertools
import math
import pickle
from collections import Counter

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skrnn import SequenceGenerator, Stream, networks
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.generation.corpus import read_corpus

NAMES = ["anna", "bert", "carla", "dora", "emil"] * 6
TOKENS = [[60, 62, 64], [60, (62, "long")], [64, 60, 62, 60]] * 6
TEXT = "to be, or not to be: that is the question. " * 30
SMALL = {"epochs": 3, "batch_size": 8, "random_state": 0, "embedding_dim": 4}
SMALL |= {"network": networks.GRU(units=4)}


def rolls(n=8, n_keys=4, seed=0):
    generator = np.random.default_rng(seed)
    return [(generator.random((m, n_keys)) < 0.3).astype(int) for m in range(5, 5 + n)]


TCN = networks.TCN(filters=4, n_blocks=3)
MATERIALS = {"names": NAMES, "tokens": TOKENS, "text": TEXT, "piano_roll": rolls()}
network_ = {}


def fitted(material, **params):
    key = material, *params.items()
    if key not in network_:
        model = SequenceGenerator(**SMALL | params)
        network_[key] = model.fit(MATERIALS[material])
    return network_[key]


def chain(n, seed):
    """Return n letters of a Markov chain, and how many bits a letter of it takes."""
    transitions = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.45, 0.45, 0.1]])
    stationary = np.linalg.matrix_power(transitions, 200)[0]
    rate = -np.sum(stationary[:, None] * transitions * np.log2(transitions))
    generator = np.random.default_rng(seed)
    state, letters = 0, []
    for drawn in generator.random(n):
        state = int(np.searchsorted(np.cumsum(transitions[state]), drawn))
        letters.append("abc"[min(state, 2)])
    return "".join(letters), float(rate)


def letters_in_turn(text):
    """Return bits per letter under pairs counted in ``text`` itself: no model of them is better."""
    pairs, firsts = Counter(itertools.pairwise(text)), Counter(text[:-1])
    return -sum(n * math.log2(n / firsts[a]) for (a, _), n in pairs.items()) / (len(text) - 1)


# ------------------------------------------------------------------ what is learned


@pytest.fixture(scope="module")
def of_chain():
    text, _ = chain(6000, seed=0)
    model = SequenceGenerator(
        network=networks.GRU(units=8), epochs=20, chunk_length=20, embedding_dim=4, random_state=0
    )
    return model.fit(text)


def test_the_score_comes_near_the_entropy_of_a_chain_that_is_known(of_chain):
    fresh, rate = chain(4000, seed=1)
    counted = Counter(fresh)
    alone = -sum(n / 4000 * math.log2(n / 4000) for n in counted.values())
    assert letters_in_turn(fresh) <= -of_chain.score(fresh) + 1e-3
    assert -of_chain.score(fresh) < rate + 0.03 < alone - 0.3


def test_what_is_sampled_has_the_pairs_of_the_chain(of_chain):
    written = of_chain.generate(3000, random_state=0)
    pairs, firsts = Counter(itertools.pairwise(written)), Counter(written[:-1])
    assert pairs["a", "a"] / firsts["a"] == pytest.approx(0.8, abs=0.05)
    assert pairs["b", "c"] / firsts["b"] == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize("network", ["lstm", "tcn"])
def test_each_network_learns_what_a_count_of_pairs_cannot(network):
    text = "aabbccab" * 60
    model = SequenceGenerator(
        network=network, epochs=30, chunk_length=20, batch_size=4, random_state=0
    ).fit(text)
    assert model.bits_per_character(text) < 0.3 * letters_in_turn(text)
    assert model.generate(16, "aabbccab" * 3, temperature=0) == "aabbccab" * 2


@pytest.fixture(scope="module")
def of_names():
    return SequenceGenerator(epochs=40, batch_size=8, random_state=0).fit(NAMES)


def test_samples_begin_and_end_as_the_sequences_of_the_fit(of_names):
    written = of_names.generate(40, n_samples=50, random_state=0)
    assert np.mean([name in NAMES for name in written]) > 0.9
    assert set(NAMES) <= set(written)
    np.testing.assert_allclose(np.exp(of_names.score_samples(NAMES[:5])), 0.2, atol=0.08)


def test_words_are_the_text_again():
    text = "To be,\n\n or not  to be:\tthat's the question ...\n"
    assert "".join(read_corpus(text, "words").sequences[0]) == text
    model = SequenceGenerator(input_type="words", epochs=30, chunk_length=20, random_state=0).fit(
        TEXT
    )
    assert model.generate(4, "to be, or not to be:", temperature=0) == " that is the question"
    characters = model.score_samples(TEXT)[0] / math.log(2) / len(TEXT)
    assert model.bits_per_character(TEXT) == pytest.approx(-characters)


def test_a_roll_learns_which_keys_come_together():
    turn = np.tile([[1, 0, 0, 1], [0, 1, 1, 0]], (10, 1))
    model = SequenceGenerator(epochs=40, random_state=0).fit([turn, turn[1:]] * 8)
    np.testing.assert_array_equal(model.generate(6, turn[:9], temperature=0), turn[9:15])
    assert -model.score([turn]) < 0.3


# ------------------------------------------------------------------ probabilities and scores


@pytest.mark.parametrize(
    ("material", "network"),
    [("names", SMALL["network"]), ("text", SMALL["network"]), ("piano_roll", TCN)],
    ids=str,
)
def test_probabilities_are_those_of_the_keras_model(material, network):
    model = fitted(material, network=network)
    X = MATERIALS[material]
    first = X if isinstance(X, str) else X[0]
    first = first[:60]
    if material == "piano_roll":
        inputs = np.concatenate([np.eye(5)[-1:], np.pad(first, [(0, 0), (0, 1)])])
    else:
        edge = len(model.vocabulary_) + 1
        inputs = np.array([edge, *map(model.vocabulary_.get, first)])[:, None]
    padded = inputs[None].astype("float32"), np.array([len(inputs)])
    logits = keras.ops.convert_to_numpy(model.to_keras()(padded))[0]
    given = first if isinstance(X, str) else [first]
    found = model.predict_proba(given)[0]
    if material == "piano_roll":
        expected = 1 / (1 + np.exp(-logits[1:]))
        sign = np.where(first, 1, -1)
        likelihood = -np.log1p(np.exp(-sign * logits[:-1])).sum()
    else:
        expected = np.exp(log_softmax(logits, axis=1))[1:]
        following = inputs[1:, 0] if material == "text" else np.append(inputs[1:, 0], edge)
        logs = log_softmax(logits, axis=1)[: len(following)]
        likelihood = logs[np.arange(len(following)), following].sum()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(model.score_samples(given)[0], likelihood, rtol=1e-5)


def test_the_loss_of_numbers_is_that_of_columns():
    generator = np.random.default_rng(0)
    logits, numbers = generator.normal(size=(3, 7, 5)), generator.integers(0, 5, (3, 7))
    weights = generator.random((3, 7)) * (generator.random((3, 7)) < 0.8)
    logits, weights = logits.astype("float32"), weights.astype("float32")
    numbered = np.stack([numbers, weights], axis=-1).astype("float32")
    columns = np.concatenate([np.eye(5)[numbers], weights[..., None]], axis=-1).astype("float32")
    found, expected = (
        StepLoss(name)(*map(keras.ops.convert_to_tensor, (targets, logits)))
        for name, targets in (("sparse_crossentropy", numbered), ("crossentropy", columns))
    )
    found, expected = map(keras.ops.convert_to_numpy, (found, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("material", ["names", "tokens", "piano_roll"])
def test_scores_agree_with_one_another(material):
    model, X = fitted(material), MATERIALS[material]
    n_steps = sum(len(x) + (material != "piano_roll") for x in X)
    per_step = model.score_samples(X).sum() / n_steps
    if material == "piano_roll":
        assert model.score(X) == pytest.approx(per_step)
        assert not hasattr(model, "perplexity")
    else:
        assert model.score(X) == pytest.approx(per_step / math.log(2))
        assert model.perplexity(X) == pytest.approx(math.exp(-per_step))
    assert hasattr(model, "bits_per_character") == (material == "names")
    alone = [model.score_samples([x])[0] for x in X[:4]]
    np.testing.assert_allclose(model.score_samples(X)[:4], alone, rtol=1e-5)


def test_a_long_text_is_scored_with_all_that_came_before():
    model = fitted("text")
    found = model.predict_proba(TEXT[:900])[0]
    numbers = [model.vocabulary_[c] for c in TEXT[1:900]]
    first = model.score_samples(TEXT[:1])[0]
    expected = first + np.log(found[np.arange(899), numbers]).sum()
    assert model.score_samples(TEXT[:900])[0] == pytest.approx(expected, rel=1e-6)


def test_tokens_that_the_fit_did_not_know_count_as_one():
    model = fitted("names")
    assert model.predict_proba(["anna"])[0].shape == (4, len(model.vocabulary_) + 2)
    one, other = model.score_samples(["anxa", "anÿa"])
    assert one == other < model.score_samples(["anna"])[0]
    np.testing.assert_array_equal(*(model.predict_proba([x])[0] for x in ("anxa", "an?a")))


def test_rare_tokens_are_unknown_if_the_user_says_so():
    model = SequenceGenerator(min_count=3, **SMALL).fit([*NAMES, "zoz"])
    assert "z" not in model.vocabulary_
    assert "z" not in "".join(model.generate(30, n_samples=30, temperature=2, random_state=0))


# ------------------------------------------------------------------ samples


@pytest.mark.parametrize(("material", "kind"), [("names", str), ("tokens", list), ("text", str)])
def test_a_sample_is_of_the_kind_of_a_sequence(material, kind):
    model = fitted(material)
    assert isinstance(model.generate(5, random_state=0), kind)
    many = model.generate(5, n_samples=3, random_state=0)
    assert [type(part) for part in many] == [kind] * 3
    assert all(len(part) <= 5 for part in many)
    assert len(model.generate(0)) == 0


def test_a_sample_of_rolls_is_an_array():
    model = fitted("piano_roll")
    roll = model.generate(5, rolls()[0], random_state=0)
    assert roll.shape == (5, 4)
    assert np.isin(roll, (0, 1)).all()
    assert (model.generate(50, temperature=50, top_k=1, random_state=0).sum(axis=1) <= 1).all()


@pytest.mark.parametrize("material", MATERIALS)
def test_samples_are_drawn_with_a_seed_of_their_own(material):
    model = fitted(material)
    state = np.random.get_state()[1].copy()
    first, again, other = (model.generate(30, n_samples=2, random_state=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert repr(first) == repr(again) != repr(other)


def by_hand(model, prompt, n):
    """Return the most probable letters, one after the other, each from the whole so far."""
    text = prompt
    for _ in range(n):
        text += list(model.vocabulary_)[np.argmax(model.predict_proba(text)[0][-1][:-1])]
    return text[len(prompt) :]


@pytest.mark.parametrize("network", [SMALL["network"], TCN], ids=str)
@settings(max_examples=4, deadline=None)
@given(prompt=st.text("to be", min_size=1, max_size=9))
def test_temperature_0_and_one_candidate_are_greedy(network, prompt):
    model = fitted("text", network=network)
    expected = by_hand(model, prompt, 8)
    assert model.generate(8, prompt, temperature=0) == expected
    assert model.generate(8, prompt, top_k=1, random_state=0) == expected
    assert model.generate(8, prompt, temperature=1e-300, random_state=0) == expected


def test_tokens_are_drawn_with_their_probabilities():
    model = fitted("text")
    p = model.predict_proba("to b")[0][-1][:-1]
    for temperature, top_k in ((1.0, None), (0.5, None), (1.0, 3)):
        expected = np.where(p >= np.sort(p)[-(top_k or 1)] if top_k else True, p, 0)
        expected = expected ** (1 / temperature)
        expected /= expected.sum()
        drawn = model.generate(
            1, "to b", temperature=temperature, top_k=top_k, n_samples=4000, random_state=0
        )
        counts = Counter(drawn)
        found = np.array([counts[token] for token in model.vocabulary_]) / 4000
        assert np.abs(found - expected).max() < 0.035


# ------------------------------------------------------------------ streams


@pytest.mark.parametrize(
    ("material", "network"),
    [
        ("names", "rnn"),
        ("names", networks.LSTM(units=(5, 3), layer_norm=True)),
        ("names", "mingru"),
        ("names", "slstm"),
        ("names", TCN),
        ("piano_roll", SMALL["network"]),
    ],
    ids=str,
)
def test_a_stream_gives_what_is_predicted_for_the_whole(material, network):
    model, X = fitted(material, network=network), MATERIALS[material]
    stream = Stream(model)
    for x in X[:3]:
        found = [stream.step(token) for token in x]
        np.testing.assert_allclose(found, model.predict_proba([x])[0], atol=1e-6)
        stream.reset()


@pytest.mark.parametrize("network", [SMALL["network"], TCN], ids=str)
def test_some_streams_begin_anew(network):
    model = fitted("names", network=network)
    stream = Stream(model, 2)
    for pair in zip("annab", "bertd", strict=True):
        found = stream.step(pair)
    stream.reset([1])
    for pair in zip("er", "do", strict=True):
        found = stream.step(pair)
    expected = [model.predict_proba([name])[0][-1] for name in ("annaber", "do")]
    np.testing.assert_allclose(found, expected, atol=1e-6)


# ------------------------------------------------------------------ an estimator as others


def test_copies_pickles_and_seeds():
    model = fitted("names")
    again = clone(model).fit(NAMES)
    assert clone(model).get_params()["embedding_dim"] == 4
    for other in (again, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.score_samples(NAMES), model.score_samples(NAMES))
        assert other.generate(9, random_state=1) == model.generate(9, random_state=1)
    assert "embedding_dim=4" in repr(model)
    before = set(vars(model))
    model.predict_proba(NAMES)
    assert set(vars(model)) == before


def test_a_search_over_texts_takes_the_default_score():
    grid = {"network__dropout": [0.0], "learning_rate": [1e-5, 1e-2]}
    search = GridSearchCV(SequenceGenerator(**SMALL), grid, cv=2).fit(NAMES)
    assert search.best_params_["learning_rate"] == 1e-2
    assert isinstance(search.best_estimator_.generate(random_state=0), str)
    assert make_pipeline(search.best_estimator_).score(NAMES) < 0


def test_early_stopping_holds_out_sequences_or_the_last_part_of_a_text():
    for material in ("names", "text"):
        model = fitted(material, early_stopping=True, epochs=4, patience=1)
        assert len(model.history_["val_loss"]) == model.n_iter_
    model = SequenceGenerator(**SMALL).fit(NAMES, X_val=NAMES[:4])
    total = -model.score(NAMES[:4]) * math.log(2)
    assert model.history_["val_loss"][-1] == pytest.approx(total, rel=1e-5)


def test_partial_fit_goes_on_with_the_tokens_of_the_first_call():
    model = SequenceGenerator(**SMALL).partial_fit(NAMES)
    names, before = dict(model.vocabulary_), model.score(NAMES)
    for _ in range(6):
        model.partial_fit([*NAMES, "xyz"])
    assert model.vocabulary_ == names
    assert model.score(NAMES) > before
    assert len(model.history_["loss"]) == model.n_iter_ == 7
    with pytest.raises(ValueError, match="continues with the network"):
        model.set_params(network="lstm").partial_fit(NAMES)
    with pytest.raises(TypeError, match="no text"):
        model.set_params(network=SMALL["network"]).partial_fit(TOKENS)


def test_arrays_of_tokens_are_sequences():
    X = np.array([[1, 2, 3], [3, 2, 1]])
    model = SequenceGenerator(**SMALL).fit(X)
    assert model.input_type_ == "tokens"
    assert model.vocabulary_ == {1: 0, 2: 1, 3: 2}
    assert all(type(token) is int for token in model.generate(9, X[0, :1], random_state=0))


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("", ValueError, "empty text"),
        ([], ValueError, "no sequence"),
        (["ab", ""], ValueError, "sequence 1 of X is an empty text"),
        (["ab", 3], TypeError, "sequence 1 of X is 3, an int, and no text"),
        ([[1, 2], "ab"], TypeError, "sequence 1 of X is a text"),
        ([[1], []], ValueError, "sequence 1 of X is empty"),
        ([1, 2, 3], TypeError, r"one sequence as \[sequence\]"),
        ([[0.5, 1.5]], TypeError, "holds 0.5, a float"),
        ([[[1], [2]]], TypeError, r"holds \[1\], a list"),
        (7, TypeError, "X is an int"),
        ([np.full((3, 2), 2)], ValueError, "other values than 0 and 1"),
        ([np.ones((3, 2)), np.ones(3)], ValueError, r"sequence 1 of X has the shape \(3,\)"),
        (
            [np.ones((3, 2)), np.ones((3, 4))],
            ValueError,
            "X has a piano roll of 4 keys, and those of the fit have 2",
        ),
    ],
)
def test_what_is_no_material_is_refused_and_leaves_no_trace(X, error, message):
    model = SequenceGenerator(**SMALL)
    before = dict(vars(model))
    with pytest.raises(error, match=message):
        model.fit(X)
    assert vars(model) == before


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"input_type": "letters"}, "input_type='letters'"),
        ({"embedding_dim": 0}, "embedding_dim=0"),
        ({"min_count": 1000}, "no token of X occurs min_count=1000 times"),
        ({"network": "transformer"}, "network='transformer'"),
        ({"network": "dense"}, "network='dense'"),
        ({"network": networks.GRU(bidirectional=True)}, "unidirectional"),
        ({"network": networks.GRU(conv_filters=2, conv_strides=2)}, "conv_strides=2"),
    ],
)
def test_parameters_that_do_not_serve_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        SequenceGenerator(**SMALL | params).fit(NAMES)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_steps": -1}, ValueError, "n_steps=-1"),
        ({"n_steps": 2.5}, ValueError, "n_steps=2.5"),
        ({"temperature": -0.1}, ValueError, "temperature=-0.1"),
        ({"temperature": math.nan}, ValueError, "temperature=nan"),
        ({"top_k": 0}, ValueError, "top_k=0"),
        ({"n_samples": 0}, ValueError, "n_samples=0"),
        ({"prompt": 3}, TypeError, "prompt is 3"),
    ],
)
def test_arguments_of_generate_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        fitted("names").generate(**arguments)


def test_before_the_fit_there_is_nothing():
    for method in ("score", "score_samples", "predict_proba", "perplexity", "bits_per_character"):
        with pytest.raises(NotFittedError):
            getattr(SequenceGenerator(), method)(NAMES)
    with pytest.raises(NotFittedError):
        SequenceGenerator().generate()
    with pytest.raises(TypeError, match="takes no texts"):
        fitted("tokens").score("text")
    with pytest.raises(ValueError, match="it may be predict_proba"):
        Stream(fitted("names"), method="predict")
