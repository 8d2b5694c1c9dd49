"""Strategies of the machines: recipes, well-formed ones more often than others."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz import recipes as made
from tests.fuzz import series as times
from tests.fuzz import texts as words
from tests.fuzz.junk import JUNK, Junk
from tests.fuzz.recipes import Weights, X, Y, exists

VALUES = ("normal", "tokens", "constant", "1e-300", "1e300", "1e39", "1e160", "-1e-160", "0")

#: Forms in which well-formed sequences come most often.
USUAL = ("array", "ragged", "panel", "frames", "windows", "flat", "float32", "list")


def mostly(good: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], one_in: int = 4) -> Any:
    """Draw a well-formed value, and sometimes an unusual one."""
    return st.sampled_from(range(one_in)).flatmap(lambda n: odd if n == one_in - 1 else good)


junk = st.sampled_from(sorted(JUNK)).map(Junk)


def sequences(features: int = 2) -> st.SearchStrategy[Any]:
    """Draw sequences: usual ones, in any form, with faults, or no data at all."""
    usual = st.builds(
        X,
        form=st.sampled_from(USUAL),
        n=st.sampled_from([6, 9]),
        features=st.just(features),
        seed=st.integers(0, 2),
    )
    any_form = st.builds(
        X,
        form=st.sampled_from(list(made.FORMS)),
        n=st.sampled_from([6, 1, 2]),
        features=st.sampled_from([features, features, 1, 3]),
        values=mostly(st.just("normal"), st.sampled_from(VALUES), 3),
        seed=st.integers(0, 2),
    )
    spoilt = st.builds(
        X,
        form=st.sampled_from(list(made.FORMS)),
        n=st.sampled_from([6, 1]),
        steps=st.sampled_from([5, 1, 12]),
        features=st.just(features),
        values=mostly(st.just("normal"), st.sampled_from(VALUES), 3),
        fault=st.sampled_from(list(made.FAULTS)),
    )
    odd = mostly(any_form, mostly(spoilt, junk, 5), 2)
    return mostly(usual, odd, 2).filter(lambda recipe: exists(recipe))


def targets(like: X, usual: tuple[str, ...], *, each_step: bool = False) -> st.SearchStrategy[Any]:
    """Draw targets of sequences: mostly of a usual kind, sometimes in a form or with a fault."""
    if not isinstance(like, X):
        like = X()
    forms = list(made.STEP_FORMS if each_step else made.TARGET_FORMS)
    natural = "natural" if each_step else "array"
    good = st.builds(
        Y,
        kind=st.sampled_from(usual),
        like=st.just(like),
        form=st.just(natural),
        each_step=st.just(each_step),
    )
    odd = st.builds(
        Y,
        kind=mostly(st.sampled_from(usual), st.sampled_from(list(made.TARGETS)), 2),
        like=st.just(like),
        form=st.sampled_from(forms),
        fault=mostly(st.just(""), st.sampled_from(list(made.TARGET_FAULTS)), 2),
        each_step=st.just(each_step),
    )
    return mostly(good, mostly(odd, junk, 8), 2).filter(lambda recipe: exists(recipe))


def weights(like: X) -> st.SearchStrategy[Any]:
    """Draw sample weights: none, or some."""
    kinds = st.sampled_from(made.WEIGHTS).map(lambda kind: Weights(getattr(like, "n", 6), kind))
    return mostly(st.none(), kinds)


def texts(usual: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Draw texts and what takes their place."""
    good = st.builds(words.Texts, kind=st.sampled_from(usual), n=st.just(6), seed=st.integers(0, 2))
    odd = st.builds(
        words.Texts,
        kind=st.sampled_from(list(words.KINDS_OF_TEXT)),
        n=st.sampled_from([6, 1, 2]),
        length=st.sampled_from([4, 1, 9]),
    )
    return mostly(good, mostly(odd, junk, 6), 2).filter(lambda recipe: exists(recipe))


def series(
    index: str = "days", keys: int = 0, columns: int = 0, starts: tuple[int, ...] = (0,)
) -> st.SearchStrategy[Any]:
    """Draw a series, or a panel of some."""
    shape: dict[str, Any] = {
        "index": st.just(index),
        "keys": st.just(keys),
        "columns": st.just(columns),
        "start": st.sampled_from(starts),
    }
    good = st.builds(times.Series, n=st.just(30), **shape)
    odd = st.builds(
        times.Series,
        **shape
        | {
            "index": mostly(st.just(index), st.sampled_from(list(times.INDEXES)), 3),
            "keys": mostly(st.just(keys), st.sampled_from([0, 1, 2]), 4),
            "columns": mostly(st.just(columns), st.sampled_from([0, 1, 2]), 4),
            "n": st.sampled_from([30, 1, 2, 5]),
            "values": mostly(st.just("normal"), st.sampled_from(VALUES)),
            "fault": mostly(st.just(""), st.sampled_from(times.SERIES_FAULT_NAMES), 2),
            "dtype": mostly(st.just("float64"), st.sampled_from(times.DTYPES)),
        },
    )
    return mostly(good, mostly(odd, junk, 8), 3).filter(lambda recipe: exists(recipe))


def horizons(index: str = "days", end: int = 30) -> st.SearchStrategy[Any]:
    """Draw a forecasting horizon."""
    good = st.builds(
        times.Horizon,
        kind=st.sampled_from(times.HORIZONS[:3]),
        index=st.just(index),
        end=st.just(end),
    )
    odd = st.builds(
        times.Horizon, kind=st.sampled_from(times.HORIZONS), index=st.just(index), end=st.just(end)
    )
    return mostly(good, odd, 3).filter(lambda recipe: exists(recipe))
