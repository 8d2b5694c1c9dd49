"""Parameters declared once become signature, defaults, domain, documentation and repr."""

import inspect
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

import skrnn
from skrnn import networks
from skrnn.parameters import (
    BOOLEAN,
    CALLABLE,
    NONE,
    REQUIRED,
    Parametrized,
    describe,
    integers,
    one_of,
    parameter,
    plain,
    reals,
    satisfying,
    singles,
    tuples_of,
    validate,
)

PUBLIC = [*networks.BY_NAME.values(), *(getattr(skrnn, name) for name in skrnn.__all__)]
PARAMETRIZED = [
    kind for kind in PUBLIC if isinstance(kind, type) and issubclass(kind, Parametrized)
]


class Animal(Parametrized):
    """Make a noise.

    Parameters
    ----------
    {parameters}
    """

    legs: int = parameter(default=4, domain=integers(0), doc="Legs it stands on.")
    name: str = parameter(
        default="cow",
        domain=one_of("cow", "hen"),
        doc="""What it is called,
        even when it does not come.""",
    )


class Pet(Animal):
    """{parameters}"""

    owner: str | None = parameter(default=None, domain=NONE | one_of("me"), doc="Who feeds it.")


class Hen(Pet):
    legs: int = parameter(default=2, domain=integers(2), doc="Two of them.")


# ------------------------------------------------------------------ constructors


@pytest.mark.parametrize("kind", [Animal, Pet, Hen, *PARAMETRIZED])
def test_the_constructor_names_every_parameter_with_its_default(kind):
    signature = inspect.signature(kind)
    assert list(signature.parameters) == list(kind._parameters)
    for name, argument in signature.parameters.items():
        declared = kind._parameters[name]
        assert (argument.kind is inspect.Parameter.KEYWORD_ONLY) == declared.kw_only
        assert argument.default is declared.default
    assert kind.__init__.__qualname__ == f"{kind.__qualname__}.__init__"
    assert kind.__init__.__module__ == kind.__module__


@pytest.mark.parametrize("kind", [Animal, Pet, Hen, *PARAMETRIZED])
def test_the_constructor_only_assigns(kind):
    given_values = {name: object() for name in kind._parameters}
    thing = kind(**given_values)
    # sktime's own base keeps private state from the beginning.
    own = {name for name in vars(thing) if not name.startswith("_")}
    assert own == set(given_values)
    assert hasattr(kind, "check_is_fitted") or vars(thing) == given_values
    assert all(getattr(thing, name) is value for name, value in given_values.items())


@pytest.mark.parametrize("kind", PARAMETRIZED)
def test_every_default_lies_in_its_domain_and_has_a_text(kind):
    for declared in kind._parameters.values():
        assert declared.default is REQUIRED or declared.domain.contains(declared.default)
        assert declared.doc
        assert declared.domain.text


@pytest.mark.parametrize("kind", PARAMETRIZED)
def test_the_documentation_lists_every_parameter(kind):
    assert "{parameters}" not in kind.__doc__
    assert inspect.cleandoc(kind.__doc__).count(describe(kind._parameters)) == 1


class Guide(Parametrized):
    """{parameters}"""

    strict: bool = parameter(default=True, domain=BOOLEAN, doc="Bark.")
    name: str = parameter(domain=one_of("me", "you"), kw_only=False, doc="Whom it leads.")


def test_a_parameter_without_default_has_to_be_given_and_may_stand_first():
    assert Guide("me").name == "me"
    assert Guide(name="you", strict=False).get_params() == {"strict": False, "name": "you"}
    assert repr(Guide("me")) == "Guide(name='me')"
    assert 'name : {"me", "you"}\n    Whom' in Guide.__doc__
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        Guide()


def test_parameters_are_inherited_and_overridden_in_their_place():
    assert list(Hen._parameters) == ["legs", "name", "owner"]
    assert Hen().legs == 2
    assert Pet().legs == 4
    assert not hasattr(Animal, "legs")


def test_the_place_of_a_class_orders_its_parameters_before_that_of_its_bases_does():
    class Late(Animal, place=1):
        weight: float = parameter(default=1.0, domain=reals(0), doc="In kg.")
        color: str = parameter(default="red", domain=one_of("red"), doc="Of the coat.")

    class Cow(Late):
        milk: float = parameter(default=0.5, domain=reals(0), doc="Liters a day.")
        weight: float = parameter(default=700.0, domain=reals(0), doc="In kg.")

    assert list(inspect.signature(Late).parameters) == ["legs", "name", "weight", "color"]
    assert list(inspect.signature(Cow).parameters) == ["legs", "name", "milk", "weight", "color"]
    assert Cow().weight == 700


def test_a_description_is_numpydoc():
    expected = """
    Make a noise.

    Parameters
    ----------
    legs : int, default=4
        Legs it stands on.

    name : {"cow", "hen"}, default="cow"
        What it is called,
        even when it does not come.
    """
    assert inspect.cleandoc(Animal.__doc__) == inspect.cleandoc(expected)


def test_a_positional_or_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="positional"):
        Animal(4)
    with pytest.raises(TypeError, match="wings"):
        Animal(wings=2)


# ------------------------------------------------------------------ get, set, show


def test_parameters_are_got_and_set_by_name():
    hen = Hen(name="hen")
    assert hen.get_params() == {"legs": 2, "name": "hen", "owner": None}
    assert hen.set_params(legs=3, owner="me") is hen
    assert hen.get_params(deep=False) == {"legs": 3, "name": "hen", "owner": "me"}
    assert hen.set_params().get_params() == hen.get_params()


def test_setting_an_unknown_parameter_says_which_there_are():
    hen = Hen()
    with pytest.raises(ValueError, match="'wings' is not a parameter of Hen; it has legs, name,"):
        hen.set_params(wings=2)
    assert not hasattr(hen, "wings")


def test_a_failed_setting_of_parameters_sets_none():
    hen = Hen()
    with pytest.raises(ValueError, match="wings"):
        hen.set_params(legs=3, wings=2)
    assert hen.legs == 2
    model = skrnn.SequenceLabeler()
    with pytest.raises(ValueError, match="network__units=8"):
        model.set_params(epochs=3, network__units=8)
    assert model.epochs == "auto"


ESTIMATORS = [kind for kind in PARAMETRIZED if kind.__module__.split(".")[1] != "networks"]


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_a_nested_parameter_of_a_plain_value_is_refused(kind):
    name, declared = next(iter(kind._parameters.items()))
    value = "?" if declared.default is REQUIRED else declared.default
    made = kind(**{name: value})
    message = re.escape(
        f"{name}__depth=8 was given to {kind.__name__}, whose {name} is {value!r}, which has no "
        f"parameters of its own; set {name} itself, which accepts {declared.domain.text}."
    )
    with pytest.raises(ValueError, match=message):
        made.set_params(**{f"{name}__depth": 8})
    with pytest.raises(ValueError, match="'nothing' is not a parameter"):
        made.set_params(nothing__depth=8)


def test_a_nested_parameter_of_a_name_says_what_to_set():
    labeler = skrnn.SequenceLabeler(random_state=0)
    such = r"network is 'gru'.* such as skrnn\.networks\.GRU\(units="
    with pytest.raises(ValueError, match=such):
        GridSearchCV(labeler, {"network__units": [2]}).fit([[[1.0]]] * 6, [[0]] * 6)
    with pytest.raises(ValueError, match=r"'adam'.*; set learning_rate of GRUForecaster, or opt"):
        skrnn.GRUForecaster().set_params(optimizer__learning_rate=0.1)
    with pytest.raises(ValueError, match="not a parameter of LSTMRegressor; set units"):
        skrnn.LSTMRegressor().set_params(network__units=8)
    with pytest.raises(ValueError, match=r"detector is None.* set detector itself"):
        skrnn.SequenceDetector().set_params(detector__epochs=8)


def test_a_nested_parameter_of_an_object_is_set():
    forecaster = skrnn.SequenceForecaster()
    forecaster.set_params(network=networks.GRU(), network__units=8)
    assert forecaster.network.units == 8
    detector = skrnn.SequenceDetector(skrnn.SequenceAnomalyDetector())
    assert detector.set_params(detector__epochs=8).detector.epochs == 8


@pytest.mark.parametrize("kind", networks.BY_NAME.values())
def test_a_repr_shows_what_differs_from_the_defaults_and_makes_an_equal_object(kind):
    assert repr(kind()) == f"{kind.__name__}()"
    changed = kind(dropout=0.25)
    assert repr(changed) == f"{kind.__name__}(dropout=0.25)"
    again = eval(repr(changed), vars(networks))
    assert again.get_params() == changed.get_params()


def test_validation_names_the_parameter_its_value_and_what_is_accepted():
    with pytest.raises(
        ValueError, match=r"^legs=-1 was given to Animal, which accepts an int >= 0"
    ):
        validate(Animal(legs=-1))
    with pytest.raises(ValueError, match=r"name='dog' .* accepts 'cow', 'hen'"):
        validate(Animal(name="dog"))
    validate(Animal(legs=np.int64(3)))


# ------------------------------------------------------------------ domains

NUMBERS = [3, np.int8(3), np.uint64(3)]
FRACTIONS = [0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2)]
TRUTHS = [True, False, np.True_, np.False_]
TUPLES = [[3], (3,)]
OTHERS = [None, "3", "", 3j, Decimal(3), np.array(3), np.array([3, 4]), object(), print]


@pytest.mark.parametrize(
    ("domain", "accepted"),
    [
        (integers(1), NUMBERS),
        (reals(0, 10), [*NUMBERS, *FRACTIONS]),
        (BOOLEAN, TRUTHS),
        (NONE, [None]),
        (CALLABLE, [print]),
        (one_of("3", "4"), ["3"]),
        (tuples_of(integers(1)), TUPLES),
        (integers(1) | NONE, [*NUMBERS, None]),
        (satisfying("an empty string", lambda value: isinstance(value, str) and not value), [""]),
    ],
    ids=lambda value: getattr(value, "text", ""),
)
def test_a_domain_accepts_its_kind_and_nothing_else(domain, accepted):
    for value in [*NUMBERS, *FRACTIONS, *TRUTHS, *TUPLES, *OTHERS]:
        assert bool(domain.contains(value)) == any(value is one for one in accepted), value


@settings(deadline=None)
@given(low=st.integers(-5, 5), value=st.integers(-10, 10), kind=st.sampled_from([int, np.int32]))
def test_integers_start_at_their_bound(low, value, kind):
    assert integers(low).contains(kind(value)) == (value >= low)


@pytest.mark.parametrize("closed", ["left", "right", "both", "neither"])
def test_an_interval_holds_its_closed_ends_only(closed):
    interval = reals(1, 2, closed=closed)
    inside = [interval.contains(value) for value in (0.999, 1, 1.5, 2, 2.001)]
    assert inside == [
        False,
        closed in ("left", "both"),
        True,
        closed in ("right", "both"),
        False,
    ]
    left, right = "[" if inside[1] else "(", "]" if inside[3] else ")"
    assert interval.text == f"a float in {left}1, 2{right}"


def test_neither_infinity_nor_nan_is_a_real_number():
    for value in (np.inf, -np.inf, np.nan, np.float32("nan")):
        assert not reals(0).contains(value)
        assert not reals(0, 1, closed="both").contains(value)
    assert reals(0).text == "a float in [0, inf)"


def test_a_tuple_is_not_empty_and_all_of_its_elements_belong():
    units = tuples_of(integers(1))
    assert units.text == "a tuple of int >= 1"
    assert units.contains((np.int64(3), 2))
    for value in ((), [], (3, 0), (3, "a"), (3, True), "33", {3}):
        assert not units.contains(value)


def test_united_domains_say_all_they_accept():
    assert (integers(1) | one_of("auto") | NONE).text == "an int >= 1 or 'auto' or None"


@pytest.mark.parametrize(
    ("domain", "error_text", "type_text"),
    [
        (integers(1), "an int >= 1", "int"),
        (integers(1) | tuples_of(integers(1)), "an int >= 1 or a tuple of int >= 1",
         "int or tuple of int"),
        (one_of("last", "mean"), "'last', 'mean'", '{"last", "mean"}'),
        (one_of("cosine") | NONE | CALLABLE, "'cosine' or None or a callable",
         '"cosine", callable or None'),
        (singles(0, 1), "a float in [0, 1)", "float in [0, 1)"),
        (NONE | BOOLEAN, "None or a bool", "bool or None"),
        (tuples_of(one_of("a", "b") | integers(2)), "a tuple of 'a', 'b' or an int >= 2",
         'tuple of {"a", "b"} or int'),
        (satisfying("a list of str", bool), "a list of str", "list of str"),
        (satisfying("a pair (low, high), low < high", bool, "tuple of float"),
         "a pair (low, high), low < high", "tuple of float"),
    ],
)  # fmt: skip
def test_errors_name_the_bounds_and_documentation_names_the_type(domain, error_text, type_text):
    assert domain.text == error_text
    assert domain.type_text == type_text


@pytest.mark.parametrize(
    ("kind", "name", "heading"),
    [
        (skrnn.GRURegressor, "units", "int or tuple of int, default=32"),
        (skrnn.GRURegressor, "pooling", '{"last", "mean", "max", "attention"}, default="last"'),
        (skrnn.GRURegressor, "dropout", "float in [0, 1), default=0.0"),
        (skrnn.GRURegressor, "random_state", "int, RandomState or None, default=None"),
        (skrnn.GRUForecaster, "window_length", 'int or "auto", default="auto"'),
        (skrnn.SlidingWindow, "window_length", "int"),
        (skrnn.SlidingWindow, "groups", "str, tuple of str or None, default=None"),
    ],
)
def test_headings_of_public_parameters_are_numpydoc(kind, name, heading):
    assert kind._parameters[name].heading == heading
    assert f"{name} : {heading}\n" in kind.__doc__


# ------------------------------------------------------------------ plain values


def test_numpy_scalars_and_lists_become_plain():
    for value, expected in [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.True_, True),
        ([np.int8(1), (np.int8(2),)], (1, (2,))),
        ("text", "text"),
        (None, None),
    ]:
        assert plain(value) == expected
        assert type(plain(value)) is type(expected)
    assert all(type(element) is int for element in plain([np.int64(1), 2]))
