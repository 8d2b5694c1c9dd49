"""Training: validation, early stopping, continuation, missing values, threads."""

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error

import skrnn
from skrnn import networks
from skrnn.estimators.trainer import draw_seed
from skrnn.estimators.validation_split import hold_out_at_random, hold_out_latest
from tests.conftest import ESTIMATORS, REGRESSORS, make, targets

DEFAULT = keras.backend.backend()


def test_history_holds_the_loss_of_each_epoch(cube, y):
    model = make("GRURegressor", epochs=3, batch_size=None, learning_rate_schedule=None).fit(
        cube, y
    )
    assert model.n_iter_ == len(model.history_["loss"]) == 3
    assert model.backend_ == DEFAULT
    # With all sequences in one batch, the second loss is that after one epoch.
    scale = np.std(y)
    once = make("GRURegressor", epochs=1, batch_size=None, learning_rate_schedule=None).fit(cube, y)
    expected = mean_squared_error(y, once.predict(cube)) / scale**2
    np.testing.assert_allclose(model.history_["loss"][1], expected, rtol=1e-4)


def test_validation_loss_is_measured_on_the_data_given(cube):
    labels = targets("GRUClassifier", cube)
    model = make("GRUClassifier", label_smoothing=0, early_stopping=False)
    model.fit(cube[:16], labels[:16], X_val=cube[16:], y_val=labels[16:])
    expected = log_loss(labels[16:], model.predict_proba(cube[16:]))
    np.testing.assert_allclose(model.history_["val_loss"][-1], expected, rtol=1e-4)


def test_epochs_without_observers_are_the_same_epochs(cube, y):
    # Unwatched, several epochs go to the compiled loop at once.
    settings = {"epochs": 7, "batch_size": 10, "dropout": 0.2, "random_state": 0}
    alone = skrnn.GRURegressor(**settings).fit(cube, y)
    watched = skrnn.GRURegressor(callbacks=[keras.callbacks.Callback()], **settings).fit(cube, y)
    assert len(alone.history_["loss"]) == 7
    np.testing.assert_allclose(alone.history_["loss"], watched.history_["loss"], rtol=1e-6)
    for one, other in zip(alone.weights_, watched.weights_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_early_stopping_keeps_the_best_epoch(cube, y):
    noise = np.random.default_rng(0).normal(size=len(y))
    model = make(
        "GRURegressor",
        epochs=40,
        early_stopping=True,
        patience=3,
        learning_rate=0.1,
        learning_rate_schedule=None,
    ).fit(cube[:16], noise[:16], X_val=cube[16:], y_val=noise[16:])
    losses = model.history_["val_loss"]
    best = int(np.argmin(losses))
    assert model.n_iter_ == len(losses) == best + 1 + 3 < 40
    scaled = (noise[16:] - model.predict(cube[16:])) / noise[:16].std()
    np.testing.assert_allclose((scaled**2).mean(), losses[best], rtol=1e-4)


def test_a_random_part_keeps_the_shares_of_the_classes():
    strata = np.repeat(["a", "b"], [80, 20])
    kept, held_out = hold_out_at_random(100, fraction=0.1, strata=strata, seed=0)
    assert sorted([*kept, *held_out]) == list(range(100))
    assert list(np.unique(strata[held_out], return_counts=True)[1]) == [8, 2]


def test_the_latest_part_is_the_last_in_order():
    kept, held_out = hold_out_latest(np.arange(25), fraction=0.1, gap=0)
    assert list(held_out) == [22, 23, 24]
    assert list(kept) == list(range(22))


def test_scaling_does_not_see_the_validation_set(cube, y):
    changed = cube.copy()
    changed[-3:] += 100
    models = [
        make("GRURegressor", epochs=1, early_stopping=True, validation="latest").fit(X, y)
        for X in (cube, changed)
    ]
    assert models[0].history_["val_loss"] != models[1].history_["val_loss"]
    for a, b in zip(models[0].weights_, models[1].weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_warm_start_continues_where_the_previous_fit_ended(cube, y):
    model = make("GRURegressor", warm_start=True, learning_rate_schedule=None).fit(cube, y)
    before = model.predict(cube)
    model.set_params(learning_rate=1e-9).fit(cube, 100 * y)
    np.testing.assert_allclose(model.predict(cube), before, atol=1e-5)
    assert model.n_iter_ == 2


def test_warm_starts_go_on_with_the_random_numbers(cube, y):
    one = make("GRURegressor", warm_start=True, epochs=1, learning_rate_schedule=None, dropout=0.5)
    for _ in range(3):
        one.fit(cube, y)
    assert one.network_.n_trained == 3
    assert len({draw_seed(0, n_trained) for n_trained in range(3)}) == 3


def test_continued_training_uses_the_loss_and_refuses_another_network(cube, y):
    model = make("GRURegressor", warm_start=True).fit(cube, y)
    model.set_params(loss="mae", optimizer="sgd", dropout=0.0).fit(cube, y)
    assert model.network_.spec.loss == "mean_absolute_error"
    before = dict(vars(model.set_params(units=9)))
    for go_on in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"continues with the network .*units=4.*units=9"):
            go_on(cube, y)
        assert vars(model) == before


def test_missing_is_as_it_was_in_the_fit(cube, y):
    model = make("GRURegressor").fit(cube, y).set_params(missing="mask")
    gaps = cube.copy()
    gaps[3, 2] = np.nan
    with pytest.raises(ValueError, match="contains NaN: sequence 3"):
        model.predict(gaps)


def test_partial_fit_is_one_pass_with_the_optimizer_kept(cube, y):
    whole = make(
        "GRURegressor",
        epochs=3,
        learning_rate_schedule=None,
        shuffle=False,
        batch_size=8,
        random_state=2,
    ).fit(cube, y)
    steps = make("GRURegressor", shuffle=False, batch_size=8, random_state=2)
    import pickle

    for _ in range(3):
        steps = pickle.loads(pickle.dumps(steps)).partial_fit(cube, y)
    for a, b in zip(whole.weights_, steps.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert steps.n_iter_ == len(steps.history_["loss"]) == 3


def test_partial_fit_takes_classes_to_come(cube):
    model = make("GRUClassifier").partial_fit(cube[:4], [0, 1, 0, 1], classes=[0, 1, 2])
    assert model.partial_fit(cube[:4], [2, 2, 2, 2]).predict_proba(cube).shape == (24, 3)


@pytest.mark.parametrize(
    ("name", "dropout"),
    [
        *[(name, 0.4) for name in ESTIMATORS if not name.startswith("Sequence")],
        *[(name, 0.0) for name in REGRESSORS if not name.startswith("Sequence")],
    ],
)
def test_masked_nan_fits_and_predicts(name, dropout, ragged):
    X = [sequence.copy() for sequence in ragged]
    X[0][1] = np.nan
    X[1][0, 0] = np.nan
    X[2][:] = np.nan
    model = make(name, missing="mask", dropout=dropout).fit(X, targets(name, ragged))
    assert len(model.predict(X)) == 24


def test_what_is_missing_is_zero_and_marked():
    from skrnn.engine.batches import NetworkInputs
    from skrnn.preprocessing.scaling import AffineScaling
    from skrnn.sequences import Sequences

    steps = np.array([[1.0, 2.0], [np.nan, 4.0], [np.nan, np.nan]])
    inputs = NetworkInputs(
        Sequences(steps, np.array([0, 1]), np.array([1, 2])),
        AffineScaling(np.array([1.0, 0.0]), np.array([1.0, 2.0])),
        indicator=True,
    )
    x, lengths = inputs.batch(np.array([1, 0]), 3)
    np.testing.assert_array_equal(lengths, [2, 1])
    np.testing.assert_array_equal(x[0], [[0, 2, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(x[1], [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_a_recurrent_network_leaves_wholly_missing_steps_out(ragged):
    y = targets("GRURegressor", ragged)
    model = make("GRURegressor", missing="mask").fit(ragged, y)
    with_gaps = [np.insert(sequence, 1, np.nan, axis=0) for sequence in ragged]
    np.testing.assert_allclose(model.predict(with_gaps), model.predict(ragged), atol=1e-6)


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_an_interrupted_fit_leaves_the_estimator_as_it_was(cube, y, fitted, method):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    model = make("GRURegressor")
    if fitted:
        model.fit(cube, y)
    model.set_params(callbacks=[Interrupt()])
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(cube[:, :5], 2 * y) if not fitted else getattr(model, method)(
            cube, y
        )
    assert vars(model) == before
    model.set_params(callbacks=None).fit(cube, y)
    fresh = make("GRURegressor").fit(cube, y)
    np.testing.assert_array_equal(model.predict(cube), fresh.predict(cube))


def test_two_threads_fit_and_predict_at_once(cube, y):
    from concurrent.futures import ThreadPoolExecutor

    expected = make("GRURegressor").fit(cube, y).predict(cube)
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda _: make("GRURegressor").fit(cube, y).predict(cube), range(8))
    for result in results:
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("network", networks.BY_NAME)
def test_every_network_learns(network):
    X = np.random.default_rng(0).normal(size=(96, 8, 1))
    y = X[:, -3:, 0].sum(axis=1)
    settings = {"learning_rate": 0.01, "linear_skip": False, "random_state": 0}
    model = skrnn.SequenceRegressor(network=network, epochs=40, **settings).fit(X, y)
    assert model.score(X, y) > 0.85  # without the linear skip, which alone would score .99


@pytest.mark.parametrize(
    "params",
    [
        {"units": (4, 3), "bidirectional": True, "layer_norm": True},
        {"n_layers": 2, "dropout": 0.2, "recurrent_dropout": 0.2},
        {"conv_filters": 4, "conv_strides": 2, "pooling": "attention"},
        {"pooling": "mean"},
        {"pooling": "max"},
    ],
)
@pytest.mark.parametrize("name", ["RNNRegressor", "LSTMRegressor", "GRURegressor"])
def test_every_option_of_a_recurrent_network_learns(name, params):
    generator = np.random.default_rng(0)
    X = [generator.normal(size=(n, 2)) for n in generator.integers(3, 9, size=64)]
    y = np.array([sequence[:, 0].mean() for sequence in X])
    model = make(name, **{"units": 8, "epochs": 40, **params}).fit(X, y)
    assert model.score(X, y) > 0.5
