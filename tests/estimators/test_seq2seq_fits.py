"""Fits of translators: recurrent networks of every kind, validation, purge, warm starts."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skrnn import SequenceTranslator, networks
from tests.estimators.test_seq2seq import CUT_OFF, SMALL, forced, texts


@pytest.mark.parametrize(
    ("network", "bidirectional"),
    [
        (networks.GRU(units=(8, 6), layer_norm=True), True),
        (networks.LSTM(units=3, n_layers=2, initial_state="learned"), False),
        (networks.RNN(units=8, layer_norm=True, recurrent_dropout=0.1), False),
        (networks.RNN(units=3, n_layers=2), True),
        (networks.MinGRU(units=(4, 3)), True),
        (networks.SLSTM(units=3, n_layers=2), False),
        ("lstm", True),
    ],
    ids=str,
)
def test_any_recurrent_network_decodes_in_numpy_as_in_keras(network, bidirectional):
    X, y = texts(), texts(seed=1)
    model = SequenceTranslator(**SMALL | {"network": network}, bidirectional=bidirectional)
    outputs, sources, seen = forced(model.fit(X, y), X, y)
    decoder = model.network_.spec.network.start_decoding(model.weights_, sources, 1)
    for step in range(seen.shape[1]):
        np.testing.assert_allclose(decoder(seen[:, step]), outputs[:, step], atol=1e-5)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (networks.GRU(bidirectional=True), "reads in both directions"),
        (networks.GRU(conv_filters=2), "give conv_filters=None"),
        (networks.LSTM(pooling="mean"), "give pooling='last'"),
        (networks.LSTM(initial_state="learned"), "or bidirectional=False to the translator"),
        (networks.TCN(), "'slstm' or a recurrent network object such as skrnn.networks.GRU"),
        (
            "dense",
            "network='dense'.*accepts 'rnn', 'lstm', 'gru'",
        ),
        (lambda inputs: inputs, "which accepts 'rnn', 'lstm', 'gru'"),
    ],
)
def test_a_network_that_is_no_stack_of_recurrent_layers_is_refused(network, message):
    model = SequenceTranslator(**SMALL | {"network": network})
    with pytest.raises(ValueError, match=message):
        model.fit(texts(), texts())
    assert not hasattr(model, "weights_")


@pytest.mark.filterwarnings(CUT_OFF)
def test_a_search_reaches_the_parameters_of_the_network():
    grid = {"network__units": [2, 3]}
    search = GridSearchCV(SequenceTranslator(**SMALL), grid, cv=2).fit(texts(), texts())
    assert search.best_params_["network__units"] in (2, 3)


def test_the_last_pairs_are_held_out_and_purged():
    X = np.random.default_rng(0).normal(size=(20, 11))
    y = np.random.default_rng(1).normal(size=(20, 4))
    settings = {"validation_fraction": 0.2, "early_stopping": True, "batch_size": None}
    held = SequenceTranslator(input_type="vector", validation="latest", purge=2, **SMALL | settings)
    given = SequenceTranslator(
        input_type="vector", early_stopping=True, **SMALL | {"batch_size": None}
    )
    # 2 of 20 are purged; of 18 the last 4 are held out, and 2 before them left out
    held.fit(X, y)
    given.fit(X[:12], y[:12], X_val=X[14:18], y_val=y[14:18])
    np.testing.assert_allclose(held.history_["loss"], given.history_["loss"], rtol=1e-5)
    np.testing.assert_allclose(held.history_["val_loss"], given.history_["val_loss"], rtol=1e-5)
    with pytest.raises(ValueError, match="purge=20 leaves none of the 20 sequences"):
        held.set_params(purge=20).fit(X, y)


def test_a_warm_start_continues_from_the_weights_of_the_fit():
    X, y = texts(40), texts(40)
    warm = SequenceTranslator(**SMALL | {"learning_rate": 0.03, "warm_start": True})
    first = warm.fit(X, y).history_["loss"][0]
    vocabulary = dict(warm.vocabulary_)
    for _ in range(6):
        warm.fit(X, y)
    assert warm.n_iter_ == 1
    assert warm.history_["loss"][0] < first
    warm.fit([*X, "xyz"], [*y, "abc"])
    assert warm.vocabulary_ == vocabulary
    with pytest.raises(ValueError, match="restore them"):
        warm.set_params(network=networks.GRU(units=6)).fit(X, y)


@pytest.mark.filterwarnings(CUT_OFF)
def test_training_that_goes_on_follows_the_maximum_length():
    X, y = texts(), texts(seed=1)
    model = SequenceTranslator(**SMALL | {"max_length": None}, warm_start=True).fit(X, y)
    longer = ["".join(y) for _ in X]
    assert model.max_length_ == 2 * max(map(len, y))
    assert model.fit(X, longer).max_length_ == 2 * len(longer[0])
    assert model.partial_fit(X, y).max_length_ == 2 * len(longer[0])
    assert model.set_params(max_length=3).fit(X, y).max_length_ == 3
    assert max(map(len, model.predict(X))) <= 3


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.filterwarnings(CUT_OFF)
def test_attention_weights_are_those_of_the_fitted_network(attention):
    model = SequenceTranslator(**SMALL | {"attention": attention}).fit(texts(), texts())
    assert hasattr(model.set_params(attention=not attention), "attention_weights") is attention


@pytest.mark.filterwarnings(CUT_OFF)
def test_a_changed_copy_of_a_vocabulary_changes_no_model():
    model = SequenceTranslator(**SMALL).fit(texts(), texts())
    before = dict(model.vocabulary_), dict(model.target_vocabulary_)
    model.vocabulary_.clear()
    model.target_vocabulary_.clear()
    assert (model.vocabulary_, model.target_vocabulary_) == before
