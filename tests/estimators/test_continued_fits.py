"""Warm starts and partial fits follow changed parameters, or refuse them."""

import numpy as np
import pytest

from skrnn import (
    RNNClassifier,
    RNNRegressor,
    SequenceGenerator,
    SequenceLabeler,
    SequenceTranslator,
    networks,
)

SMALL = {"epochs": 3, "random_state": 0, "network": networks.RNN(units=4)}


def cube(n=16, n_steps=12, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_steps, 2))


def signs(X):
    return np.where(X[..., 0] > 0, "up", "down")


def test_a_warm_start_follows_the_class_weight_and_the_background_of_its_parameters():
    X = cube()
    y = signs(X)
    model = SequenceLabeler(**SMALL, warm_start=True, background="up").fit(X, y)
    assert set(model.set_params(event_threshold=0.01).fit(X, y).events(X)["class"]) == {"down"}
    model.set_params(background="down", class_weight={"up": 1000.0, "down": 1e-6})
    model.set_params(epochs=60).fit(X, y)
    assert set(model.events(X)["class"]) == {"up"}
    assert (model.predict(X) == "up").mean() > 0.8 > 0.6 > (y == "up").mean()
    with pytest.raises(ValueError, match="none of the classes"):
        model.set_params(background="sideways").fit(X, y)


def test_the_background_is_by_default_the_most_frequent_class_so_far():
    X = cube()
    y = np.zeros((16, 12), dtype=int)
    y[:, :2] = 1
    model = SequenceLabeler(**SMALL).partial_fit(X, y)
    assert model.partial_fit(X[:2], 1 - y[:2]).network_.target.background == 0
    for _ in range(2):
        model.partial_fit(X, 1 - y)
    assert model.network_.target.background == 1


def test_further_steps_may_lack_a_class_that_has_a_weight():
    X = cube()
    y = np.arange(12) % 3 + np.zeros((16, 1), dtype=int)
    model = SequenceLabeler(**SMALL, class_weight={0: 2.0, 1: 3.0}).partial_fit(X, y)
    model.partial_fit(X, np.where(y == 1, 2, y))
    np.testing.assert_allclose(model.network_.target.class_weights, [2.0, 3.0, 1.0])


def test_further_sequences_may_lack_a_class_that_has_a_weight():
    X, y = cube(), np.arange(16) % 3
    settings = {"units": 2, "epochs": 1, "random_state": 0}
    model = RNNClassifier(class_weight={0: 2.0, 1: 3.0}, **settings).partial_fit(X, y)
    twin = RNNClassifier(**settings).partial_fit(X, y, None, np.array([2.0, 3.0, 1.0])[y])
    rest = y != 1
    model.partial_fit(X[rest], y[rest])
    twin.partial_fit(X[rest], y[rest], None, np.array([2.0, 3.0, 1.0])[y[rest]])
    for one, other in zip(model.weights_, twin.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_weight_for_a_label_that_is_no_class_is_refused():
    model = RNNClassifier(class_weight={0: 2.0, "1": 3.0}, units=2, epochs=1)
    with pytest.raises(ValueError, match="names '1', and the classes are 0, 1"):
        model.fit(cube(), np.arange(16) % 2)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({}, {"target_type": "continuous"}),
        ({}, {"missing": "mask"}),
        ({}, {"layout": "channels_first"}),
        ({"n_channels": 1}, {"n_channels": None}),
        ({}, {"scale_input": False}),
    ],
)
def test_further_training_refuses_parameters_that_the_network_cannot_follow(first, then):
    X = cube()
    model = SequenceLabeler(**SMALL, **first, warm_start=True).fit(X, signs(X))
    before = dict(vars(model.set_params(**then)))
    ((name, now),) = then.items()
    for train in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=rf"had {name}=.*, and {name}={now!r} was given; rest"):
            train(X, signs(X))
        assert vars(model) == before


def test_further_training_refuses_another_scaling_of_targets():
    X = cube()
    model = RNNRegressor(units=4, epochs=1, random_state=0, warm_start=True).fit(X, X[:, -1, 0])
    model.set_params(scale_target=False)
    for train in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="had scale_target=True, and scale_target=False was"):
            train(X, X[:, -1, 0])


NAMES = ["anna", "emma", "otto", "hannah"]
QUICK = {"network": networks.RNN(units=4), "epochs": 1, "random_state": 0, "warm_start": True}
PAIRS = (NAMES, [name[::-1] for name in NAMES])


@pytest.mark.parametrize(
    ("model", "data", "then"),
    [
        (SequenceGenerator, (NAMES,), {"min_count": 2}),
        (SequenceGenerator, (NAMES,), {"handle_unknown": "error"}),
        (SequenceGenerator, (NAMES,), {"input_type": "words"}),
        (SequenceTranslator, PAIRS, {"min_count": 2}),
        (SequenceTranslator, PAIRS, {"handle_unknown": "error"}),
        (SequenceTranslator, PAIRS, {"input_type": "words"}),
        (SequenceTranslator, PAIRS, {"target_type": "words"}),
    ],
)
def test_further_training_refuses_another_vocabulary(model, data, then):
    fitted = model(**QUICK).fit(*data)
    before = dict(vars(fitted.set_params(**then)))
    for train in (fitted.fit, fitted.partial_fit):
        with pytest.raises(ValueError, match=rf"had {next(iter(then))}=.* set warm_start=False"):
            train(*data)
        assert vars(fitted) == before
    validation = {"X_val": data[0]} | ({"y_val": data[1]} if len(data) == 2 else {})
    fitted.set_params(warm_start=False).fit(*data, **validation)


def test_further_training_of_a_generator_takes_texts_after_a_text_and_lists_after_a_list():
    text = " ".join(NAMES)
    of_text = SequenceGenerator(**QUICK).fit(text).partial_fit(text).fit(text, X_val=NAMES)
    of_list = SequenceGenerator(**QUICK).fit(NAMES).partial_fit([text]).fit(NAMES, X_val=text)
    for fitted, other, message in (
        (of_text, NAMES, r"X is a list, .* previous fit was on a single text.*\[text\]"),
        (of_list, text, r"X is a single text, .* previous fit was on a list.*\[X\]"),
    ):
        before = dict(vars(fitted))
        for train in (fitted.fit, fitted.partial_fit):
            with pytest.raises(ValueError, match=message):
                train(other)
            assert vars(fitted) == before
        assert np.isfinite(fitted.score(other))
