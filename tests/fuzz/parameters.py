"""Values of parameters, drawn from the domains that the package declares.

Nothing here lists the parameters of an estimator: a domain says of every value in `VALUES` whether
it lies inside, and its text names the options. A parameter that is declared tomorrow is covered.
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

import skrnn
from skrnn import networks
from skrnn.parameters import Parameter
from tests.fuzz.recipes import Recipe

#: What a domain is asked about, small things first: work and memory grow with them.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 1, 2, 3, 4, 0, -1),
    *(0.5, 0.25, 0.01, 0.05, 1.0, 0.0, -0.5, 5.0, 1e-30, 1e30),
    *(float("nan"), float("inf"), -float("inf")),
    *(np.int64(2), np.float64(0.5), np.float32(0.25), np.bool_(True), np.array(2), np.array([2])),
    *((2,), (2, 3), [2, 2], (3, 2, 2), (), [], (0,), (0.5,), (1, "a"), ((2,),)),
    *((0, 1), (0.25, 0.75), (25.0, 75.0), (0.1, 0.5, 0.9), (0.9, 0.5, 0.1)),
    *("much", "", "a", "auto", b"gru", 2 + 1j, 10**30, 2**31, 2**32),
    *(["a"], ("b",), ["a", "c"], {0: 2.0, 1: 1.0}, {"up": 2.0, "down": 1.0}, {}, {0: -1.0}),
    *("day_of_week", ("day_of_week", 7), ("much",), (7,), r"\w+", "("),
    *(len, str, object, np.ndarray, NotImplemented, slice(None), range(3), {1, 2}),
)

#: What takes time or memory in proportion to a value: large ones are not for a fuzz test.
COSTLY = {"epochs", "update_epochs", "n_layers", "n_blocks", "units", "filters", "horizon"}
COSTLY |= {"batch_size", "n_heads", "width", "feedforward", "conv_filters", "embedding_dim"}
COSTLY |= {"kernel_size", "conv_kernel_size", "conv_strides", "window_length", "beam_width"}
COSTLY |= {"max_length", "memory", "chunk_length", "segment_length", "differences", "n_networks"}

#: Data to a compiled program (docs/how_to_choose.md); all others are drawn once, for the pool.
FREE = {
    "learning_rate",
    "learning_rate_schedule",
    "epochs",
    "random_state",
    "early_stopping",
    "patience",
}
FREE |= {"validation", "validation_fraction", "purge", "shuffle", "warm_start", "scale_input"}
FREE |= {
    "scale_target",
    "callbacks",
    "metrics",
    "monitor",
    "verbose",
    "contamination",
    "smoothing",
    "memory",
}
FREE |= {"event_threshold", "min_event_length", "background", "class_weight", "update_epochs"}
FREE |= {"calibration", "max_length", "beam_width", "handle_unknown"}

#: What has to be small for a call to take milliseconds.
SMALL: dict[str, Any] = {"epochs": 1, "verbose": 0, "update_epochs": 1, "batch_size": 32}
SMALL["horizon"] = 3  # otherwise each fh has a program of its own
SMALL["checkpoint"] = None  # a call is to write no files

#: Specs of each class in the pool.
N_SPECS = 3
N_SPECS_OF_MANY = 5


class Network(Recipe):
    """A network object of the package."""

    def __init__(self, name: str, **params: Any) -> None:
        self.name = name
        self.params = params

    def build(self) -> Any:
        """Return the network."""
        return networks.BY_NAME[self.name](**self.params)

    def __repr__(self) -> str:
        named = [f"{name}={value!r}" for name, value in self.params.items()]
        return f"Network({', '.join([repr(self.name), *named])})"


class Made(Recipe):
    """An estimator of the package, with the settings of `small` and others."""

    def __init__(self, name: str, **params: Any) -> None:
        self.name = name
        self.params = params

    def build(self) -> Any:
        """Return the estimator."""
        given = small(getattr(skrnn, self.name)) | self.params
        made = {n: v.made() if isinstance(v, Recipe) else v for n, v in given.items()}
        return getattr(skrnn, self.name)(**made)

    def __repr__(self) -> str:
        named = [f"{name}={value!r}" for name, value in self.params.items()]
        return f"Made({', '.join([repr(self.name), *named])})"


class Seed(Recipe):
    """A numpy RandomState."""

    def build(self) -> Any:
        """Return it."""
        return np.random.RandomState(0)

    def __repr__(self) -> str:
        return "Seed()"


def options(declared: Parameter) -> list[Any]:
    """Return the strings that a domain names."""
    return re.findall(r"'([^']*)'", declared.domain.text)


def inside(name: str, declared: Parameter) -> list[Any]:
    """Return values that the domain of a parameter contains, small ones first."""
    found = [v for v in (*options(declared), *VALUES) if _contains(declared, v)]
    if "network object" in declared.domain.text:
        found = [n for n in found if isinstance(n, str)]
        found = [Network(n, **small(networks.BY_NAME[n])) for n in found]
    elif "RandomState" in declared.domain.text:
        found = [*found, Seed()]
    elif "callable" in declared.domain.text or "function" in declared.domain.text:
        found = [v for v in found if not callable(v)]  # what a user's function does is the user's
    return [v for v in found if not (name in COSTLY and _is_huge(v))]


def _is_huge(value: Any) -> bool:
    return isinstance(value, int | float) and not value <= 5


def outside(declared: Parameter) -> list[Any]:
    """Return values that the domain of a parameter does not contain."""
    return [v for v in VALUES if not _contains(declared, v)]


def _contains(declared: Parameter, value: Any) -> bool:
    try:
        return bool(declared.domain.contains(value))
    except Exception:
        return False  # the machine will find it: such a value is drawn as one from outside


def small(cls: Any) -> dict[str, Any]:
    """Return settings with which a class works in milliseconds: no default above 4 stays."""
    found = {}
    for name, declared in cls._parameters.items():
        default = declared.default
        if name in SMALL:
            found[name] = SMALL[name]
        elif "network object" in declared.domain.text:
            found[name] = Network("gru", units=2)
        elif name != "max_tokens" and _is_large(default):
            small_ones = [v for v in (2, 3, 4, (2,)) if _contains(declared, v)]
            found[name] = small_ones[1 if "window" in name else 0] if small_ones else default
    if "random_state" in cls._parameters:
        found["random_state"] = 0
    return found


def _is_large(default: Any) -> bool:
    if isinstance(default, tuple):
        return any(map(_is_large, default)) and all(isinstance(v, int) for v in default)
    missing = default is Parameter or default.__class__ is type
    return missing or (isinstance(default, int) and not isinstance(default, bool) and default > 4)


@cache
def pool(name: str) -> tuple[dict[str, Any], ...]:
    """Return the few settings of a class that programs are compiled for, always the same.

    The first is small and otherwise the default; the others differ in some parameters, each by
    another value of its domain.
    """
    cls = getattr(skrnn, name)
    many = name.startswith("Sequence") and name not in ("SequenceRegressor", "SequenceClassifier")
    drawn = random.Random(name)
    found = [small(cls)]
    for _ in range((N_SPECS_OF_MANY if many else N_SPECS) - 1):
        settings = small(cls)
        compiled = [n for n in cls._parameters if n not in FREE and n not in SMALL]
        for parameter in drawn.sample(compiled, min(4, len(compiled))):
            settings[parameter] = drawn.choice(_others(parameter, cls._parameters[parameter]))
        found.append(settings)
    if "horizon" in cls._parameters:
        found[-1]["horizon"] = None
    return tuple(found)


def _others(name: str, declared: Parameter) -> list[Any]:
    """Return small values inside a domain that are not the default, or else the default."""
    found = [v for v in inside(name, declared) if not _is_huge(v)]
    return [v for v in found if repr(v) != repr(declared.default)] or [declared.default]


def free(cls: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw some parameters that are data to a program, from their domains."""
    names = [n for n in cls._parameters if n in FREE and n not in ("epochs", "verbose")]
    each = {n: st.sampled_from(inside(n, cls._parameters[n])) for n in names}
    if not each:
        return st.just({})
    chosen = st.lists(st.sampled_from(sorted(each)), max_size=3, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({n: each[n] for n in names}))


def wrong(cls: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw one parameter with a value outside its domain."""
    pairs = [(n, v) for n, declared in cls._parameters.items() for v in outside(declared)]
    return st.sampled_from(pairs).map(lambda pair: {pair[0]: pair[1]})


def settings_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw parameters beside those of `small`: a spec, with other data; one in eight is wrong."""
    cls = getattr(skrnn, name)
    good = st.builds(dict.__or__, st.sampled_from(pool(name)), free(cls))
    bad = st.builds(dict.__or__, good, wrong(cls))
    drawn = st.sampled_from(range(8)).flatmap(lambda n: bad if n == 7 else good)
    usual = {n: repr(v) for n, v in small(cls).items()}
    return drawn.map(lambda found: {n: v for n, v in found.items() if repr(v) != usual.get(n)})


def change_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a change of one or a few parameters, to values in their domain or not."""
    cls = getattr(skrnn, name)
    unknown = st.just({"no_parameter": 1})
    return st.sampled_from(range(8)).flatmap(
        lambda n: unknown if n == 7 else wrong(cls) if n > 4 else free(cls)
    )
