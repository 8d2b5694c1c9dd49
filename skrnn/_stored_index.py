"""Pandas indices and frequencies in fitted state, as arrays and texts.

Saved models hold numpy arrays, texts and numbers alone, which `skops` can check before it builds
anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: Dtypes of labels whose values are texts or other objects, and which their name gives.
_OF_OBJECTS = {"object", "str", "string"}


@dataclass(frozen=True, eq=False)
class StoredIndex:
    """Pandas index as plain values.

    Attributes
    ----------
    kind : {"dates", "durations", "periods", "range", "labels", "levels", "time", "other"}
        Type of the index; "time" is a single time, which is no index.
    values : object
        Ordinals of times, (start, stop, step) of a range or of evenly spaced ordinals, an array of
        labels, or the levels and codes of a MultiIndex; for a single time, the `StoredIndex` of it
        alone; an index of any other type itself.
    names : list
        Names of the levels.
    unit : str
        Unit of the ordinals of dates and durations.
    timezone : str, object or None
        Time zone of dates; the object, if no text gives it.
    frequency : str, object or None
        Frequency of times; the object, if no text gives it.
    dtype : str
        Dtype of labels.
    """

    kind: str
    values: Any
    names: list[Any]
    unit: str = ""
    timezone: Any = None
    frequency: Any = None
    dtype: str = ""

    @classmethod
    def of(cls, index: Any) -> StoredIndex:
        """Return an index as plain values."""
        names = list(index.names)
        if isinstance(index, pd.MultiIndex):
            levels = [cls.of(level) for level in index.levels]
            return cls("levels", (levels, [np.asarray(code) for code in index.codes]), names)
        if isinstance(index, pd.RangeIndex):
            return cls("range", (index.start, index.stop, index.step), names)
        if isinstance(index, pd.PeriodIndex):
            return cls("periods", _shortened(index.asi8), names, frequency=index.freqstr)
        if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
            zone = getattr(index, "tz", None)
            return cls(
                "durations" if isinstance(index, pd.TimedeltaIndex) else "dates",
                _shortened(index.asi8),
                names,
                unit=index.unit,
                timezone=_as_text(zone, str(zone), lambda text: pd.Timestamp(0, tz=text).tz),
                frequency=stored_offset(index.freq),
            )
        if str(index.dtype) in _OF_OBJECTS or index.dtype.kind in "iufb":
            return cls("labels", index.to_numpy(), names, dtype=str(index.dtype))
        return cls("other", index, names)

    def restore(self) -> Any:
        """Return the index, or the single time."""
        if self.kind == "other":
            return self.values
        if self.kind == "time":
            return self.values.restore()[0]
        if self.kind == "levels":
            levels, codes = self.values
            whole = [level.restore() for level in levels]
            return pd.MultiIndex(levels=whole, codes=codes, names=self.names)
        if self.kind == "range":
            start, stop, step = self.values
            return pd.RangeIndex(start, stop, step, name=self.names[0])
        if self.kind == "labels":
            return pd.Index(self.values, dtype=self.dtype, name=self.names[0])
        return self._times().rename(self.names[0])

    def _times(self) -> Any:
        ordinals = np.arange(*self.values) if isinstance(self.values, tuple) else self.values
        if self.kind == "periods":
            periods: Any = pd.PeriodIndex
            return periods.from_ordinals(ordinals, freq=self.frequency)
        if self.kind == "durations":
            times: Any = pd.TimedeltaIndex(ordinals.view(f"m8[{self.unit}]"))
        else:
            times = pd.DatetimeIndex(ordinals.view(f"M8[{self.unit}]"))
            if self.timezone is not None:
                times = times.tz_localize("UTC").tz_convert(self.timezone)
        times.freq = restored_offset(self.frequency)
        return times


class StoresIndices:
    """Base of classes whose pickled state has `StoredIndex` in place of pandas indices."""

    def __getstate__(self) -> Any:
        """Return the attributes, with indices as plain values."""
        state: Any = super().__getstate__()
        return {name: stored(value) for name, value in state.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the attributes."""
        vars(self).update({name: restored(value) for name, value in state.items()})


def stored(value: Any) -> Any:
    """Return an index or a time as a `StoredIndex`, also within tuples, others unchanged."""
    if type(value) is tuple:
        return tuple(map(stored, value))
    if isinstance(value, pd.Timestamp | pd.Period | pd.Timedelta):
        return StoredIndex("time", StoredIndex.of(pd.Index([value])), [])
    return StoredIndex.of(value) if isinstance(value, pd.Index) else value


def restored(value: Any) -> Any:
    """Return the index or time of a `StoredIndex`, also within tuples, others unchanged."""
    if type(value) is tuple:
        return tuple(map(restored, value))
    return value.restore() if isinstance(value, StoredIndex) else value


def stored_offset(offset: Any) -> Any:
    """Return the text of a pandas offset; itself, if no text gives it, and None for None."""
    return _as_text(offset, getattr(offset, "freqstr", ""), restored_offset)


def restored_offset(text: Any) -> Any:
    """Return the pandas offset of a text, and an offset or None unchanged."""
    return pd.tseries.frequencies.to_offset(text)


def _as_text(value: Any, text: str, read: Callable[[str], Any]) -> Any:
    """Return the text of a value, or the value itself unless it can be read from the text."""
    if value is None:
        return None
    try:
        return text if read(text) == value else value
    except (ValueError, KeyError):
        return value


def _shortened(ordinals: Any) -> Any:
    """Return ordinals as (start, stop, step) if they are evenly spaced, else unchanged."""
    steps = np.diff(ordinals[:2])
    if len(steps) == 0 or steps[0] == 0 or (np.diff(ordinals) != steps[0]).any():
        return np.asarray(ordinals)
    return int(ordinals[0]), int(ordinals[-1] + steps[0]), int(steps[0])
