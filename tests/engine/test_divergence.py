"""A diverging fit raises, even at its last step, and leaves the estimator unchanged."""

import numpy as np
import pytest

from skrnn import (
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
    SequenceLabeler,
    SequenceTranslator,
    TCNRegressor,
    networks,
)

X = np.random.default_rng(0).normal(size=(12, 6, 2))
LAST = X[:, -1, 0]
NETWORK = {"network": networks.GRU(units=2), "random_state": 0, "batch_size": None}
WILD = {"learning_rate": 1e38, "global_clipnorm": None}
USELESS = "weights that are not finite, or too large for float32; try a smaller learning_rate"

CASES = {
    "regressor": (lambda: TCNRegressor(filters=2, batch_size=None, random_state=0), (X, X[:, -1])),
    "labeler": (lambda: SequenceLabeler(target_type="continuous", **NETWORK), (X, X)),
    "detector": (lambda: SequenceAnomalyDetector(**NETWORK), (X,)),
    "generator": (lambda: SequenceGenerator(**NETWORK), ("abcab" * 9,)),
    "translator": (
        lambda: SequenceTranslator(**NETWORK),
        (X, X[:, :3, 0]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_last_step_of_partial_fit_is_looked_at(case):
    make, data = CASES[case]
    model = make().set_params(**WILD)
    before = dict(vars(model))
    with pytest.raises(FloatingPointError, match=USELESS):
        model.partial_fit(*data)
    assert vars(model) == before


@pytest.mark.parametrize("case", ["regressor", "labeler", "detector"])
def test_the_last_step_of_a_fit_is_looked_at(case):
    make, data = CASES[case]
    model = make().set_params(epochs=1, learning_rate_schedule=None, **WILD)
    before = dict(vars(model))
    with pytest.raises(FloatingPointError, match=USELESS):
        model.fit(*data)
    assert vars(model) == before


def test_partial_fit_continues_after_a_learning_rate_that_was_too_large():
    model = TCNRegressor(filters=2, batch_size=None, random_state=0).partial_fit(X, LAST)
    expected = model.predict(X)
    with pytest.raises(FloatingPointError, match=USELESS):
        model.set_params(learning_rate=1e38).partial_fit(X, LAST)
    np.testing.assert_array_equal(model.predict(X), expected)
    assert np.isfinite(model.set_params(learning_rate=1e-3).partial_fit(X, LAST).predict(X)).all()


def test_the_best_epoch_of_early_stopping_is_looked_at():
    model = GRURegressor(
        units=2, epochs=1, learning_rate_schedule=None, early_stopping=True, random_state=0, **WILD
    )
    with pytest.raises(FloatingPointError):
        model.fit(X, LAST)
    assert not hasattr(model, "weights_")


@pytest.mark.parametrize("rate", [np.nan, np.inf, -0.1])
def test_a_schedule_that_gives_no_rate_is_named(rate):
    model = GRURegressor(
        units=2, epochs=2, learning_rate_schedule=lambda step: rate if step else 1e-3
    )
    with pytest.raises(
        FloatingPointError, match=f"learning_rate_schedule returned {rate} for step 1"
    ):
        model.fit(X, LAST)
    assert not hasattr(model, "weights_")


@pytest.mark.parametrize("rate", [None, "a", [1.0, 2.0]])
def test_a_schedule_that_gives_no_number_is_named(rate):
    model = GRURegressor(
        units=2, epochs=2, learning_rate_schedule=lambda step: rate if step else 1e-3
    )
    with pytest.raises(
        TypeError, match=r"learning_rate_schedule returned .* for step 1; it has to return"
    ):
        model.fit(X, LAST)
    assert not hasattr(model, "weights_")


def test_the_advice_names_parameters_that_every_estimator_has():
    for make, data in CASES.values():
        with pytest.raises(FloatingPointError) as caught:
            make().set_params(**WILD).partial_fit(*data)
        names = set(str(caught.value).replace(",", " ").split()) & {
            "learning_rate",
            "global_clipnorm",
            "scale_input",
            "scale_target",
        }
        assert names
        assert names <= set(make().get_params())


# ------------------------------------------------------------------ losses of a wrong shape


def of_the_batch(y, output):
    from keras import ops

    return ops.mean((y - output) ** 2)


def of_the_outputs(y, output):
    from keras import ops

    return ops.mean((y - output) ** 2, axis=0)


@pytest.mark.parametrize("loss", [of_the_batch, of_the_outputs])
@pytest.mark.parametrize("case", ["regressor", "labeler", "detector"])
def test_a_loss_of_a_wrong_shape_is_explained(case, loss):
    make, data = CASES[case]
    model = make().set_params(loss=loss, epochs=1)
    with pytest.raises(ValueError, match="has to return one for each sequence, or step"):
        model.fit(*data)
    assert not hasattr(model, "weights_")


@pytest.mark.parametrize("case", ["labeler", "detector"])
def test_a_loss_of_each_output_at_a_step_is_averaged(case):
    make, data = CASES[case]
    usual = make().set_params(epochs=1).fit(*data)
    own = make().set_params(epochs=1, loss=lambda y, output: (y - output) ** 2).fit(*data)
    for mine, yours in zip(own.weights_, usual.weights_, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-5, atol=1e-6)


def test_a_detector_of_nothing_says_so():
    detector = SequenceAnomalyDetector(missing="mask", **NETWORK)
    with pytest.raises(ValueError, match="X has no training data"):
        detector.fit(np.full((4, 6, 2), np.nan))


def test_a_validation_loss_that_is_not_finite_is_refused():
    model = GRURegressor(units=2, epochs=2, random_state=0)
    before = dict(vars(model))
    with pytest.raises(FloatingPointError, match="the validation loss became inf in epoch 1"):
        model.fit(X, LAST, X_val=X, y_val=LAST * 1e30)
    assert vars(model) == before


def test_parameters_may_be_numbers_of_numpy():
    settings = {"units": 2, "epochs": 1, "random_state": 0}
    model = GRURegressor(
        global_clipnorm=np.float64(0.5), learning_rate=np.float32(0.01), **settings
    )
    expected = GRURegressor(global_clipnorm=0.5, learning_rate=0.01, **settings).fit(X, LAST)
    np.testing.assert_allclose(model.fit(X, LAST).predict(X), expected.predict(X), rtol=1e-5)
