"""Lengths, batches and vocabularies are no larger than the data need."""

import keras
import numpy as np
import pytest

import skrnn
from skrnn import SequenceRegressor, networks
from skrnn.engine.batches import CHUNK, MIN_CHUNK, NetworkInputs
from skrnn.engine.sizes import PREDICTED_LENGTHS, TRAINED_LENGTHS, batch_rows, padded_length
from skrnn.engine.small_chunks import COMPARED_CHUNKS, SMALL_PREDICTIONS, SmallChunks
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences
from tests.conftest import make, targets

LENGTHS = range(1, 5001)


@pytest.mark.parametrize(
    ("n_lengths", "most_padding"), [(PREDICTED_LENGTHS, 1 / 4), (TRAINED_LENGTHS, 1 / 16)]
)
def test_padding_is_a_small_share_of_a_long_sequence(n_lengths, most_padding):
    for n in LENGTHS:
        padded = padded_length(n, 8, n_lengths)
        assert n <= padded < n + max(8, most_padding * n)
        assert padded % 8 == 0
        assert padded == padded_length(padded, 8, n_lengths)


def test_predictions_of_every_length_up_to_2400_meet_thirty_lengths():
    assert len({padded_length(n, 8, PREDICTED_LENGTHS) for n in range(1, 2401)}) < 30


def test_short_lengths_are_multiples_of_eight_and_no_backend_but_one_rounds_any():
    assert [padded_length(n, 8, PREDICTED_LENGTHS) for n in (1, 8, 9, 33, 64)] == [8, 8, 16, 40, 64]
    assert [padded_length(n, 1) for n in (1, 7, 1001)] == [1, 7, 1001]


@pytest.mark.parametrize(
    ("batch_size", "n_rows", "expected"),
    [(32, 160, 32), (32, 3, 4), (100_000, 10, 16), (10**9, 16, 16), (10**9, 17, 32), (5, 1, 1)],
)
def test_a_batch_has_at_most_the_power_of_two_that_holds_the_rows(batch_size, n_rows, expected):
    assert batch_rows(batch_size, n_rows) == expected


@pytest.mark.parametrize("estimator", ["RNNRegressor", "labeler", "truncated"])
def test_a_batch_size_beyond_the_rows_learns_what_all_rows_at_once_teach(estimator, cube):
    # Without repeats and without a shuffle there is one batch, whatever its padding.
    if estimator == "RNNRegressor":
        y, model = targets("RNNRegressor", cube), make("RNNRegressor", shuffle=False)
    else:
        y = cube[..., 0] > 0
        cut = {"causal": True, "bptt_length": 4} if estimator == "truncated" else {}
        network = skrnn.networks.RNN(units=4)
        model = skrnn.SequenceLabeler(network=network, epochs=2, random_state=0, **cut)
    losses = [
        model.set_params(batch_size=size).fit(cube[:10], y[:10]).history_["loss"]
        for size in (10, 10**9)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)


@pytest.mark.parametrize("validated", [False, True])
def test_batches_that_the_backend_gets_are_no_larger_than_the_rows_need(validated, cube):
    from skrnn.engine.compiled_model import CompiledModel

    rows = []
    feed = CompiledModel.batch_gatherer

    def watched(self, inputs):
        gather = feed(self, inputs)
        return lambda numbers: rows.append(len(numbers)) or gather(numbers)

    y = targets("GRURegressor", cube)
    validation = {"X_val": cube[:3], "y_val": y[:3]} if validated else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompiledModel, "batch_gatherer", watched)
        make("GRURegressor", batch_size=100_000).fit(cube[:10], y[:10], **validation)
    assert set(rows) == ({16, 4} if validated else {16})


def test_a_sequence_is_predicted_alike_alone_and_beside_a_longer_one():
    generator = np.random.default_rng(0)
    X = [generator.normal(size=(n, 2)) for n in (3, 70, 130, 300)]
    model = make("LSTMRegressor").fit(X, np.arange(4.0))
    together = model.predict(X)
    np.testing.assert_allclose([model.predict([x])[0] for x in X], together, rtol=1e-5, atol=1e-6)


def test_a_labeler_learns_lengths_that_are_padded_beyond_a_multiple_of_eight():
    generator = np.random.default_rng(0)
    X = [generator.normal(size=(n, 1)) for n in (5, 530)]
    y = [x[:, 0] > 0 for x in X]
    model = skrnn.SequenceLabeler(epochs=1, random_state=0, network="rnn").fit(X, y)
    assert [len(labels) for labels in model.predict(X)] == [5, 530]


@pytest.mark.parametrize(
    ("token", "dim", "said"),
    [
        (2**31, 3, "2.147.*; the largest token id is 16777216"),
        (2**22, 1024, "the token 4194304,.*16 GiB"),
    ],
)
def test_a_vocabulary_beyond_memory_is_refused_before_anything_is_built(token, dim, said):
    X = np.array([[2, token], [3, 4]])
    model = make("GRURegressor", embedding_dim=dim)
    for fit in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=rf"X holds {said}.*TokenSequences"):
            fit(X, [0.0, 1.0])
    assert not hasattr(model, "weights_")


def test_the_largest_vocabulary_that_fits_is_counted():
    from skrnn.sequences import Sequences
    from skrnn.sequences.token_reading import count_tokens

    text = Sequences(np.array([[2.0**24 - 1]]), np.array([0]), np.array([1]))
    assert count_tokens(text, 1) == 2**24


if keras.backend.backend() == "jax":

    def test_predictions_compile_for_one_length_where_lengths_are_nearly_equal():
        from skrnn.engine.jax import JaxSteps

        X = [np.ones((n, 1)) for n in range(241, 257)]
        model = make("RNNRegressor").fit(X, np.arange(16.0))
        shapes = set()
        forward = JaxSteps._forward_step

        def watched(self, trainable, other, x, lengths):  # called where it is traced
            shapes.add(x.shape[1])
            return forward(self, trainable, other, x, lengths)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(JaxSteps, "_forward_step", watched)
            # Models are built anew, and watched.
            skrnn.engine.compiled_model.compiled_models.resize(32)
            for x in X:
                model.predict([x])
        assert shapes == {256}


@pytest.mark.parametrize("network", sorted(networks.BY_NAME))
def test_a_prediction_is_the_same_number_beside_a_thousand_others(network):
    X = np.random.default_rng(0).normal(size=(1100, 20, 3)).astype(np.float32)
    model = SequenceRegressor(network=network, epochs=1, random_state=0).fit(X[:40], X[:40, 0, 0])
    together = model.predict(X)
    for n in (1, 9, 32, 33, 70, 193, 481, 600):
        np.testing.assert_array_equal(model.predict(X[-n:]), together[-n:])


@pytest.mark.long
@pytest.mark.parametrize("network", sorted(networks.BY_NAME))
def test_many_predictions_of_one_are_the_same_numbers_as_one_of_thousands(network):
    X = np.random.default_rng(0).normal(size=(2100, 20, 3)).astype(np.float32)
    model = SequenceRegressor(network=network, epochs=1, random_state=0).fit(X[:40], X[:40, 0, 0])
    together = model.predict(X)
    one_by_one = [model.predict(X[row : row + 1])[0] for row in range(SMALL_PREDICTIONS + 30)]
    np.testing.assert_array_equal(one_by_one, together[: len(one_by_one)])


@pytest.mark.parametrize(("few", "usual"), [(MIN_CHUNK, CHUNK), (12, 96)])
def test_small_chunks_are_used_where_they_change_no_number(few, usual):
    steps = np.random.default_rng(0).normal(size=(21, 2))
    sequences = Sequences(steps, np.array([0, 7, 14]), np.full(3, 7))
    inputs = NetworkInputs(sequences, AffineScaling.identity(2), indicator=False)
    asked, small = [], SmallChunks(few, usual)

    def last(x, lengths):
        asked.append(x.shape)
        assert (lengths == 7).all()
        np.testing.assert_allclose(np.sort(x[1], axis=0), np.sort(steps[7:14], axis=0), rtol=1e-6)
        return x[:, -1]

    sizes = [small.rows(inputs, 7, last) for _ in range(SMALL_PREDICTIONS + 2)]
    assert sizes == [usual] * (SMALL_PREDICTIONS - 1) + [few] * 3
    assert set(asked) == {(usual, 7, 2), (few, 7, 2)}
    assert len(asked) == 2 * COMPARED_CHUNKS  # once
    others = [small.rows(inputs, 8, lambda x, _: x * len(x)) for _ in range(20)]
    assert others == [usual] * 20
    assert small.rows(inputs, 7, last) == few  # of another length


@pytest.mark.parametrize(
    ("n_sequences", "n_steps", "size", "usual", "expected"),
    [
        (1000, 16, 512, 32, 512),
        (1000, 200, 512, 32, 256),
        (1000, 200, 960, 96, 192),
        (70, 16, 128, 32, 128),
        (40, 70_000, 64, 32, 32),
        (200, 70_000, 288, 96, 96),
        (3, 70_000, 8, 32, 8),
    ],
)
def test_chunks_of_long_sequences_are_smaller(n_sequences, n_steps, size, usual, expected):
    starts, lengths = np.zeros(n_sequences, int), np.full(n_sequences, n_steps)
    sequences = Sequences(np.zeros((n_steps, 1)), starts, lengths)
    inputs = NetworkInputs(sequences, AffineScaling.identity(1), indicator=False)
    chunks = list(inputs.chunks(n_steps, size, usual))
    assert {len(x) for x, *_ in chunks} == {expected}
    assert sum(n for *_, n in chunks) == n_sequences
