"""Exceptions of pandas that differ between its versions."""

from __future__ import annotations

try:  # before pandas 3, these errors of pytz reach the user
    from pytz.exceptions import InvalidTimeError  # type: ignore[import-untyped, unused-ignore]
except ImportError:
    CLOCK_ERRORS: tuple[type[Exception], ...] = (ValueError,)
else:
    #: Errors for times that the clocks of a time zone skip or repeat.
    CLOCK_ERRORS = (ValueError, InvalidTimeError)
