"""Fits of generators: unknown tokens, sample weights, warm starts, validation, callbacks."""

import numpy as np
import pytest

from skrnn import SequenceGenerator, Stream, networks

NAMES = ["anna", "bert", "carla", "dora", "emil"] * 6
SMALL = {"epochs": 3, "batch_size": 8, "random_state": 0, "embedding_dim": 4}
SMALL |= {"network": networks.GRU(units=4)}


def rolls(n=8, n_keys=4, seed=0):
    generator = np.random.default_rng(seed)
    return [(generator.random((m, n_keys)) < 0.3).astype(int) for m in range(5, 5 + n)]


def test_unknown_tokens_are_an_error_if_the_user_says_so():
    model = SequenceGenerator(**SMALL, handle_unknown="error", early_stopping=True).fit(NAMES)
    message = r"not in the fit: \['x', 'y'\].*handle_unknown='token'"
    for call in (model.score, model.score_samples, model.predict_proba, model.partial_fit):
        with pytest.raises(ValueError, match=f"X holds tokens that were {message}"):
            call(["anna", "axyx"])
    with pytest.raises(ValueError, match=f"prompt holds tokens that were {message}"):
        model.generate(3, "axyx")
    with pytest.raises(ValueError, match="the step holds tokens that were not in the fit"):
        Stream(model).step("x")
    usual = SequenceGenerator(**SMALL).fit(NAMES)
    assert isinstance(usual.generate(3, "axyx", random_state=0), str)


@pytest.mark.parametrize("handle_unknown", ["token", "error"])
def test_rare_tokens_of_the_fit_are_the_unknown_token(handle_unknown):
    params = SMALL | {"min_count": 3, "handle_unknown": handle_unknown}
    model = SequenceGenerator(**params, early_stopping=True).fit([*NAMES, "zoz", "yoy"])
    one, other = (model.predict_proba([name])[0] for name in ("anza", "anya"))
    np.testing.assert_array_equal(one, other)
    assert np.isfinite(model.score([*NAMES, "zoz", "yoy"]))


def test_piano_rolls_have_no_vocabulary():
    model = SequenceGenerator(**SMALL).fit(NAMES)
    assert model.vocabulary_["a"] == 0
    assert model.fit(rolls()).input_type_ == "piano_roll"
    assert not hasattr(model, "vocabulary_")


@pytest.mark.parametrize("X", [NAMES[:6], rolls(6)], ids=["names", "piano_roll"])
def test_a_weight_counts_as_so_many_copies(X):
    weights = np.array([2, 1, 0, 3, 1, 1])
    settings = SMALL | {"batch_size": None, "shuffle": False}
    copies = [x for x, weight in zip(X, weights, strict=True) for _ in range(weight)]
    one = SequenceGenerator(**settings).fit(X, sample_weight=weights)
    other = SequenceGenerator(**settings).fit(copies)
    np.testing.assert_allclose(one.history_["loss"], other.history_["loss"], rtol=1e-4)
    np.testing.assert_allclose(one.score_samples(X), other.score_samples(X), rtol=1e-3)
    assert one.score(X, sample_weight=weights) == pytest.approx(one.score(copies), rel=1e-5)
    again = SequenceGenerator(**settings).partial_fit(X, sample_weight=weights)
    expected = SequenceGenerator(**settings).partial_fit(copies)
    np.testing.assert_allclose(again.score_samples(X), expected.score_samples(X), rtol=1e-3)


def test_weights_are_shared_by_the_chunks_of_a_sequence():
    X, weights = ["abcabcabcab", "cba", "bbbbbbb"], [2.0, 1.0, 3.0]
    settings = SMALL | {"batch_size": None, "shuffle": False, "chunk_length": 4}
    copies = [X[0], X[0], X[1], X[2], X[2], X[2]]
    one = SequenceGenerator(**settings).fit(X, sample_weight=weights)
    other = SequenceGenerator(**settings).fit(copies)
    np.testing.assert_allclose(one.score_samples(X), other.score_samples(X), rtol=1e-3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0] * 29, r"sample_weight.shape == \(29,\)"),
        ([0.0] * 30, "Sample weights .*(non-zero number|0 everywhere)"),
        ([-1.0] * 30, "[Nn]egative"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    model = SequenceGenerator(**SMALL)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(NAMES, sample_weight=weights)
    assert vars(model) == before


def test_a_warm_start_continues_from_the_weights_of_the_fit():
    warm = SequenceGenerator(**SMALL, warm_start=True).fit(NAMES)
    first, vocabulary = warm.score(NAMES), dict(warm.vocabulary_)
    warm.fit([*NAMES, "xyz"])
    assert warm.n_iter_ == SMALL["epochs"]
    assert warm.score(NAMES) > first
    assert warm.vocabulary_ == vocabulary
    with pytest.raises(ValueError, match="continues with the network"):
        warm.set_params(network="lstm").fit(NAMES)
    cold = SequenceGenerator(**SMALL).fit(NAMES)
    assert cold.fit(NAMES).score(NAMES) == first


def test_the_last_sequences_are_held_out():
    X = [*NAMES[:18], "emil"]
    held = SequenceGenerator(**SMALL, early_stopping=True, validation="latest").fit(X)
    given = SequenceGenerator(**SMALL, early_stopping=True).fit(X[:17], X_val=X[17:])
    assert held.history_ == given.history_


def test_scikit_learns_callbacks_are_told_of_each_epoch():
    callback = pytest.importorskip("sklearn.callback")
    seen = []

    class Watch:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if fitted_estimator is not None:
                seen.append(fitted_estimator.score(NAMES))
            return len(seen) > 1

    assert isinstance(Watch(), callback.FitCallback)
    model = SequenceGenerator(**SMALL).set_callbacks(Watch()).fit(NAMES)
    assert model.n_iter_ == 2
    assert seen[1] == pytest.approx(model.score(NAMES), rel=1e-5)


def test_a_changed_copy_of_the_vocabulary_changes_no_model():
    model = SequenceGenerator(**SMALL).fit(NAMES)
    before = model.score_samples(NAMES)
    model.vocabulary_.clear()
    np.testing.assert_array_equal(model.score_samples(NAMES), before)
    assert "a" in model.vocabulary_
