"""Row labels as times, converted by their type."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_bool_dtype, is_complex_dtype, is_numeric_dtype

from skrnn._conversion import native_index

#: Number of labels examined to find dates or numbers in text.
SAMPLE = 20
_DATES = {"datetime64", "datetime", "date"}
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal"}


def as_times(labels: pd.Index, name: str = "the index of X") -> pd.Index | None:
    """Return labels as comparable and subtractable times, or None if they are names.

    Dates, periods, time differences and numbers are times, however they are stored.

    Raises
    ------
    ValueError
        If labels are dates or numbers written as text, or cannot be converted.
    """
    if isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex):
        return labels
    if isinstance(labels.dtype, pd.CategoricalDtype):
        labels = labels.astype(labels.dtype.categories.dtype)
    if is_numeric_dtype(labels.dtype) and not _is_no_number(labels.dtype):
        return native_index(labels)
    holds = infer_dtype(labels, skipna=True)
    try:
        if holds in _DATES:
            return pd.DatetimeIndex(labels)
        if holds in ("timedelta64", "timedelta"):
            return pd.TimedeltaIndex(labels)
        if holds == "period":
            return pd.PeriodIndex(labels)
        if holds in _NUMBERS:
            return labels.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} holds times that do not convert to one kind ({error}); give all of them one "
            "time zone or frequency."
        ) from error
    if holds == "string":
        _refuse_hidden_times(labels, name)
    return None


def _is_no_number(dtype: Any) -> bool:
    """Return whether a dtype is boolean or complex, numeric for pandas but not a time."""
    return is_bool_dtype(dtype) or is_complex_dtype(dtype)


def kind_of(times: pd.Index) -> str:
    """Return the type of comparable times."""
    if isinstance(times, pd.DatetimeIndex):
        return "aware dates" if times.tz is not None else "dates"
    if isinstance(times, pd.PeriodIndex):
        return f"periods of {times.freqstr}"
    return "time differences" if isinstance(times, pd.TimedeltaIndex) else "numbers"


def ordinals(times: pd.Index) -> np.ndarray[Any, np.dtype[Any]]:
    """Return times as numbers: in units of the index, periods, or unchanged."""
    if isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        return times.asi8
    return times.to_numpy(dtype=np.float64)


def warn_of_names(labels: pd.Index | None, table: str, stacklevel: int) -> None:
    """Warn that an index has names instead of times."""
    if labels is None or len(labels) == 0:
        return
    warnings.warn(
        f"the index of {table} holds names, such as {labels[0]!r}, which are no times: order, "
        "gaps and history cannot be seen, and rows are taken in the order in which they stand. "
        'Set an index of times, name their column with time="column", or drop the names with '
        f"{table}.reset_index(drop=True).",
        stacklevel=stacklevel + 1,
    )


def _refuse_hidden_times(labels: pd.Index, name: str) -> None:
    """Raise ValueError for text that holds dates or numbers."""
    table = name.removeprefix("the index of ") if name.startswith("the index of ") else "X"
    known = labels[labels.notna()]
    sample = pd.Index(known[:: max(1, len(known) // SAMPLE)][:SAMPLE], dtype=object)
    for holds, cure, reads in (
        ("numbers", "pd.to_numeric", pd.to_numeric),
        ("dates", "pd.to_datetime", _read_dates),
    ):
        try:
            reads(sample)
        except (TypeError, ValueError, OverflowError):
            continue
        raise ValueError(
            f"{name} holds {holds} as text, such as {sample[0]!r}, whose order and gaps cannot be "
            f"seen; convert them first, with {table}.index = {cure}({table}.index) or, for a "
            f"column, {table}[name] = {cure}({table}[name])."
        )


def _read_dates(texts: pd.Index) -> None:
    """Raise ValueError unless all texts are dates with a year."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        years = pd.to_datetime(texts, format="mixed", utc=True).year
    if (years < 1000).any():  # the year that takes the place of one that is not there is 1
        raise ValueError("texts without a year")
