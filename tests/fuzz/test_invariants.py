"""The suite can fail: objects that are wrong on purpose are caught, and what is right is not."""

import os
import pickle
import random
import time
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn import GRURegressor
from tests.fuzz import sessions
from tests.fuzz.comparing import finite, same
from tests.fuzz.invariants import observe
from tests.fuzz.machines import ALL, MACHINES
from tests.fuzz.parameters import inside, outside, pool
from tests.fuzz.recipes import X, Y
from tests.fuzz.sessions import Call, Program, Tally, shrunk


class Fake:
    """An object with a parameter, that fits and predicts by the functions it is given."""

    def __init__(self, *, units=2, fit=None, predict=None):
        self.units = units
        self.how = fit, predict

    def get_params(self, deep=True):
        return {"units": self.units}

    def fit(self, X, y=None):
        if self.how[0]:
            self.how[0](self, X)
        self.mean_ = 0.0
        return self

    def predict(self, X):
        return self.how[1](self, X) if self.how[1] else np.zeros(len(X))


def half_a_fit(fake, X):
    fake.started_ = True
    GRURegressor(units="many").fit(np.ones((3, 4, 1)), np.ones(3))


def fitted_in_place(fake, X):
    fake.__dict__.setdefault("seen_", []).append(1)
    GRURegressor(units="many").fit(np.ones((3, 4, 1)), np.ones(3))


def asks_a_dict(fake, X):
    return {}["key"]


def reads_text(fake, X):
    return float("much")


def asserts(fake, X):
    raise AssertionError


def overflows(fake, X):
    return np.exp(np.full(len(X), 1e4)) * 0 + 1 if len(X) else None


def warns(fake, X):
    warnings.warn("of old", DeprecationWarning, stacklevel=1)
    return np.zeros(len(X))


def not_finite(fake, X):
    return np.full(len(X), np.nan)


def spoils_its_input(fake, X):
    X[0] = 5.0
    return np.zeros(len(X))


def seeds_numpy(fake, X):
    np.random.seed(3)
    return np.zeros(len(X))


def seeds_random(fake, X):
    random.seed(3)
    return np.zeros(len(X))


def draws_from_keras(fake, X):
    import keras

    keras.random.normal((1,))
    return np.zeros(len(X))


def sets_the_environment(fake, X):
    os.environ["OF_A_FAKE"] = "1"
    return np.zeros(len(X))


def sets_the_policy(fake, X):
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    return np.zeros(len(X))


def filters_warnings(fake, X):
    warnings.simplefilter("ignore")
    return np.zeros(len(X))


def leaves_a_file(fake, X):
    with open("of_a_fake", "w") as file:
        file.write("much")
    return np.zeros(len(X))


def sets_a_parameter(fake, X):
    fake.units = 3
    return np.zeros(len(X))


def remembers(fake, X):
    fake.last_ = X
    return np.zeros(len(X))


def draws_anew(fake, X):
    return np.random.default_rng().normal(size=len(X))


def one_row_too_few(fake, X):
    return np.zeros(len(X) - 1)


def takes_long(fake, X):
    time.sleep(5)
    return np.zeros(len(X))


BROKEN = {
    asks_a_dict: "an error from below",
    reads_text: "an error from below",
    asserts: "an error from below",
    overflows: "warning from below",
    warns: "warning from below",
    not_finite: "a result is not finite",
    spoils_its_input: "an argument changed",
    seeds_numpy: "something global changed",
    seeds_random: "something global changed",
    draws_from_keras: "something global changed",
    sets_the_environment: "something global changed",
    sets_the_policy: "something global changed",
    leaves_a_file: "something global changed",
    filters_warnings: "warnings' filters changed",
    sets_a_parameter: "a parameter changed",
    remembers: "a reading call left a trace",
    draws_anew: "a second call differs",
    one_row_too_few: "a result has another length",
}


@pytest.fixture(autouse=True)
def world(tmp_path, monkeypatch):
    """Put back whatever a fake changes."""
    import keras

    monkeypatch.chdir(tmp_path)
    policy, environment = keras.config.dtype_policy(), dict(os.environ)
    states = random.getstate(), np.random.get_state()
    yield
    keras.config.set_dtype_policy(policy)
    os.environ.clear()
    os.environ.update(environment)
    random.setstate(states[0])
    np.random.set_state(states[1])


@pytest.fixture
def fakes(monkeypatch):
    """Let a session make fakes by the name Fake."""

    def of(**how):
        monkeypatch.setitem(sessions.KINDS, "Fake", partial(Fake, **how))
        return Program("Fake", {}, [Call("fit", X()), Call("predict", X())])

    return of


def broken_by(program):
    return [fault.invariant for _, fault in program.run()]


def test_nothing_is_said_of_an_object_that_is_right(fakes):
    assert broken_by(fakes()) == []


@pytest.mark.parametrize("predict", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_invariant_is_caught(fakes, predict):
    assert BROKEN[predict] in broken_by(fakes(predict=predict))


@pytest.mark.parametrize("fit", [half_a_fit, fitted_in_place])
def test_a_fit_that_fails_half_way_is_caught(fakes, fit):
    assert broken_by(fakes(fit=fit)) == ["a failed call left a trace"]


def test_a_call_that_takes_too_long_is_interrupted_and_caught():
    begin = time.monotonic()
    outcome = observe(takes_long, (None, [1]), limit=0.2)
    assert [fault.invariant for fault in outcome.faults] == ["a call never ends"]
    assert time.monotonic() - begin < 2


def test_weights_that_are_not_finite_are_caught(fakes):
    def fit(fake, X):
        fake.weights_ = (np.array([np.nan]),)

    assert broken_by(fakes(fit=fit)) == ["what was learned is not finite"]


def test_a_copy_that_gives_something_else_is_caught(fakes):
    class Forgets(Fake):
        def __getstate__(self):
            return {"units": 2, "how": (None, None)}

    program = fakes(predict=lambda fake, X: np.ones(len(X)))
    program.calls.append(Call("deepcopy"))
    assert broken_by(program) == []
    sessions.KINDS["Fake"] = partial(Forgets, predict=lambda fake, X: np.ones(len(X)))
    assert broken_by(program) == ["a copy gives something else"]


def test_what_the_package_says_is_taken_for_clear():
    outcome = observe(GRURegressor(units="many").fit, (np.ones((3, 4, 1)), np.ones(3)))
    assert type(outcome.error) is ValueError
    assert outcome.faults == []


def test_a_failing_program_is_shortened_and_can_be_run_from_its_repr(fakes):
    def predict(fake, X):
        return np.full(len(X), np.nan) if isinstance(X, list) else np.zeros(len(X))

    program = fakes(predict=predict)
    program.params["units"] = 3
    program.calls += [Call("predict", X(n=9)), Call("predict", X(form="ragged", n=9, seed=2))]
    (_, fault), *_ = program.run()
    short = shrunk(program, fault)
    assert repr(short) == "Program('Fake', {}, [\n    Call('predict', X(form='ragged')),\n])"
    again = eval(repr(short), {"Program": Program, "Call": Call, "X": X})
    assert broken_by(again) == ["a result is not finite"]


def test_a_tally_raises_the_program_or_gathers_it(fakes):
    session = sessions.Session("Fake") if fakes(predict=not_finite) else None
    call = Call("predict", X())
    outcome = session.make(call)
    with pytest.raises(AssertionError, match=r"not finite(.|\n)*Program\('Fake'"):
        Tally().note(session, call, outcome, 0.0)
    tally = Tally(stops=False)
    tally.note(session, call, outcome, 0.0)
    assert (tally.calls, len(tally.found)) == (1, 1)
    assert "1  FAULT: a result is not finite" in tally.report()


# ------------------------------------------------------------------ comparisons


PAIRS = [
    (np.array([1.0, np.nan]), np.array([1.0, np.nan]), np.array([1.0, 2.0])),
    (np.array([1.0]), np.array([1.0]), np.array([1.0], dtype=">f8")),
    (np.ma.masked_array([1.0, 2.0], [0, 1]), np.ma.masked_array([1.0, 2.0], [0, 1]), None),
    (pd.Series([1.0], name="a"), pd.Series([1.0], name="a"), pd.Series([1.0], name="a", index=[1])),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
    ([np.ones(2), {"a": np.nan}], [np.ones(2), {"a": float("nan")}], [np.ones(2), {"a": 1.0}]),
    (X(), X(), X(n=7)),
]


@pytest.mark.parametrize(("one", "equal", "other"), PAIRS)
def test_equal_content_is_distinguished_from_different_content(one, equal, other):
    assert same(one, equal)
    assert same(one, pickle.loads(pickle.dumps(one)))
    assert not same(one, other)


@pytest.mark.parametrize("wrap", [list, tuple, np.array, pd.Series, lambda v: {"a": [v]}])
def test_numbers_are_found_to_be_finite_in_every_container(wrap):
    assert finite(wrap([1.0, 2.0]))
    assert not finite(wrap([1.0, np.inf]))


# ------------------------------------------------------------------ coverage


def test_every_public_class_has_a_machine():
    import inspect

    import tests.fuzz.machines as module

    source = inspect.getsource(module)
    of_groups = module.REGRESSORS + module.CLASSIFIERS + module.FORECASTERS
    apart = {name for name in skrnn.__all__ if name.endswith("Display")} | {"Windows"}
    apart |= {"config_context", "get_config", "set_config", "trusted_types"}
    missing = [n for n in ALL if n not in of_groups and n not in apart and n not in source]
    assert missing == []
    assert len(MACHINES) == 7


@pytest.mark.parametrize("name", [n for n in ALL if hasattr(sessions.skrnn, n)])
def test_values_are_drawn_from_both_sides_of_every_domain(name):
    for parameter, declared in getattr(getattr(sessions.skrnn, name), "_parameters", {}).items():
        assert inside(parameter, declared), parameter
        assert outside(declared) or parameter == "background", parameter  # of any class


@pytest.mark.parametrize("name", ["GRURegressor", "SequenceLabeler", "GRUForecaster"])
def test_the_pool_is_the_same_each_time_and_its_first_settings_fit(name):
    assert repr(pool(name)) == repr(pool.__wrapped__(name))
    if not name.endswith("Forecaster"):
        y = Y("classes" if name.endswith("r") else "numbers", X(), each_step=name.endswith("ller"))
        y = Y("classes", X(), "natural", each_step=True) if name.endswith("ller") else y
        assert Program(name, {}, [Call("fit", X(), y)]).run() == []
