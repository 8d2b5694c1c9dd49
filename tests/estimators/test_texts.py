"""Texts as token ids: padding, unknown tokens, every task and network, errors."""

import importlib.util
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import skrnn
from skrnn import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    SequenceClassifier,
    SequenceLabeler,
    Stream,
    TokenSequences,
    networks,
)
from skrnn.sequences import Sequences
from tests.test_pickling import run_on

SMALL = {"embedding_dim": 3, "epochs": 2, "random_state": 0}
TINY = {
    "rnn": networks.RNN(units=4),
    "gru": networks.GRU(units=4, conv_filters=3, pooling="attention", dropout=0.2),
    "lstm": networks.LSTM(units=4, bidirectional=True),
    "mingru": networks.MinGRU(units=4, pooling="max", dropout=0.2),
    "slstm": networks.SLSTM(units=4),
    "tcn": networks.TCN(filters=4, n_blocks=2),
    "conv": networks.Conv(filters=(4,), kernel_size=3),
    "lite": networks.LITE(filters=4, kernel_size=4, dropout=0.2),
    "inception": networks.Inception(filters=4, kernel_size=4, n_blocks=1),
    "transformer": networks.Transformer(width=4, n_heads=1, n_layers=1, feedforward=4),
}
N_TOKENS = 9
network_ = {}


def some_texts(n=24, seed=0):
    """Return arrays of 1 to 8 tokens, none of which is padding."""
    rng = np.random.default_rng(seed)
    return [rng.integers(1, N_TOKENS, size=length) for length in rng.integers(1, 9, size=n)]


def padded(texts, n_steps=8):
    """Return texts as rows of one length, zeros at their ends."""
    rows = np.zeros((len(texts), n_steps), dtype=int)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text
    return rows


def moods(texts):
    """Return a label for each text that depends on one of its tokens."""
    return np.where([np.any(text == 2) for text in texts], "good", "bad")


def fitted(name):
    """Return a classifier of texts with a network of this name, fitted once."""
    if name not in network_:
        X = some_texts()
        network_[name] = SequenceClassifier(network=TINY[name], **SMALL).fit(X, moods(X))
    return network_[name]


# ------------------------------------------------------------------ what is computed


@pytest.mark.parametrize(
    ("kind", "layer"), [("lstm", keras.layers.LSTM), ("gru", keras.layers.GRU)]
)
def test_the_network_is_an_embedding_and_a_layer_on_the_tokens_alone(kind, layer):
    X = some_texts()
    network = {"lstm": networks.LSTM, "gru": networks.GRU}[kind](units=4)
    model = SequenceClassifier(network=network, **SMALL).fit(padded(X), moods(X))
    vectors, kernel, recurrent, bias, weights, offset = model.weights_
    assert vectors.shape == (max(map(max, X)) + 1, 3)
    reference = keras.Sequential([keras.layers.Embedding(*vectors.shape), layer(4)])
    reference.build((None, None))
    reference.set_weights([vectors, kernel, recurrent, bias])
    rows = [row for row, text in enumerate(X) if len(text) == 5]
    features = keras.ops.convert_to_numpy(reference(np.stack([X[row] for row in rows])))
    expected = softmax(features @ weights + offset, axis=1)
    found = model.predict_proba(padded(X))[rows]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_only_vectors_of_tokens_that_occur_are_learned():
    X = [np.where(text == 5, 6, text) for text in some_texts()]
    y = moods(X)
    plain = {"optimizer": "sgd", "global_clipnorm": None, "batch_size": None}
    slow, quick = (
        GRUClassifier(units=4, learning_rate=rate, **SMALL | plain).fit(padded(X), y).weights_[0]
        for rate in (0.1, 0.5)
    )
    np.testing.assert_array_equal(slow[[0, 5]], quick[[0, 5]])
    assert (slow != quick).any(axis=1)[[1, 2, 3, 4, 6, 7, 8]].all()


@pytest.mark.parametrize("name", TINY)
@settings(max_examples=6, deadline=None)
@given(rows=st.lists(st.integers(0, 23), min_size=1, max_size=20), n_steps=st.integers(8, 16))
def test_padding_never_changes_a_prediction(name, rows, n_steps):
    X = some_texts()
    model = fitted(name)
    expected = model.predict_proba(X)[rows]
    some = [X[row] for row in rows]
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(model.predict_proba(some), expected, **close)
    cube = padded(some, n_steps)[..., None]
    np.testing.assert_allclose(model.predict_proba(cube), expected, **close)


@pytest.mark.parametrize("stride", [1, 2])
@given(tokens=st.lists(st.integers(0, 2), min_size=8, max_size=24))
def test_padding_is_the_zeros_at_the_end(stride, tokens):
    steps = np.array(tokens, dtype=float)[:, None]
    starts, lengths = np.array([0, 1, 2]), np.array([3, 2, 1])
    found = Sequences(steps, starts, lengths, stride=stride).without_padding()
    values, real = found.gather(np.arange(3), 3)
    for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        text = tokens[start : start + length * stride : stride]
        while len(text) > 1 and text[-1] == 0:
            text.pop()
        np.testing.assert_array_equal(values[row, real[row], 0], text)


def test_dropout_comes_between_the_vectors_and_the_network():
    kinds = [type(layer).__name__ for layer in fitted("gru").to_keras().layers]
    assert kinds.index("Embedding") < kinds.index("Dropout") < kinds.index("GRU")


# ------------------------------------------------------------------ forms of X


def test_every_form_of_the_same_texts_is_the_same():
    texts = some_texts()
    y = moods(texts)
    expected = GRUClassifier(units=4, **SMALL).fit(texts, y).predict_proba(texts)
    long = pd.DataFrame({"token": np.concatenate(texts)})
    long.index = pd.MultiIndex.from_tuples(
        [(row, step) for row, text in enumerate(texts) for step in range(len(text))]
    )
    objects = np.empty(len(texts), dtype=object)
    objects[:] = [text.tolist() for text in texts]
    forms = [
        padded(texts),
        padded(texts)[..., None],
        padded(texts).astype(float),
        pd.DataFrame(padded(texts)),
        padded(texts).tolist(),
        [text.tolist() for text in texts],
        [text[:, None] for text in texts],
        [pd.Series(text) for text in texts],
        objects,
        long,
    ]
    for X in forms:
        model = GRUClassifier(units=4, **SMALL).fit(X, y)
        np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-5, atol=1e-6)


def test_a_token_that_the_fit_did_not_see_is_the_unknown_one():
    model = fitted("gru")
    unknown, one = model.predict_proba([np.array([3, 99, 4]), np.array([3, 1, 4])])
    np.testing.assert_array_equal(unknown, one)
    ones = GRUClassifier(units=4, **SMALL).fit(np.zeros((4, 2)), list("abab"))
    assert ones.weights_[0].shape == (2, 3)  # the unknown token has a vector in any case


def test_an_empty_text_is_a_step_of_padding():
    model = fitted("lstm")
    empty, zeros = model.predict_proba([np.array([]), np.zeros(4)])
    assert np.isfinite(empty).all()
    np.testing.assert_array_equal(empty, zeros)


def test_a_missing_token_is_an_unknown_one_if_nothing_is_refused():
    X = padded(some_texts()).astype(float)
    X[3, 0] = np.nan
    y = moods(some_texts())
    with pytest.raises(ValueError, match="contains NaN"):
        GRUClassifier(**SMALL).fit(X, y)
    masked = GRUClassifier(units=4, missing="mask", **SMALL).fit(X, y)
    known = np.nan_to_num(X, nan=1.0)
    np.testing.assert_array_equal(masked.predict_proba(X), masked.predict_proba(known))


def test_windows_of_a_series_of_tokens():
    tokens = np.random.default_rng(0).integers(1, N_TOKENS, size=60).astype(float)
    windows, following = skrnn.make_windows(tokens, window_length=5)
    model = GRUClassifier(units=4, **SMALL).fit(windows, following > 4)
    expected = model.predict_proba(np.asarray(windows))
    np.testing.assert_allclose(model.predict_proba(windows), expected, rtol=1e-5)


# ------------------------------------------------------------------ networks of one length


def flattened(inputs):
    return keras.layers.Dense(4)(keras.layers.Flatten()(inputs))


def averaged(inputs, lengths):
    del lengths
    return keras.layers.GlobalAveragePooling1D()(inputs)


@pytest.mark.parametrize("network", ["dense", flattened])
def test_a_network_of_one_length_keeps_the_padding(network):
    X = some_texts()
    cube = padded(X)[..., None]
    model = SequenceClassifier(network=network, **SMALL).fit(cube, moods(X))
    assert model.predict_proba(cube).shape == (24, 2)
    with pytest.raises(ValueError, match="10 steps"):
        model.predict(padded(X, 10)[..., None])
    with pytest.raises(ValueError, match="ignores lengths"):
        clone(model).fit(X, moods(X))


def test_a_function_gets_vectors_that_are_zero_at_the_padding():
    X = some_texts()
    model = SequenceClassifier(network=averaged, **SMALL).fit(X, moods(X))
    vectors, weights, offset = model.weights_
    expected = softmax(vectors[X[0]].sum(axis=0) / 8 @ weights + offset)
    np.testing.assert_allclose(model.predict_proba(X)[0], expected, rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------ tasks and workflows


def test_texts_are_learned_in_a_pipeline_and_a_search():
    rng = np.random.default_rng(0)
    words = ["good", "bad", "film", "plot", "actor"]
    texts = [" ".join(rng.choice(words, rng.integers(1, 8))) for _ in range(60)]
    y = np.array(["pos" if t.split().count("good") else "neg" for t in texts])
    plain = {"units": 8, "bidirectional": False, "conv_filters": None, "random_state": 0}
    model = make_pipeline(TokenSequences(), LSTMClassifier(**plain))
    grid = {"lstmclassifier__embedding_dim": [2, 8], "lstmclassifier__learning_rate": [0.03]}
    grid["lstmclassifier__epochs"] = [30]
    search = GridSearchCV(model, grid, cv=2).fit(texts, y)
    assert search.score(texts, y) > 0.95
    assert search.predict(["good film", "an unseen word", ""]).shape == (3,)


def test_numbers_are_predicted_from_texts():
    X = some_texts(64)
    y = np.array([100.0 * np.mean(text == 2) for text in X])
    model = GRURegressor(pooling="mean", embedding_dim=4, epochs=60, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9


def test_weights_validation_and_early_stopping():
    X, y = padded(some_texts()), moods(some_texts())
    weights = np.where(np.arange(24) % 6 == 2, 0.0, 1.0)
    counted = weights > 0
    beyond = np.where(counted[:, None], X, 50 * X)  # tokens that count for nothing
    settings_ = SMALL | {"units": 4}
    at_once = {"batch_size": None, **settings_}
    one = GRUClassifier(**at_once).fit(beyond, y, sample_weight=weights)
    other = GRUClassifier(**at_once).fit(X[counted], y[counted])
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-5, atol=1e-6)
    stopped = GRUClassifier(early_stopping=True, **settings_).fit(X, y)
    assert len(stopped.history_["val_loss"]) == 2
    measured = GRUClassifier(**settings_).fit(X, y, X_val=50 * X, y_val=y)
    assert np.isfinite(measured.history_["val_loss"]).all()


def test_fits_go_on_with_the_same_vectors():
    X, y = padded(some_texts()), moods(some_texts())
    model = GRUClassifier(units=4, warm_start=True, **SMALL).fit(X, y)
    before = model.weights_[0]
    model.fit(np.minimum(50 * X, 99), y)  # all unknown now
    assert model.weights_[0].shape == before.shape
    np.testing.assert_array_equal(model.weights_[0][2:], before[2:])
    model.partial_fit(X, y)
    assert model.n_iter_ == 3
    for dim in (None, 5):
        with pytest.raises(ValueError, match="continues with the network of the previous fit"):
            model.set_params(embedding_dim=dim).fit(X, y)
    plain = GRUClassifier(units=4, epochs=1, random_state=0, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="continues with the network of the previous fit"):
        plain.set_params(embedding_dim=3).fit(X, y)


def test_a_keras_model_of_texts():
    X = padded(some_texts())
    model = fitted("rnn")
    lengths = (X > 0).sum(axis=1)
    logits = keras.ops.convert_to_numpy(model.to_keras()([X[..., None].astype("float32"), lengths]))
    np.testing.assert_allclose(
        softmax(logits, axis=1), model.predict_proba(some_texts()), rtol=1e-5
    )


def test_a_fit_predicts_on_another_backend():
    model = fitted("rnn")
    own = keras.backend.backend()
    installed = [n for n in ("torch", "tensorflow", "jax") if importlib.util.find_spec(n)]
    other = next((name for name in installed if name != own), own)  # alone: another process
    script = """
import pickle, sys
model, X = pickle.load(sys.stdin.buffer)
pickle.dump(outputs(model, X), sys.stdout.buffer)
"""
    there = pickle.loads(run_on(other, script, pickle.dumps((model, some_texts()))))
    np.testing.assert_allclose(there, model.predict_proba(some_texts()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["rnn", "tcn"])
def test_a_stream_of_tokens(name):
    model = fitted(name)
    tokens = [3, 2, 50, 4, 8]
    stream = Stream(model, method="predict_proba")
    steps = [stream.step([token]) for token in tokens]
    prefixes = [np.array(tokens[: n + 1]) for n in range(5)]
    np.testing.assert_allclose(steps, model.predict_proba(prefixes), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="each step is a token id"):
        stream.step([-1])


# ------------------------------------------------------------------ a label for each token


def test_tokens_get_labels_and_padding_counts_for_nothing():
    texts = some_texts()
    X = padded(texts)
    y = (X == 2).astype(int)
    model = SequenceLabeler(**SMALL).fit(X, y)
    short = [labels[: len(text)] for labels, text in zip(y, texts, strict=True)]
    alone = SequenceLabeler(**SMALL).fit(texts, short)
    np.testing.assert_allclose(model.history_["loss"], alone.history_["loss"], rtol=1e-4)
    np.testing.assert_allclose(model.score(X, y), alone.score(texts, short))
    np.testing.assert_allclose(model.score(X, np.where(X == 0, 1, y)), model.score(X, y))

    probabilities = model.predict_proba(X)
    assert model.predict(X).shape == X.shape
    for row, (text, expected) in enumerate(zip(texts, alone.predict_proba(texts), strict=True)):
        n = len(text)
        np.testing.assert_allclose(probabilities[row, :n], expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(probabilities[row, n:], 0.5)
    events = model.set_params(event_threshold=0.01).fit(X, y).events(X)
    lengths = np.array([len(text) for text in texts])
    assert (events["end"] <= lengths[events["sequence"].astype(int)]).all()


def test_tokens_are_labeled_in_chunks():
    X = np.array([3, 0, 2, 0, 0, 2, 8, 0, 2, 0])  # zeros before the last token are tokens
    y = (X == 2).astype(int)
    model = SequenceLabeler(chunk_length=2, **SMALL | {"epochs": 150}).fit([X], [y])
    assert model.score([X], [y]) == 1.0


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((4, 3), -1), "X holds -1; with embedding_dim"),
        (np.full((4, 3), 1.5), "X holds 1.5; with embedding_dim"),
        (np.ones((4, 3, 2)), "X has 2 features"),
        (np.full((4, 3), np.inf), "infinity"),
        (np.full((4, 3), np.nan), "contains NaN"),
        (["a text", "another", "a third", ""], "TokenSequences"),
        ("a text", "TokenSequences"),
        (pd.Series(["a text", "another", "a third", ""]), "TokenSequences"),
        (np.array(["a text", "another", "a third", ""]), "TokenSequences"),
    ],
)
@pytest.mark.parametrize("is_fitted", [False, True])
def test_values_that_are_not_token_ids_are_refused(X, message, is_fitted):
    model = fitted("gru") if is_fitted else GRUClassifier(**SMALL)
    before = dict(vars(model))
    if is_fitted and np.ndim(X) == 2:
        X = X[..., None]  # as it was fitted on a list
    with pytest.raises(ValueError, match=message):
        model.predict(X) if is_fitted else model.fit(X, list("abab"))
    assert vars(model) == before


def test_texts_are_refused_without_an_embedding_too():
    with pytest.raises(ValueError, match="TokenSequences gives them to an estimator with emb"):
        LSTMClassifier().fit(["a text", "another"], [0, 1])


@pytest.mark.parametrize("dim", [0, -1, 2.5, "32"])
def test_a_dimension_is_a_whole_number(dim):
    with pytest.raises(ValueError, match="embedding_dim="):
        GRUClassifier(embedding_dim=dim).fit(np.ones((4, 3)), list("abab"))
