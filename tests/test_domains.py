"""Bounds of parameters: what lies beyond one is refused at once, with the bound."""

import keras
import numpy as np
import pytest

import skrnn
from skrnn import networks
from skrnn.parameters import (
    GREATEST,
    Parametrized,
    integers,
    one_of,
    reals,
    require,
    singles,
    tuples_of,
    validate,
)
from tests.conftest import make, targets

PUBLIC = [*networks.BY_NAME.values(), *(getattr(skrnn, name) for name in skrnn.__all__)]
PARAMETRIZED = [
    kind for kind in PUBLIC if isinstance(kind, type) and issubclass(kind, Parametrized)
]
X = np.random.default_rng(0).normal(size=(8, 5, 2))
LAST = X[:, -1, 0]

# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("domain", "value", "message"),
    [
        (integers(1), 2**31, "an int >= 1, at most 2147483647."),
        (integers(1, 9), 10, "an int >= 1, at most 9."),
        (integers(1, 9), 0, "an int >= 1."),
        (tuples_of(integers(1, 9)), (2, 10), "a tuple of int >= 1, at most 9."),
        (integers(1, 9) | one_of("auto"), 10, "an int >= 1 or 'auto', at most 9."),
        (singles(0, 1), 1 - 1e-12, "a float in [0, 1), and as a 32-bit float that is 1."),
        (singles(0, closed="neither"), 1e-40, "in (0, inf), and as a 32-bit float that is 0."),
        (singles(0), 1e39, "a float in [0, inf), and as a 32-bit float that is inf."),
        (reals(0), 10**400, "a float in [0, inf)."),
        (singles(0), 10**400, "a float in [0, inf)."),
    ],
)
def test_an_error_names_a_bound_that_is_crossed_and_no_other(domain, value, message):
    with pytest.raises(ValueError, match="was given to Thing") as error:
        require(domain, "size", value, "Thing")
    assert str(error.value).endswith(message)


def test_a_bound_itself_is_accepted():
    assert integers(1).contains(GREATEST)
    assert integers(1, 9).contains(np.int8(9))
    assert singles(0, 1).contains(1 - 1e-6)
    assert singles(0, closed="neither").contains(1e-30)


def number_parameters():
    """Yield each class with the name of each integer parameter."""
    for kind in PARAMETRIZED:
        for name, declared in kind._parameters.items():
            contains = declared.domain.contains
            if any(map(contains, range(1, 4))) and not contains(1.5):
                yield kind, name, declared.domain


@pytest.mark.parametrize(
    ("kind", "name", "domain"),
    [pytest.param(*case, id=str(case[1])) for case in number_parameters()],
)
def test_every_number_has_an_upper_bound(kind, name, domain):
    for value in (10**10, 10**30, float("nan"), float("inf"), -float("inf"), -1):
        assert not domain.contains(value), (kind, value)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("GRURegressor", {"units": 10**9}, "at most 65536"),
        ("GRURegressor", {"units": [2, 10**9]}, "at most 65536"),
        ("GRURegressor", {"n_layers": 10**6}, "at most 1000"),
        ("GRURegressor", {"n_networks": 10**6}, "at most 1000"),
        ("GRURegressor", {"embedding_dim": 10**9}, "at most 65536"),
        ("GRURegressor", {"conv_filters": 2, "conv_kernel_size": 10**6}, "at most 1024"),
        ("GRUClassifier", {"random_state": 2**32}, "at most 4294967295"),
        ("GRUClassifier", {"purge": 10**30}, "at most 2147483647"),
        ("GRUClassifier", {"epochs": 10**12}, "at most 2147483647"),
        ("GRUClassifier", {"patience": 10**12}, "at most 2147483647"),
        ("GRUClassifier", {"dropout": 1 - 1e-12}, "as a 32-bit float that is 1"),
        ("GRUClassifier", {"learning_rate": 1e300}, "as a 32-bit float that is inf"),
        ("GRUClassifier", {"global_clipnorm": 1e-300}, "as a 32-bit float that is 0"),
        ("TCNRegressor", {"dilation_base": 10**20}, "at most 65536"),
        ("TCNRegressor", {"n_blocks": 10**4}, "at most 1000"),
        ("TCNRegressor", {"n_blocks": 80}, "n_blocks=80 with kernel_size=3 and dilation_base=2"),
        ("TCNRegressor", {"dilation_base": 65536, "n_blocks": 9}, "the 5 steps of the longest"),
        ("SequenceRegressor", {"network": networks.GRU(units=10**9)}, "to GRU, .* at most 65536"),
        ("SequenceRegressor", {"network": networks.Transformer(n_heads=10**6)}, "at most 256"),
    ],
)
def test_a_value_far_beyond_all_use_is_refused_before_anything_is_built(name, values, message):
    model = make(name, **values)
    with pytest.raises(ValueError, match=message):
        model.fit(X, targets(name, X))
    assert not hasattr(model, "weights_")


def test_too_many_blocks_are_refused():
    with pytest.raises(
        ValueError, match=r"even 1000 blocks do not cover.*give a greater dilation_base"
    ):
        networks.TCN(dilation_base=1, kernel_size=2).resolve(10_000)
    assert networks.TCN(dilation_base=1, kernel_size=2).resolve(100).n_blocks == 50
    assert networks.TCN(n_blocks=14).resolve(5).n_blocks == 14
    assert networks.TCN(n_blocks=20).resolve(2**20).n_blocks == 20


# ------------------------------------------------------------------ classes, and other letters


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"optimizer": keras.optimizers.Adam}, r"Adam is a class, .* such as Adam\(\)"),
        ({"callbacks": [keras.callbacks.EarlyStopping]}, r"such as EarlyStopping\(\)"),
        ({"callbacks": keras.callbacks.EarlyStopping}, r"such as EarlyStopping\(\)"),
        ({"loss": keras.losses.Huber}, r"such as Huber\(\)"),
        (
            {"learning_rate_schedule": keras.optimizers.schedules.CosineDecay},
            r"such as CosineDecay\(\)",
        ),
        ({"optimizer": "Adam"}, "; write 'adam'"),
        ({"pooling": "MEAN"}, "; write 'mean'"),
    ],
)
def test_what_is_meant_is_said_at_fit(values, message):
    with pytest.raises(ValueError, match=message):
        make("GRURegressor", **values).fit(X, LAST)


@pytest.mark.parametrize(
    ("network", "message"), [(networks.GRU, r"such as GRU\(\)"), ("GRU", "write 'gru'")]
)
def test_a_network_is_an_object_or_a_name(network, message):
    with pytest.raises(ValueError, match=message):
        skrnn.SequenceRegressor(network=network).fit(X, LAST)


@pytest.mark.parametrize("name", ["optimizer", "loss", "callbacks"])
def test_a_forecaster_takes_no_class_either(name):
    kinds = {
        "optimizer": keras.optimizers.SGD,
        "loss": keras.losses.Huber,
        "callbacks": [keras.callbacks.EarlyStopping],
    }
    with pytest.raises(ValueError, match="is a class"):
        skrnn.GRUForecaster(units=2, **{name: kinds[name]}).fit(np.sin(np.arange(40.0)), fh=[1])


# ------------------------------------------------------------------ together


def test_a_learning_rate_of_the_optimizer_is_refused_with_the_way_to_write_it():
    model = make("GRURegressor", optimizer=keras.optimizers.Adam(1e-9))
    message = (
        r"optimizer=Adam has learning_rate=1e-09, which has no effect: that of GRURegressor is "
        r"0.003\. Write GRURegressor\(optimizer=Adam\(...\), learning_rate=1e-09\)"
    )
    with pytest.raises(ValueError, match=message):
        model.fit(X, LAST)
    validate(model.set_params(learning_rate=1e-9))
    validate(make("GRURegressor", optimizer=keras.optimizers.Adam(beta_1=0.8)))
    validate(make("GRURegressor", optimizer=keras.optimizers.Adam(0.003)))


def test_a_schedule_in_the_optimizer_is_refused():
    rate = keras.optimizers.schedules.CosineDecay(0.1, 10)
    message = r"give GRURegressor the .* learning_rate_schedule=CosineDecay\(...\)"
    with pytest.raises(ValueError, match=message):
        make("GRURegressor", optimizer=keras.optimizers.SGD(rate)).fit(X, LAST)


@pytest.mark.parametrize("name", ["GRURegressor", "SequenceTranslator", "TCNForecaster"])
@pytest.mark.parametrize(
    ("rate", "written"),
    [
        (keras.optimizers.schedules.CosineDecay(0.1, 10), r"CosineDecay\(\.\.\.\)"),
        (keras.optimizers.schedules.CosineDecay, r"CosineDecay\(\.\.\.\)"),
        (lambda step: 0.1, r"\.\.\."),
    ],
)
def test_a_schedule_as_the_learning_rate_is_refused(name, rate, written):
    message = rf"learning_rate=.* was given to {name}, .* learning_rate_schedule={written}"
    with pytest.raises(ValueError, match=message):
        validate(getattr(skrnn, name)(learning_rate=rate))


def test_a_number_of_layers_beside_a_tuple_of_units_warns():
    with pytest.warns(UserWarning, match="units of 2 layers, so that n_layers=3 is ignored"):
        make("GRURegressor", units=(2, 3), n_layers=3, epochs=1).fit(X, LAST)
    validate(networks.GRU(units=(2, 3), n_layers=2))
    validate(networks.GRU(units=(2, 3)))
