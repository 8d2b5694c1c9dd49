"""Translation: decoding equals references, forms of both sides, laws, errors."""

import functools
import itertools
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score

from skrnn import SequenceTranslator, networks
from skrnn.engine.compiled_model import lease
from skrnn.engine.step_losses import StepLoss, ending_loss
from skrnn.engine.training import predict
from skrnn.estimators.seq2seq.codecs import TokenCodec
from skrnn.estimators.seq2seq.number_codecs import NumberCodec
from skrnn.estimators.seq2seq.reading import infer_type, read_numbers
from skrnn.networks import layers
from skrnn.numpy_runtime.beam_search import beam_search

SMALL = {"network": networks.GRU(units=5), "embedding_dim": 3, "epochs": 1, "random_state": 0}
CUT_OFF = "ignore:.* predictions did not end:UserWarning"
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def texts(n=20, alphabet="abcd", seed=0, longest=8):
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, longest + 1, size=n)
    return ["".join(generator.choice(list(alphabet), size=length)) for length in lengths]


def numbers(n=20, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(length, 2)) for length in generator.integers(1, 9, size=n)]


SOURCES = {
    "characters": texts(),
    "values": numbers(),
    "vector": np.random.default_rng(0).normal(size=(20, 11)),
}
TARGETS = {
    "characters": texts(seed=1),
    "values": numbers(seed=1),
    "as many": np.random.default_rng(1).normal(size=(20, 4)),
}
PAIRS = [f"{a}{b}" for a in range(10) for b in range(10) if a != b]


def spelt(pair):
    return f"{WORDS[int(pair[0])]} {WORDS[int(pair[1])]}"


@pytest.fixture(scope="module")
def speller():
    """Return a translator of pairs of different digits that makes no mistake."""
    model = SequenceTranslator(
        target_type="words",
        network=networks.GRU(units=24),
        embedding_dim=12,
        epochs=30,
        batch_size=16,
        random_state=0,
    )
    return model.fit(PAIRS, [spelt(pair) for pair in PAIRS])


@pytest.fixture(scope="module")
def novice():
    """Return a translator that hardly learned anything, so that little is certain."""
    return fitted("characters", "characters")


def forced(model, X, y):
    """Return the Keras model's outputs for given targets, and what the decoder sees."""
    data = model._read(X, y, None, reset=False)
    inputs = model._examples(data, None)[0].inputs
    x, _ = inputs.batch(np.arange(len(data)), inputs.padded_steps(8))
    with lease(model.network_.spec) as compiled:
        compiled.load(model.weights_)
        outputs = predict(compiled, inputs)
    network = model.network_.spec.network
    sources = model.network_.encoder.encode(data.sources)
    return outputs, sources, x[:, : network.n_steps, : network.target.n_columns]


# ------------------------------------------------------------------ decoding


PARAMS = {
    ("characters", "values"): {"network": networks.LSTM(units=5, n_layers=2, dropout=0.1)},
    ("values", "characters"): {
        "network": networks.RNN(units=5),
        "bidirectional": False,
        "attention": False,
    },
    ("vector", "as many"): {"network": networks.GRU(units=5, dropout=0.1)},
    ("characters", "characters"): {"max_length": 3},
}


@functools.cache
def fitted(source, target):
    """Return a translator of one of these settings, hardly trained."""
    model = SequenceTranslator(input_type="vector" if source == "vector" else "auto", **SMALL)
    return model.set_params(**PARAMS[source, target]).fit(SOURCES[source], TARGETS[target])


@pytest.mark.parametrize(("source", "target"), PARAMS)
def test_the_numpy_decoder_gives_what_keras_does(source, target):
    model = fitted(source, target)
    outputs, sources, seen = forced(model, SOURCES[source], TARGETS[target])
    decoder = model.network_.spec.network.start_decoding(model.weights_, sources, 1)
    for step in range(seen.shape[1]):
        np.testing.assert_allclose(decoder(seen[:, step]), outputs[:, step], atol=1e-5)


def log_probabilities(model, source, targets):
    """Return how probable each of some whole targets is, by the outputs of Keras."""
    outputs, _, seen = forced(model, [source] * len(targets), targets)
    steps = log_softmax(outputs.astype(float), axis=-1)
    wanted = np.concatenate([seen[:, 1:, 0], np.zeros((len(seen), 1))], axis=1).astype(int)
    gains = np.take_along_axis(steps, wanted[:, :, None], axis=-1)[..., 0]
    return [gain[: len(target) + 1].sum() for gain, target in zip(gains, targets, strict=True)]


def test_a_wide_beam_finds_the_most_probable_of_all_targets(novice):
    every = ["".join(t) for n in range(4) for t in itertools.product("abcd", repeat=n)]
    wide = pickle.loads(pickle.dumps(novice)).set_params(beam_width=100)
    for source in ["a", "dcbabcd"]:
        best = every[np.argmax(log_probabilities(wide, source, every))]
        assert wide.predict([source]) == [best]


@pytest.mark.filterwarnings(CUT_OFF)
def test_a_beam_of_one_takes_the_most_probable_token_at_each_step(novice):
    sources = texts(10, seed=2)
    predicted = novice.predict(sources)
    outputs, _, _ = forced(novice, sources, predicted)
    for row, target in enumerate(predicted):
        codes = outputs[row].argmax(axis=-1)[: len(target) + 1].tolist()
        greedy = ["", *novice.target_vocabulary_]
        assert "".join(greedy[code] for code in codes[: len(target)]) == target
        assert len(target) == 3 or codes[-1] == 0


@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 6), row=st.integers(0, 89))
def test_a_wider_beam_is_as_good_as_the_greedy_choice_where_that_is_certain(speller, width, row):
    wide = pickle.loads(pickle.dumps(speller)).set_params(beam_width=width)
    assert wide.predict([PAIRS[row]]) == [spelt(PAIRS[row])]


@pytest.mark.filterwarnings(CUT_OFF)
@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.integers(0, 19), min_size=1, max_size=25), width=st.sampled_from([1, 3]))
def test_a_prediction_depends_on_no_other_source(novice, rows, width):
    model = pickle.loads(pickle.dumps(novice)).set_params(beam_width=width)
    together = model.predict(texts())
    assert model.predict([texts()[row] for row in rows]) == [together[row] for row in rows]


def test_what_does_not_end_is_cut_off_and_said(novice):
    outputs = np.zeros(5)
    outputs[1] = 5.0  # the first token, for ever
    weights = (*novice.weights_[:-2], np.zeros_like(novice.weights_[-2]), outputs)
    decoder = novice.network_.spec.network.start_decoding(weights, [np.ones((2, 1))] * 2, 2)
    for tokens, ended in beam_search(decoder, 2, 7):
        assert len(tokens) <= 7
        assert not ended or len(tokens) < 7
    model = pickle.loads(pickle.dumps(novice))
    model.weights_ = weights
    model.max_length_ = 5
    with pytest.warns(UserWarning, match="2 of 2 predictions did not end within max_length_=5"):
        assert [len(text) for text in model.predict(["a", "b"])] == [5, 5]


def test_losses_are_those_of_a_plain_sum():
    generator = np.random.default_rng(0)
    target = generator.integers(0, 3, size=(4, 5, 1)).astype("float32")
    weights = (np.arange(5) < np.array([[5], [1], [3], [2]])).astype("float32")
    output = generator.normal(size=(4, 5, 3)).astype("float32")
    codes = log_softmax(output.astype(float), axis=-1)
    each = -np.take_along_axis(codes, target.astype(int), axis=-1)[..., 0]
    padded = np.concatenate([target, weights[..., None]], axis=-1)
    loss = keras.ops.convert_to_numpy(
        StepLoss("sparse_crossentropy")(*map(keras.ops.convert_to_tensor, (padded, output)))
    )
    np.testing.assert_allclose(loss, np.average(each, axis=1, weights=weights), rtol=1e-5)

    values = generator.normal(size=(6, 3)).astype("float32")
    values[:, -1] = values[:, -1] > 0
    output = generator.normal(size=(6, 3)).astype("float32")
    probability = 1 / (1 + np.exp(-output[:, -1].astype(float)))
    end = np.where(values[:, -1] > 0, probability, 1 - probability)
    expected = np.mean((values - output)[:, :-1] ** 2, axis=1) - np.log(end)
    loss = keras.ops.convert_to_numpy(
        ending_loss(*map(keras.ops.convert_to_tensor, (values, output)))
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_rows_that_only_fill_up_a_batch_have_a_step():
    lengths = keras.ops.convert_to_numpy(layers.StepsAfter(8)(np.array([1, 9, 12])))
    np.testing.assert_array_equal(lengths, [1, 1, 4])


# ------------------------------------------------------------------ what is learned


def test_new_pairs_are_spelt_from_those_learned(speller):
    assert speller.predict(["11", "52"]) == ["one one", "five two"]
    assert speller.score(PAIRS, [spelt(pair) for pair in PAIRS]) == 1.0
    assert speller.score(["11", "52"], ["one one", "five"]) == 0.5
    assert speller.score(["11", "52"], ["one one", "five"], sample_weight=[3, 1]) == 0.75


def test_each_word_looks_at_its_digit(speller):
    looks = speller.attention_weights(["52", "9"], ["five two", "nine"])
    assert [part.shape for part in looks] == [(3, 2), (2, 1)]
    np.testing.assert_allclose(looks[0].sum(axis=1), 1, rtol=1e-5)
    for mine, yours in zip(speller.attention_weights(["52"]), looks[:1], strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-6)
    assert not hasattr(SequenceTranslator(attention=False), "attention_weights")


def test_numbers_are_rated_in_their_own_units():
    model, X, y = fitted("vector", "as many"), SOURCES["vector"], TARGETS["as many"]
    expected = r2_score(y.ravel(), model.predict(X).ravel())
    np.testing.assert_allclose(model.score(X, y), expected)


def test_numbers_end_where_they_have_to():
    lengths = np.tile([2, 3, 5], 20)
    y = [np.arange(length, dtype=float) for length in lengths]
    settings = {"network": networks.GRU(units=16), "epochs": 40, "random_state": 0}
    model = SequenceTranslator(input_type="vector", **settings)
    predicted = model.fit(lengths[:, None].astype(float), y).predict([[2.0], [3.0], [5.0]])
    assert [len(part) for part in predicted] == [2, 3, 5]
    assert model.score(lengths[:, None], y) > 0.9


# ------------------------------------------------------------------ forms


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["ab", "c"], "characters"),
        (np.array(["ab", "c"]), "characters"),
        (pd.Series(["ab", "c"]), "characters"),
        ([["a", "b"], ["c"]], "tokens"),
        ([(1, 2), (3,)], "tokens"),
        ([np.array([1, 2]), np.array([3])], "tokens"),
        ([[1, "a"], [None, (2, 3)]], "tokens"),
        (np.array([[1, 2], [3, 4]]), "tokens"),
        ([[0.5, 1], [2]], "values"),
        ([np.array([1.0, 2.0]), np.array([3.0])], "values"),
        ([np.array([[1, 2]])], "values"),
        (np.ones((2, 3)), "values"),
        (np.ones((2, 3, 1), dtype=int), "values"),
        (pd.DataFrame(np.ones((2, 3))), "values"),
    ],
)
def test_what_is_given_is_told_by_its_looks(values, kind):
    assert infer_type(values, "X", "auto") == kind


@pytest.mark.filterwarnings(CUT_OFF)
def test_predictions_come_in_the_form_of_the_targets(novice, speller):
    assert isinstance(novice.predict(["ab"])[0], str)
    (several,) = fitted("characters", "values").predict(["ab"])
    assert several.shape[1:] == (2,)
    assert fitted("vector", "as many").predict(np.ones((3, 11))).shape == (3, 4)
    assert speller.score(["52"], ["five  two"]) == 1.0  # words, whatever is between them
    tokens = [["a", 1], [(2, 3)], [], [None]]
    model = SequenceTranslator(input_type="tokens", **SMALL)
    predicted = model.fit([["one", 2], [2, 2, 2], [3.5], (4,)], tokens).predict([[2], [3.5, 4]])
    assert all(isinstance(part, list) for part in predicted)
    assert {token for part in predicted for token in part} <= {"a", 1, (2, 3), None}
    assert set(model.target_vocabulary_) == {"a", 1, (2, 3), None}


@pytest.mark.parametrize(
    ("y", "shape"),
    [
        (np.arange(6.0).reshape(2, 3), (2, 3)),
        (np.arange(6.0).reshape(1, 3, 2), (1, 3, 2)),
        ([[0.5, 1.5], [2.5]], None),
        ([np.ones((2, 2)), np.ones((1, 2))], None),
    ],
)
def test_numbers_are_written_as_they_were_given(y, shape):
    read, is_flat = read_numbers(y)
    language = NumberCodec.learn(read, np.ones(len(read)), "y", is_flat=is_flat)
    written = language.to_user_format([language.decode(rows) for rows in language.encode(read)])
    assert isinstance(written, list) == (shape is None)
    for mine, yours in zip(written, y, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-6, atol=1e-6)


def test_arrays_lists_and_columns_of_numbers_are_the_same_sources():
    X = np.random.default_rng(0).normal(size=(12, 5))
    for form in (X, X[:, :, None], list(X), [x[:, None] for x in X], X.tolist()):
        read = SequenceTranslator()._read_source(form, reset=True)
        np.testing.assert_array_equal(np.stack(read), X[:, :, None])


@pytest.mark.filterwarnings(CUT_OFF)
def test_new_tokens_are_an_error_or_unknown(novice):
    assert len(novice.predict(["xaé"])) == 1
    strict = SequenceTranslator(handle_unknown="error", max_length=3, **SMALL)
    strict.fit(texts(), texts(seed=1))
    message = r"X holds tokens that were not in the fit: \['x', 'é'\].*handle_unknown='token'"
    with pytest.raises(ValueError, match=message):
        strict.predict(["xaé"])


@pytest.mark.parametrize("handle_unknown", ["token", "error"])
def test_rare_tokens_of_the_fit_are_the_unknown_token(handle_unknown):
    codec = TokenCodec.learn("characters", ["ab", "abz"], "X", 2, handle_unknown)
    assert codec.vocabulary.numbers == {"a": 1, "b": 2}
    rare, known = (rows.ravel().tolist() for rows in codec.encode(["az", "ab"]))
    assert rare == [1, 0]
    assert known == [1, 2]
    if handle_unknown == "token":
        assert codec.encode(["a?"])[0].ravel().tolist() == rare
    else:
        with pytest.raises(ValueError, match=r"not in the fit: \['\?'\]"):
            codec.encode(["a?"])


# ------------------------------------------------------------------ laws


def test_seeds_clones_and_pickles(speller):
    first, second = (SequenceTranslator(**SMALL).fit(texts(), texts()) for _ in range(2))
    for mine, yours in zip(first.weights_, second.weights_, strict=True):
        np.testing.assert_array_equal(mine, yours)
    before = dict(vars(speller))
    again = pickle.loads(pickle.dumps(speller))
    assert again.predict(PAIRS) == speller.predict(PAIRS)
    assert vars(speller).keys() == before.keys()
    assert repr(clone(speller).get_params()) == repr(speller.get_params())
    assert "GRU(units=24)" in repr(speller)


def test_partial_fit_goes_on_with_the_tokens_of_the_first_call():
    X, y = texts(40), texts(40)
    model = SequenceTranslator(**SMALL | {"learning_rate": 0.03})
    for _ in range(8):
        model.partial_fit(X, y)
    assert model.n_iter_ == 8
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    model.partial_fit(["ab"], ["a" * 30])  # a longer target than before
    with pytest.raises(ValueError, match="y holds tokens that were not in the fit: \\['x'\\]"):
        model.partial_fit(["ab"], ["x"])
    with pytest.raises(ValueError, match="restore them"):
        model.set_params(network=networks.GRU(units=6)).partial_fit(X, y)
    assert model.n_iter_ == 9


def test_early_stopping_and_validation_data():
    held = SequenceTranslator(early_stopping=True, **SMALL).fit(texts(), texts())
    assert len(held.history_["val_loss"]) == 1
    given = SequenceTranslator(**SMALL)
    given.fit(texts(), texts(), X_val=texts(5), y_val=[text * 3 for text in texts(5)])
    assert len(given.history_["val_loss"]) == 1


def test_vocabularies_are_numbers_of_tokens_and_values_have_none():
    model = fitted("characters", "values")
    assert list(model.vocabulary_.values()) == list(range(1, 5))
    assert set(model.vocabulary_) == set("abcd")
    assert not hasattr(model, "target_vocabulary_")
    assert not hasattr(fitted("vector", "as many"), "vocabulary_")
    assert not hasattr(SequenceTranslator(), "vocabulary_")


def test_a_weight_of_zero_is_no_example():
    X, y, model = SOURCES["vector"], TARGETS["as many"], fitted("vector", "as many")
    weights = np.arange(20) < 12
    one = clone(model).fit(X, y, sample_weight=weights)
    other = clone(model).fit(X[:12], y[:12])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


@pytest.mark.filterwarnings(CUT_OFF)
def test_searches_and_cross_validation_score_by_exact_matches():
    model = SequenceTranslator(**SMALL)
    search = GridSearchCV(model, {"beam_width": [1, 2]}, cv=2).fit(texts(), texts())
    assert 0 <= search.best_score_ <= 1
    assert len(search.predict(texts(3))) == 3
    assert cross_val_score(model, texts(), texts(), cv=2).shape == (2,)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (texts(3), texts(4), "y has 4 targets, and X 3 sources"),
        (texts(3), [], "Found y with 0 sample"),
        ([], [], "Found X with 0 sample"),
        (texts(3), None, "requires y to be passed"),
        ("abc", ["a"], "X is a single text, 'abc'"),
        (["a", "", "b"], texts(3), "element 1 of X is '', which has nothing to read"),
        (["a", ["b"]], texts(2), "element 1 of X is .*while element 0 is 'a'"),
        ([["a"], "b"], texts(2), "element 1 of X is 'b'"),
        (texts(2), [1, 2], "element 0 of y is 1, which is no sequence"),
        (texts(2), np.array([1.0, 2.0]), "element 0 of y is .*, which is no sequence"),
        (texts(2), ["", ""], "y holds no token"),
        ([[{}], [{}]], texts(2), "have to be hashable"),
        (numbers(2), [[0.5], []], "target 1 of y has the shape"),
        (numbers(2), [np.ones((2, 1)), np.ones((2, 2))], "only their numbers of steps"),
        (numbers(2), [[0.5], [np.nan]], "Input y contains NaN"),
        (np.full((2, 3), np.nan), texts(2), "Input X contains NaN"),
        ([np.ones((2, 2)), np.ones((2, 3))], texts(2), r"\[2, 3\] features"),
    ],
)
def test_what_cannot_be_translated_is_refused(X, y, message):
    model = SequenceTranslator(**SMALL)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "weights_")
    assert not hasattr(model, "input_type_")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"input_type": "values"}, "X holds texts, which input_type='values' does not take"),
        ({"target_type": "tokens"}, "y holds texts, which target_type='tokens' does not take"),
        (
            {"network": "tcn"},
            "network='tcn'.*accepts 'rnn', 'lstm', 'gru'",
        ),
        ({"network": networks.GRU(units=0)}, "units=0"),
        ({"beam_width": 0}, "beam_width=0"),
        ({"min_count": 1000}, "no token of X occurs min_count=1000 times"),
    ],
)
def test_settings_that_do_not_fit_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        SequenceTranslator(**SMALL | params).fit(texts(), texts())


def test_predictions_of_something_else_are_refused(novice):
    with pytest.raises(ValueError, match="This SequenceTranslator instance is not fitted"):
        SequenceTranslator().predict(["a"])
    with pytest.raises(ValueError, match="X holds no texts"):
        novice.predict([["a"]])
    with pytest.raises(ValueError, match="beam_width=0"):
        pickle.loads(pickle.dumps(novice)).set_params(beam_width=0).predict(["a"])
    with pytest.raises(ValueError, match="beam_width=2 is for tokens"):
        SequenceTranslator(beam_width=2).fit(texts(), TARGETS["values"])
    with pytest.raises(ValueError, match="X has 2 features, but SequenceTranslator is expecting"):
        fitted("vector", "as many").predict(np.ones((4, 2)))
    with pytest.raises(ValueError, match="y has 1 numbers at each step, and had 2"):
        fitted("characters", "values").score(texts(), np.ones((20, 3)))
