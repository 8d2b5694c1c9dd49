"""How training goes: validation, early stopping, going on, callbacks, interruption."""

import io
import re

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss, mean_squared_error

import skrnn
from skrnn.engine.progress import ProgressBar
from skrnn.estimators.holding_out import hold_out_at_random, hold_out_latest
from tests.conftest import ESTIMATORS, make, targets

DEFAULT = keras.backend.backend()


@pytest.fixture
def y(cube):
    return targets("GRURegressor", cube)


def test_history_holds_the_loss_of_each_epoch(cube, y):
    model = make("GRURegressor", epochs=3, batch_size=None, schedule=None).fit(cube, y)
    assert model.n_iter_ == len(model.history_["loss"]) == 3
    assert model.backend_ == DEFAULT
    # With all sequences in one batch, the second loss is that after one epoch.
    scale = np.std(y)
    once = make("GRURegressor", epochs=1, batch_size=None, schedule=None).fit(cube, y)
    expected = mean_squared_error(y, once.predict(cube)) / scale**2
    np.testing.assert_allclose(model.history_["loss"][1], expected, rtol=1e-4)


def test_validation_loss_is_measured_on_the_data_given(cube):
    labels = targets("GRUClassifier", cube)
    model = make("GRUClassifier").fit(cube[:16], labels[:16], X_val=cube[16:], y_val=labels[16:])
    expected = log_loss(labels[16:], model.predict_proba(cube[16:]))
    np.testing.assert_allclose(model.history_["val_loss"][-1], expected, rtol=1e-4)


def test_epochs_that_nobody_watches_are_the_same_epochs(cube, y):
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
        "GRURegressor", epochs=40, early_stopping=True, patience=3, learning_rate=0.1, schedule=None
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


def test_scaling_does_not_see_the_part_held_out(cube, y):
    changed = cube.copy()
    changed[-3:] += 100
    models = [
        make("GRURegressor", epochs=1, early_stopping=True, validation="latest").fit(X, y)
        for X in (cube, changed)
    ]
    assert models[0].history_["val_loss"] != models[1].history_["val_loss"]
    for a, b in zip(models[0].weights_, models[1].weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_warm_start_goes_on_where_the_fit_before_ended(cube, y):
    model = make("GRURegressor", warm_start=True, schedule=None).fit(cube, y)
    before = model.predict(cube)
    model.set_params(learning_rate=1e-9).fit(cube, 100 * y)
    np.testing.assert_allclose(model.predict(cube), before, atol=1e-5)
    assert model.n_iter_ == 2


def test_warm_starts_go_on_with_the_random_numbers(cube, y):
    one = make("GRURegressor", warm_start=True, epochs=1, schedule=None, dropout=0.5)
    for _ in range(3):
        one.fit(cube, y)
    assert one._n_trained == 3
    assert one._seed(1) != one._seed(2) != one._seed(0)


def test_going_on_heeds_the_loss_and_refuses_another_network(cube, y):
    model = make("GRURegressor", warm_start=True).fit(cube, y)
    model.set_params(loss="mae", optimizer="sgd", dropout=0.0).fit(cube, y)
    assert model._spec.loss == "mean_absolute_error"
    before = dict(vars(model.set_params(units=9)))
    for go_on in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"goes on with the network .*units=4.*units=9"):
            go_on(cube, y)
        assert vars(model) == before


def test_missing_is_as_it_was_in_the_fit(cube, y):
    model = make("GRURegressor").fit(cube, y).set_params(missing="mask")
    gaps = cube.copy()
    gaps[3, 2] = np.nan
    with pytest.raises(ValueError, match="contains NaN: sequence 3"):
        model.predict(gaps)


def test_a_sequence_of_weight_zero_takes_no_part_in_balancing(cube):
    labels = np.repeat([0, 1], [12, 12])
    weights = np.r_[np.zeros(6), np.ones(18)]
    model = make("GRUClassifier", class_weight="balanced", batch_size=None)
    without = clone(model).fit(cube[6:], labels[6:])
    with_zeros = clone(model).fit(cube, labels, sample_weight=weights)
    np.testing.assert_allclose(with_zeros.predict_proba(cube), without.predict_proba(cube))


def test_losses_of_one_class_with_other_settings_share_nothing(cube, y):
    class Quantile(keras.losses.Loss):
        def __init__(self, q):
            super().__init__()
            self.q = q

        def call(self, target, output):
            gap = target - output
            return keras.ops.mean(keras.ops.maximum(self.q * gap, (self.q - 1) * gap), axis=-1)

    low, high = (make("GRURegressor", loss=Quantile(q), epochs=60).fit(cube, y) for q in (0.1, 0.9))
    assert (y < low.predict(cube)).mean() < 0.5 < (y < high.predict(cube)).mean()


def test_dropout_in_a_function_keeps_its_own_rate(cube, y):
    def network(rate):
        def encode(inputs):
            flat = keras.layers.Flatten()(inputs)
            return layers.Dropout(rate)(keras.layers.Dense(8)(flat))

        return encode

    from skrnn.networks import layers

    losses = [
        make("SequenceRegressor", network=network(rate)).fit(cube, y).history_["loss"]
        for rate in (0.0, 0.9)
    ]
    assert losses[0] != losses[1]


def test_weights_set_in_a_function_stay(cube, y):
    def encode(inputs):
        frozen = keras.layers.Dense(2, trainable=False)
        features = frozen(keras.layers.Flatten()(inputs))
        frozen.set_weights([np.full((14, 2), 0.5), np.zeros(2)])
        return features

    model = make("SequenceRegressor", network=encode).fit(cube, y)
    assert any(w.shape == (14, 2) and (w == 0.5).all() for w in model.weights_)


@pytest.mark.parametrize("as_function", [False, True])
def test_a_layer_made_outside_is_refused(cube, y, as_function):
    layer = keras.layers.GRU(4)
    layer.build((None, 7, 2))
    network = (lambda inputs: layer(inputs)) if as_function else layer
    with pytest.raises(ValueError, match=r"made outside the function|which accepts"):
        make("SequenceRegressor", network=network).fit(cube, y)


def test_layers_of_another_thread_keep_their_weights(cube, y):
    from concurrent.futures import ThreadPoolExecutor

    sums = []

    def encode(inputs):
        def build():
            other = keras.layers.Dense(3)
            other.build((None, 5))
            return float(np.abs(keras.ops.convert_to_numpy(other.kernel.value)).sum())

        with ThreadPoolExecutor(1) as pool:
            sums.append(pool.submit(build).result())
        return keras.layers.Flatten()(inputs)

    make("SequenceRegressor", network=encode).fit(cube, y)
    assert sums[0] > 0


def test_partial_fit_is_one_pass_with_the_optimizer_kept(cube, y):
    whole = make(
        "GRURegressor", epochs=3, schedule=None, shuffle=False, batch_size=8, random_state=2
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


def test_a_class_alone_is_predicted_for_certain(cube):
    model = make("LSTMClassifier").fit(cube, ["only"] * 24)
    assert set(model.predict(cube)) == {"only"}
    np.testing.assert_array_equal(model.predict_proba(cube), np.ones((24, 1)))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([-1, 5, 7]),
        np.array([True, False, True]),
        np.array([1.0, 2.0, 3.0]),
    ],
)
def test_labels_come_back_as_they_were(cube, labels):
    y = np.tile(labels, 8)
    model = make("GRUClassifier").fit(cube, y)
    assert model.predict(cube).dtype == model.classes_.dtype == y.dtype
    assert set(model.classes_) == set(labels)


@pytest.mark.parametrize("dtype", ["Int64", "category", "string", "boolean"])
def test_pandas_labels_keep_their_kind(cube, dtype):
    import pandas as pd

    values = [True, False] if dtype == "boolean" else [1, 2]
    y = pd.Series(np.tile(values, 12)).astype(dtype)
    expected = {"Int64": int, "category": int, "string": str, "boolean": bool}[dtype]
    assert all(
        isinstance(v, expected) for v in make("GRUClassifier").fit(cube, y).classes_.tolist()
    )


def test_class_weight_moves_the_predictions(cube):
    y = np.arange(24) % 2
    even = make("GRUClassifier", epochs=30).fit(cube, y).predict_proba(cube)[:, 1].mean()
    towards_one = make("GRUClassifier", epochs=30, class_weight={0: 1, 1: 50}).fit(cube, y)
    assert towards_one.predict_proba(cube)[:, 1].mean() > even + 0.1


def test_balanced_weights_equal_weights_by_hand(cube):
    y = np.repeat([0, 1], [18, 6])
    by_name = make("GRUClassifier", class_weight="balanced").fit(cube, y)
    by_hand = make("GRUClassifier").fit(cube, y, sample_weight=np.where(y == 0, 24 / 36, 2.0))
    np.testing.assert_allclose(by_name.predict_proba(cube), by_hand.predict_proba(cube), atol=1e-6)


@pytest.mark.parametrize("shape", [(24,), (24, 1), (24, 3)])
def test_output_has_the_shape_and_the_units_of_y(cube, shape):
    y = 1e4 + 1e3 * np.random.default_rng(0).normal(size=shape)
    predicted = make("TCNRegressor").fit(cube, y).predict(cube)
    assert predicted.shape == shape
    assert predicted.dtype == np.float64
    assert abs(predicted.mean() - 1e4) < 3e3


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if not n.startswith("Sequence")])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_masked_nan_fits_and_predicts(name, dropout, ragged):
    X = [sequence.copy() for sequence in ragged]
    X[0][1] = np.nan
    X[1][0, 0] = np.nan
    X[2][:] = np.nan
    model = make(name, missing="mask", dropout=dropout).fit(X, targets(name, ragged))
    assert len(model.predict(X)) == 24


def test_what_is_missing_is_zero_and_marked():
    from skrnn.engine.feed import Inputs
    from skrnn.preprocessing.scaling import Standardiser
    from skrnn.sequences import Sequences

    steps = np.array([[1.0, 2.0], [np.nan, 4.0], [np.nan, np.nan]])
    inputs = Inputs(
        Sequences(steps, np.array([0, 1]), np.array([1, 2])),
        Standardiser(np.array([1.0, 0.0]), np.array([1.0, 2.0])),
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


def absolute(gap):
    return np.abs(gap)


def huber(gap):
    return np.where(np.abs(gap) <= 1, gap**2 / 2, np.abs(gap) - 0.5)


def log_cosh(gap):
    return np.log(np.cosh(gap))


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        ("mae", absolute),
        ("huber", huber),
        (keras.losses.LogCosh(), log_cosh),
        (keras.losses.huber, huber),
    ],
)
def test_a_loss_is_that_of_its_formula(cube, y, loss, formula):
    settings = {"loss": loss, "batch_size": None, "schedule": None}
    once = make("GRURegressor", epochs=1, **settings).fit(cube, y)
    twice = make("GRURegressor", epochs=2, **settings).fit(cube, y)
    # With all sequences in one batch, the second loss is that after one epoch.
    expected = formula((y - once.predict(cube)) / y.std()).mean()
    np.testing.assert_allclose(twice.history_["loss"][1], expected, rtol=1e-4)


@pytest.mark.parametrize(
    "optimizer", ["sgd", "rmsprop", "adamw", keras.optimizers.Adam(beta_1=0.8, amsgrad=True)]
)
def test_optimizers(cube, y, optimizer):
    model = make("GRURegressor", optimizer=optimizer, epochs=60, learning_rate=0.03).fit(cube, y)
    assert model.history_["loss"][-1] < 0.8 * model.history_["loss"][0]


def test_clipping_bounds_a_step_of_plain_gradient_descent(cube, y):
    settings = {"optimizer": "sgd", "learning_rate": 1.0, "schedule": None, "batch_size": None}
    start = make("GRURegressor", epochs=1, **settings | {"learning_rate": 1e-12}).fit(cube, y)
    for clip in (0.1, 0.01):
        end = make("GRURegressor", epochs=1, global_clipnorm=clip, **settings).fit(cube, y)
        moved = [a - b for a, b in zip(end.weights_, start.weights_, strict=True)]
        norm = np.sqrt(sum((step**2).sum() for step in moved))
        np.testing.assert_allclose(norm, clip, rtol=1e-3)


def test_the_rate_follows_the_schedule(cube, y):
    rates = []

    class Record(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    make("GRURegressor", epochs=2, batch_size=12, callbacks=[Record()]).fit(cube, y)
    np.testing.assert_allclose(rates, 0.005 * (1 + np.cos(np.pi * np.arange(4) / 4)), rtol=1e-5)
    rates.clear()
    make("GRURegressor", schedule=lambda step: 0.1 / (1 + step), callbacks=[Record()]).fit(cube, y)
    np.testing.assert_allclose(rates, [0.1, 0.05], rtol=1e-5)


def test_keras_callbacks_see_and_change_the_model(cube, y, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert set(logs) == {"loss"}
            self.model.stop_training = epoch == 2

    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    model = make("GRURegressor", epochs=9, callbacks=[save, Stop()]).fit(cube, y)
    assert model.n_iter_ == 3
    saved = model.to_keras()
    saved.load_weights(tmp_path / "3.weights.h5")
    for variable, weight in zip(saved.weights, model.weights_, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable.value), weight)
    plain = make("GRURegressor", epochs=9, callbacks=None, schedule=None).fit(cube, y)
    frozen = make(
        "GRURegressor",
        epochs=9,
        schedule=None,
        callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * (epoch < 1))],
    ).fit(cube, y)
    assert frozen.history_["loss"][0] == plain.history_["loss"][0]
    assert frozen.history_["loss"][3] == pytest.approx(frozen.history_["loss"][8], rel=1e-5)
    assert plain.history_["loss"][8] < plain.history_["loss"][3]


def test_a_callback_that_was_given_as_a_function_acts_on_batches(cube, y):
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    make("GRURegressor", epochs=1, batch_size=8, callbacks=[callback]).fit(cube, y)
    assert seen == [0, 1, 2]
    assert callback.model is None


@pytest.mark.parametrize("setting", [{"use_ema": True}, {"loss_scale_factor": 2.0}])
def test_settings_of_an_optimizer_that_the_loop_does_not_follow(cube, y, setting):
    with pytest.raises(ValueError, match=f"has {next(iter(setting))}, which is not supported"):
        make("GRURegressor", optimizer=keras.optimizers.SGD(**setting)).fit(cube, y)


def test_scikit_learns_own_callbacks(cube, y):
    callback = pytest.importorskip("sklearn.callback")
    seen = []

    class Watch:
        def setup(self, estimator, context):
            seen.append("setup")

        def teardown(self, estimator, context):
            seen.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if fitted_estimator is not None:
                seen.append(fitted_estimator.predict(cube))
            return len(seen) > 2

    assert isinstance(Watch(), callback.FitCallback)
    model = make("GRURegressor", epochs=9).set_callbacks(Watch()).fit(cube, y)
    assert model.n_iter_ == 2
    assert seen[0] == "setup"
    assert seen[-1] == "teardown"
    np.testing.assert_allclose(seen[2], model.predict(cube), atol=1e-6)


def test_scikit_learns_scoring_monitor(cube, y):
    callback = pytest.importorskip("sklearn.callback")
    monitor = callback.ScoringMonitor(scoring="r2")
    model = make("GRURegressor", epochs=3).set_callbacks(monitor).fit(cube, y)
    scores = [row["r2"] for row in monitor.get_logs().data if row["r2"] is not None]
    assert scores[-1] == pytest.approx(model.score(cube, y), abs=1e-6)
    assert len(scores) >= 3


def test_scikit_learns_callbacks_are_torn_down_when_a_fit_fails(cube, y):
    pytest.importorskip("sklearn.callback")
    ended = []

    class Watch:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            ended.append(True)

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("enough")

    model = make("GRURegressor").set_callbacks(Watch())
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(cube, y)
    assert ended == [True]
    assert vars(model) == before


def test_the_progress_bar_names_epoch_losses_and_time_left(cube, y, capsys):
    make("GRURegressor", epochs=2, verbose=1).fit(cube, y, X_val=cube, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"Epoch 2/2 \[={20}\] - loss \d\.\d+ - val_loss \d\.\d+ - 0 s left", lines[1]
    )


def test_the_progress_bar_stays_on_one_line_of_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    bar = ProgressBar(3, stream)
    for epoch in range(3):
        bar(epoch, {"loss": 1.0}, None)
    bar.end()
    assert stream.getvalue().count("\r") == 3
    assert stream.getvalue().count("\n") == 1


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


@pytest.mark.parametrize("network", ["rnn", "lstm", "gru", "tcn", "conv", "dense", "transformer"])
def test_every_network_learns(network):
    X = np.random.default_rng(0).normal(size=(96, 10, 1))
    y = X[:, -3:, 0].sum(axis=1)
    model = skrnn.SequenceRegressor(network=network, random_state=0, epochs=40).fit(X, y)
    assert model.score(X, y) > 0.9


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
    X = [generator.normal(size=(n, 2)) for n in generator.integers(4, 12, size=64)]
    y = np.array([sequence[:, 0].mean() for sequence in X])
    model = make(name, **{"units": 8, "epochs": 40, **params}).fit(X, y)
    assert model.score(X, y) > 0.5
