"""Names of types in messages."""

from __future__ import annotations

from typing import Any

#: Letters whose names begin with a vowel.
_VOWELS_SPELLED = "AEFHILMNORSX"


def type_name(value: Any) -> str:
    """Return the name of the type of a value with its article, such as "an int" or "a str"."""
    name = type(value).__name__
    is_acronym = name[:2].isupper()  # of which each letter is read by its name
    if is_acronym:
        takes_an = name[0] in _VOWELS_SPELLED
    else:
        takes_an = name.lower().startswith(("a", "e", "i", "o", "ndarray"))
    return f"{'an' if takes_an else 'a'} {name}"
