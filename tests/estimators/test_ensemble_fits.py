"""Fits of several networks: one program, seeds, continued training, stopping, callbacks, errors."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skrnn import GRURegressor, SequenceClassifier, SequenceGenerator, networks
from skrnn.engine import compiled_model
from skrnn.engine.compiled_model import compiled_models
from skrnn.estimators import trainer
from tests.conftest import make
from tests.estimators.test_ensembles import N, close, mean, members


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def weights_of(model):
    return [network.weights for network in model.networks_]


def ensemble(**params):
    return make("GRURegressor", n_networks=N, **params)


# ------------------------------------------------------------------ one program


def test_all_networks_are_trained_by_one_program_which_predicts_as_well(cube, y, monkeypatch):
    built, leased = [], []
    original, lease = compiled_model.CompiledModel, trainer.lease

    class Counted(original):
        def __init__(self, *args, **kwargs):
            built.append(self)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(compiled_model, "CompiledModel", Counted)
    monkeypatch.setattr(trainer, "lease", lambda spec: leased.append(spec) or lease(spec))
    compiled_models.resize(32)  # empties the cache
    model = ensemble().fit(cube, y)
    assert (len(built), len(leased)) == (1, 1)
    model.predict(cube)
    assert len(built) == 1


if keras.backend.backend() == "jax":

    def test_an_ensemble_compiles_what_one_network_does(cube, y):
        import jax

        def executables():
            return len(jax.devices()[0].client.live_executables())

        def compiled(n_networks, units):
            before = executables()
            model = make("GRURegressor", n_networks=n_networks, units=units)
            model.fit(cube, y, X_val=cube, y_val=y).predict(cube)
            return executables() - before

        compiled_models.resize(32)
        compiled(1, 20)  # what does not depend on the network is compiled once
        assert compiled(N, 21) == compiled(1, 22) > 0


# ------------------------------------------------------------------ seeds


def test_the_first_network_is_that_of_a_single_fit(cube, y):
    model, alone = ensemble().fit(cube, y), make("GRURegressor").fit(cube, y)
    first, *others = model.networks_
    assert equal(first.weights, alone.weights_)
    assert equal(model.weights_, alone.weights_)
    assert first.history == model.history_ == alone.history_
    assert first.n_iter == model.n_iter_ == alone.n_iter_
    for other in others:
        assert not equal(other.weights, first.weights)
        assert other.history != first.history
    assert not equal(others[0].weights, others[1].weights)


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.random.RandomState, None])
def test_a_seed_gives_the_same_networks_again(cube, y, seed):
    def fit():
        if seed is None:
            np.random.seed(7)
        given = seed(3) if isinstance(seed, type) else seed
        return weights_of(ensemble(random_state=given).fit(cube, y))

    for one, other in zip(fit(), fit(), strict=True):
        assert equal(one, other)


def test_an_integer_seed_leaves_the_global_one_alone(cube, y):
    before = np.random.get_state()[1].copy()
    ensemble().fit(cube, y)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_generator_of_seeds_is_drawn_from_as_by_a_single_fit_first(cube, y):
    state = np.random.RandomState(4)
    model = ensemble(random_state=state).fit(cube, y)
    alone = make("GRURegressor", random_state=np.random.RandomState(4)).fit(cube, y)
    assert equal(model.weights_, alone.weights_)
    again = ensemble(random_state=state).fit(cube, y)
    assert not equal(again.weights_, model.weights_)


def test_networks_of_neighboring_seeds_differ(cube, y):
    found = [w for seed in range(3) for w in weights_of(ensemble(random_state=seed).fit(cube, y))]
    assert len({weights[0].tobytes() for weights in found}) == 3 * N


# ------------------------------------------------------------------ continued training


def test_each_network_is_trained_further_as_it_would_be_alone(cube, y):
    model = ensemble(dropout=0.2).partial_fit(cube, y).partial_fit(cube[::-1], y[::-1])
    alone = [one.partial_fit(cube, y) for one in fresh(ensemble(dropout=0.2))]
    for one in alone:
        one.partial_fit(cube[::-1], y[::-1])
    for network, one in zip(model.networks_, alone, strict=True):
        assert equal(network.weights, one.weights_)
        assert network.history == one.history_
        assert len(network.history["loss"]) == network.n_iter == 2
    close(model.predict(cube), mean(alone, "predict", cube))


def fresh(model):
    """Return the single estimators of an ensemble, not fitted."""
    seeds = [model.random_state]
    drawn = np.random.RandomState(model.random_state)
    seeds += [drawn.randint(2**31 - 1) for _ in range(model.n_networks)][1:]
    return [clone(model).set_params(n_networks=1, random_state=seed) for seed in seeds]


def test_a_warm_start_continues_from_the_weights_of_each(cube, y):
    model = ensemble(warm_start=True).fit(cube, y).fit(cube, y)
    alone = [one.fit(cube, y).fit(cube, y) for one in fresh(ensemble(warm_start=True))]
    for network, one in zip(model.networks_, alone, strict=True):
        assert equal(network.weights, one.weights_)
        assert network.n_trained == 4


def test_another_optimizer_starts_anew_for_each(cube, y):
    model = ensemble().partial_fit(cube, y).set_params(optimizer="sgd").partial_fit(cube, y)
    for network, one in zip(model.networks_, fresh(ensemble()), strict=True):
        one.partial_fit(cube, y).set_params(optimizer="sgd").partial_fit(cube, y)
        assert equal(network.weights, one.weights_)


@pytest.mark.parametrize("n_networks", [1, N + 1])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_another_number_of_networks_is_refused(cube, y, method, n_networks):
    model = ensemble(warm_start=True).fit(cube, y)
    before = dict(vars(model.set_params(n_networks=n_networks)))
    with pytest.raises(ValueError, match=rf"had n_networks={N}, and n_networks={n_networks} was"):
        getattr(model, method)(cube, y)
    assert vars(model) == before
    assert len(model.set_params(warm_start=False).fit(cube, y).networks_) == n_networks


@pytest.mark.parametrize("n_networks", [0, 1.5, True, "auto", None])
def test_a_number_of_networks_that_is_none_is_refused(cube, y, n_networks):
    with pytest.raises(ValueError, match=r"n_networks=.* which accepts an int >= 1"):
        make("GRURegressor", n_networks=n_networks).fit(cube, y)


# ------------------------------------------------------------------ stopping and callbacks


def test_each_network_stops_by_itself_on_the_same_validation_set(cube, y):
    settings = {"epochs": 60, "learning_rate": 0.05, "patience": 2}
    model = ensemble(**settings).fit(cube[:16], y[:16], X_val=cube[16:], y_val=y[16:])
    alone = members(model, cube[:16], y[:16], X_val=cube[16:], y_val=y[16:])
    for network, one in zip(model.networks_, alone, strict=True):
        assert equal(network.weights, one.weights_)
        assert network.history == one.history_
        assert network.n_iter == one.n_iter_ < 60
    assert len({network.n_iter for network in model.networks_}) > 1


def test_the_validation_set_is_drawn_once(cube, y, monkeypatch):
    seen = []
    original = trainer.train

    def train(compiled, start, examples, plan, validation, *rest):
        seen.append((examples, validation))
        return original(compiled, start, examples, plan, validation, *rest)

    monkeypatch.setattr(trainer, "train", train)
    ensemble(early_stopping=True, validation_fraction=0.25).fit(cube, y)
    assert len(seen) == N
    assert all(one is other for pair in seen for one, other in zip(pair, seen[0], strict=True))
    assert len(seen[0][1]) == 6


def test_callbacks_see_the_networks_one_after_the_other(cube, y):
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append("begin")

        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, self.model.get_weights()[0].copy()))

        def on_train_end(self, logs=None):
            seen.append("end")

    model = ensemble(callbacks=[Watch()]).fit(cube, y)
    assert [one if isinstance(one, str) else one[0] for one in seen] == ["begin", 0, 1, "end"] * N
    for number, network in enumerate(model.networks_):
        np.testing.assert_array_equal(seen[4 * number + 2][1], network.weights[0])


def test_a_callback_stops_the_network_that_it_sees(cube, y):
    class Stop(keras.callbacks.Callback):
        begun = 0

        def on_train_begin(self, logs=None):
            self.begun += 1

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = self.begun == 2

    model = ensemble(epochs=4, callbacks=[Stop()]).fit(cube, y)
    assert [network.n_iter for network in model.networks_] == [4, 1, 4]


def test_callbacks_of_scikit_learn_see_the_network_in_training(cube, y):
    pytest.importorskip("sklearn.callback")
    seen, ended = [], []

    class Watch:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            ended.append(context)

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if fitted_estimator is not None:
                seen.append(fitted_estimator.predict(cube))

    model = ensemble().set_callbacks(Watch()).fit(cube, y)
    assert len(seen) == 2 * N + 1
    close(np.mean(seen[1::2], axis=0), model.predict(cube))
    assert len(ended) == 1


def test_the_progress_names_the_network(cube, y, capsys):
    ensemble(verbose=2).fit(cube, y)
    lines = capsys.readouterr().out.splitlines()
    begins = [
        f"Network {network}/{N}, Epoch {epoch}/2" for network in (1, 2, 3) for epoch in (1, 2)
    ]
    assert all(line.startswith(begin) for line, begin in zip(lines, begins, strict=True))
    ensemble(verbose=1).fit(cube, y)
    bars = capsys.readouterr().err
    assert all(f"Network {network}/{N}: 100%" in bars for network in (1, 2, 3))


# ------------------------------------------------------------------ errors, copies, searches


def test_a_later_network_that_diverges_leaves_everything_as_it_was(cube, y, monkeypatch):
    model = ensemble().fit(cube, y)
    before = dict(vars(model))
    begun = []
    original = trainer.train

    def train(*args):
        begun.append(None)
        if len(begun) == 2:
            raise FloatingPointError("the loss became nan")
        return original(*args)

    monkeypatch.setattr(trainer, "train", train)
    with pytest.raises(FloatingPointError, match="the loss became nan"):
        model.fit(cube, y)
    assert len(begun) == 2
    assert vars(model) == before


def test_pickles_and_clones(cube, y):
    model = ensemble().fit(cube, y)
    read = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(read.predict(cube), model.predict(cube))
    assert len(read.networks_) == N
    model.partial_fit(cube, y)
    read.partial_fit(cube, y)
    for one, other in zip(weights_of(read), weights_of(model), strict=True):
        assert equal(one, other)
    assert clone(model).n_networks == N
    assert not hasattr(clone(model), "networks_")


def test_a_search_over_the_number_of_networks(cube, y):
    search = GridSearchCV(make("GRURegressor", epochs=5), {"n_networks": [1, 3]}, cv=3)
    search.fit(cube, y)
    assert len(search.best_estimator_.networks_) == search.best_params_["n_networks"]
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] != scores[1]


def test_keras_models_are_those_of_each_network(cube, y):
    model = ensemble(scale_input=False, scale_target=False).fit(cube, y)
    with pytest.raises(ValueError, match=r"n_networks=3; networks_\[0\]\.to_keras\(\)"):
        model.to_keras()
    inputs = cube.astype(np.float32), np.full(24, 7)
    outputs = [
        keras.ops.convert_to_numpy(network.to_keras()(inputs)) for network in model.networks_
    ]
    close(np.mean(outputs, axis=0).ravel(), model.predict(cube))


def test_one_class_takes_no_training(cube):
    model = SequenceClassifier(network=networks.GRU(units=3), n_networks=N, random_state=0)
    model.fit(cube, ["same"] * 24)
    assert [network.n_iter for network in model.networks_] == [0] * N
    np.testing.assert_array_equal(model.predict_proba(cube), np.ones((24, 1)))


def test_a_generator_is_trained_further():
    X = ["abba", "cab", "back", "bab"] * 3
    model = SequenceGenerator(network=networks.GRU(units=3), epochs=1, n_networks=2, random_state=0)
    for _ in range(2):
        model.partial_fit(X)
    assert [network.n_iter for network in model.networks_] == [2, 2]


def test_a_batch_of_all_sequences_and_duplicates(cube, y):
    X, targets = np.concatenate([cube, cube]), np.concatenate([y, y])
    model = GRURegressor(units=3, epochs=3, batch_size=None, n_networks=N, random_state=0)
    model.fit(X, targets)
    close(model.predict(X), mean(members(model, X, targets), "predict", X))
