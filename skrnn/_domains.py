"""What a parameter accepts, as a test and as words."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Keras, its backends and numpy's indices count in 32 bits somewhere.
GREATEST = 2**31 - 1


@dataclass(frozen=True)
class Domain:
    """The values that a parameter accepts, as a test and as words; ``|`` unites two.

    Attributes
    ----------
    text : str
        What it accepts, but for bounds that are far away.
    contains : callable
        From a value to whether it is accepted.
    options : tuple of str
        All texts that are accepted, where they are few.
    bound : callable
        From a value to the reason for its refusal that ``text`` leaves out.
    """

    text: str
    contains: Callable[[Any], bool]
    options: tuple[str, ...] = ()
    bound: Callable[[Any], str] = lambda _: ""

    def __or__(self, other: Domain) -> Domain:
        return Domain(
            f"{self.text} or {other.text}",
            lambda value: self.contains(value) or other.contains(value),
            self.options + other.options,
            lambda value: self.bound(value) or other.bound(value),
        )


def integers(low: int, high: int = GREATEST) -> Domain:
    """Accept integers from ``low`` to ``high``, which is named where a greater one is given."""
    return Domain(
        f"an int >= {low}",
        lambda value: _is_integer(value) and low <= value <= high,
        bound=lambda value: f", at most {high}" if _is_integer(value) and value > high else "",
    )


def reals(low: float, high: float = math.inf, *, closed: str = "left") -> Domain:
    """Accept real numbers from ``low`` to ``high``; ``closed`` names the ends that belong."""
    left, right = closed in ("left", "both"), closed in ("right", "both")
    upper = "inf" if math.isinf(high) else f"{high:g}"
    text = f"a float in {'[' if left else '('}{low:g}, {upper}{']' if right else ')'}"

    def contains(value: Any) -> bool:
        if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool_):
            return False
        try:
            number = float(value)
        except OverflowError:  # an int beyond all floats
            return False
        above = number >= low if left else number > low
        return above and (number <= high if right else number < high)

    return Domain(text, contains)


def singles(low: float, high: float = math.inf, *, closed: str = "left") -> Domain:
    """Accept what `reals` does, if it does so after rounding to the 32 bits of a network."""
    exact = reals(low, high, closed=closed)
    return Domain(
        exact.text,
        lambda value: exact.contains(value) and exact.contains(_rounded(value)),
        bound=lambda value: (
            f", and as a 32-bit float that is {_rounded(value):g}" if exact.contains(value) else ""
        ),
    )


def one_of(*options: str) -> Domain:
    """Accept one of the given strings."""
    text = ", ".join(repr(option) for option in options)
    return Domain(text, lambda value: isinstance(value, str) and value in options, options)


def tuples_of(element: Domain) -> Domain:
    """Accept non-empty tuples (or lists) whose elements all lie in ``element``."""
    return Domain(
        f"a tuple of {element.text.removeprefix('an ').removeprefix('a ')}",
        lambda value: (
            isinstance(value, tuple | list) and bool(value) and all(map(element.contains, value))
        ),
        element.options,
        lambda value: next(filter(None, map(element.bound, _elements(value))), ""),
    )


def satisfying(text: str, contains: Callable[[Any], bool]) -> Domain:
    """Accept what ``contains`` says, described by ``text``."""
    return Domain(text, contains)


def _is_integer(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _rounded(value: Any) -> float:
    """Return a number as a network has it: of 32 bits, zero where that has not all of them."""
    with np.errstate(over="ignore", under="ignore"):
        single = np.float32(value)
    return float(single) if abs(single) >= np.finfo(np.float32).tiny else 0.0


def _elements(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple | list) else ()


NONE = Domain("None", lambda value: value is None)
BOOLEAN = Domain("a bool", lambda value: isinstance(value, bool | np.bool_))
CALLABLE = Domain("a callable", callable)
#: Of a class an object is meant.
FUNCTION = Domain("a callable", lambda value: callable(value) and not isinstance(value, type))


def require(domain: Domain, name: str, value: Any, owner: str) -> None:
    """Raise ValueError if the argument ``name`` of ``owner`` lies outside its domain."""
    if not domain.contains(value):
        more = domain.bound(value) or _advice(domain, value)
        raise ValueError(
            f"{name}={value!r} was given to {owner}, which accepts {domain.text}{more}."
        )


def _advice(domain: Domain, value: Any) -> str:
    """Return how to write what is meant by a class, or by a text in other letters."""
    classes = [one for one in (value, *_elements(value)) if isinstance(one, type)]
    if classes:
        name = classes[0].__name__
        return f"; {name} is a class, so give an object of it, such as {name}()"
    meant = [
        one
        for one in domain.options
        if isinstance(value, str) and one.casefold() == value.casefold()
    ]
    return f"; write {meant[0]!r}" if meant else ""
