"""Vocabulary: the id of each token of a fit, and the treatment of unknown tokens."""

from __future__ import annotations

import reprlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from skrnn.parameters import integers, one_of, parameter

HANDLE_UNKNOWN: Any = parameter(
    default="token",
    domain=one_of("error", "token"),
    doc="""Treatment of tokens that did not occur in the fit: "token" replaces each by one
    unknown token, "error" raises ValueError. Tokens that occurred in the fit but were too rare
    to be kept are replaced by the unknown token in both cases.""",
)
MIN_COUNT: Any = parameter(
    default=1,
    domain=integers(1),
    doc="""Minimum number of occurrences of a token in the fit, over all sequences; rarer tokens
    are replaced by the unknown token.""",
)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Id of each token that a fit kept, and of the unknown token.

    Attributes
    ----------
    tokens : list of hashable
        The tokens in the order of their ids.
    numbers : mapping of hashable to int
        The id of each token, in the same order.
    unknown : int
        The id of any other token.
    dropped : frozenset or None
        Tokens of the fit that were not kept, where other tokens are refused; None accepts all.
    min_count : int
        Minimum number of occurrences of the tokens kept.
    """

    tokens: list[Any]
    numbers: Mapping[Any, int]
    unknown: int
    dropped: frozenset[Any] | None
    min_count: int = 1

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields as lists and numbers, whatever the type of the tokens."""
        state = {name: value for name, value in vars(self).items() if name != "numbers"}
        dropped = None if self.dropped is None else list(self.dropped)
        return {**state, "first": next(iter(self.numbers.values()), 0), "dropped": dropped}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the fields."""
        fields = {name: value for name, value in state.items() if name != "first"}
        numbers = {token: number for number, token in enumerate(state["tokens"], state["first"])}
        dropped = None if state["dropped"] is None else frozenset(state["dropped"])
        vars(self).update({**fields, "numbers": numbers, "dropped": dropped})

    @classmethod
    def of(
        cls,
        kept: Iterable[Hashable],
        seen: Iterable[Hashable],
        handle_unknown: str,
        *,
        first: int,
        unknown: int,
        min_count: int = 1,
    ) -> Self:
        """Return the vocabulary of the tokens that were kept, numbered from ``first``.

        ``seen`` are all tokens of the fit.
        """
        numbers = {token: number for number, token in enumerate(kept, first)}
        refuses = handle_unknown == "error"
        dropped = frozenset(token for token in seen if token not in numbers) if refuses else None
        return cls(list(numbers), numbers, unknown, dropped, min_count)

    def encode(self, tokens: Iterable[Any], name: str) -> list[int]:
        """Return the ids of tokens, passed as ``name``.

        Raises
        ------
        ValueError
            If a token did not occur in the fit, with ``handle_unknown="error"``.
        """
        tokens = list(tokens)
        unseen = [] if self.dropped is None else self.unseen(tokens)
        if unseen:
            raise ValueError(
                f"{name} holds tokens that were not in the fit: {reprlib.repr(unseen)}; leave them "
                "out, or fit with handle_unknown='token', which replaces them by the unknown token."
            )
        return [self.numbers.get(token, self.unknown) for token in tokens]

    def unseen(self, tokens: Iterable[Any]) -> list[Any]:
        """Return the tokens that did not occur in the fit, each once, sorted by their repr."""
        dropped = self.dropped or ()
        others = {token for token in tokens if token not in self.numbers}
        return sorted((token for token in others if token not in dropped), key=repr)


def ids_of(codec: Any) -> dict[Any, int]:
    """Return the id of each token of a codec.

    Raises
    ------
    AttributeError
        If it has no vocabulary.
    """
    if not hasattr(codec, "vocabulary"):
        raise AttributeError("piano rolls, values and vectors have no vocabulary.")
    return dict(codec.vocabulary.numbers)


def parameters_of(codec: Any) -> dict[str, Any]:
    """Return the parameters that the vocabulary of a codec was learned with, if it has one."""
    if not hasattr(codec, "vocabulary"):
        return {}
    handle_unknown = "token" if codec.vocabulary.dropped is None else "error"
    return {"min_count": codec.vocabulary.min_count, "handle_unknown": handle_unknown}
