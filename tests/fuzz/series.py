"""Recipes of series, covariates and horizons for forecasters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz.recipes import NAMES, Recipe

INDEXES: dict[str, Any] = {
    "days": lambda n: pd.date_range("2024-01-01", periods=n, freq="D"),
    "hours": lambda n: pd.date_range("2024-01-01", periods=n, freq="h"),
    "business_days": lambda n: pd.date_range("2024-01-01", periods=n, freq="B"),
    "weeks": lambda n: pd.date_range("2024-01-01", periods=n, freq="W-WED"),
    "month_starts": lambda n: pd.date_range("2024-01-01", periods=n, freq="MS"),
    "business_month_ends": lambda n: pd.date_range("2024-01-01", periods=n, freq="BME"),
    "two_days": lambda n: pd.date_range("2024-01-01", periods=n, freq="2D"),
    "no_freq": lambda n: pd.DatetimeIndex(pd.date_range("2024-01-01", periods=n).to_numpy()),
    "berlin": lambda n: pd.date_range("2024-03-28", periods=n, freq="6h", tz="Europe/Berlin"),
    "utc": lambda n: pd.date_range("2024-03-28", periods=n, freq="h", tz="UTC"),
    "months": lambda n: pd.period_range("2020-01", periods=n, freq="M"),
    "quarters": lambda n: pd.period_range("2000Q1", periods=n, freq="Q"),
    "day_periods": lambda n: pd.period_range("2024-01-01", periods=n, freq="D"),
    "range": lambda n: pd.RangeIndex(n),
    "from_ten": lambda n: pd.RangeIndex(10, 10 + n),
    "integers": lambda n: pd.Index(np.arange(n)),
    "even": lambda n: pd.Index(np.arange(n) * 2),
    "gaps": lambda n: pd.date_range("2024-01-01", periods=n + 3, freq="D").delete([5, 6, 9]),
    "irregular": lambda n: pd.DatetimeIndex(np.datetime64("2024-01-01") + _uneven(n)),
    "falling": lambda n: pd.date_range("2024-01-01", periods=n, freq="D")[::-1],
    "repeated": lambda n: pd.date_range("2024-01-01", periods=n, freq="D")[[0, *range(n - 1)]],
    "nat": lambda n: pd.date_range("2024-01-01", periods=n, freq="D").insert(0, pd.NaT)[:n],
    "texts": lambda n: pd.Index([f"2024-{i:04}" for i in range(n)]),
    "floats": lambda n: pd.Index(np.arange(n) * 0.5),
    "objects": lambda n: pd.Index(list(pd.date_range("2024", periods=n)), dtype=object),
    "arrow": lambda n: pd.date_range("2024", periods=n).astype("timestamp[ns][pyarrow]"),
    "timedeltas": lambda n: pd.timedelta_range("1D", periods=n, freq="D"),
}
REGULAR = tuple(INDEXES)[:17]


def _uneven(n: int) -> np.ndarray:
    return np.cumsum(1 + np.arange(n) % 3).astype("timedelta64[D]")


@dataclass(frozen=True, repr=False)
class Series(Recipe):
    """One series, or a panel or hierarchy of some, as a Series or DataFrame.

    Attributes
    ----------
    index : str
        Which times, of `INDEXES`.
    start, n : int
        The rows ``start`` to ``start + n`` of a longer series.
    columns : int
        0 is a Series, or a DataFrame of one column in a panel.
    keys : int
        Series in a panel; 0 is none.
    values, fault : str
        As in `X`.
    """

    index: str = "days"
    n: int = 30
    start: int = 0
    columns: int = 0
    keys: int = 0
    values: str = "normal"
    fault: str = ""
    dtype: str = "float64"

    @property
    def has_missing(self) -> bool:
        """Tell whether there is NaN in it, or what becomes NaN."""
        return self.fault in ("nan", "last_nan", "all_nan", "none")

    def build(self) -> Any:
        """Return the series."""
        frames = {f"s{key}": self._one(key) for key in range(max(1, self.keys))}
        if self.fault == "nan_key" and self.keys:
            frames[None] = frames.pop("s0")
        if self.fault == "uneven" and self.keys > 1:
            frames["s0"] = frames["s0"].iloc[3:]
        if self.keys:
            return pd.concat(frames, names=["shop", "time"])
        frame = frames["s0"]
        return frame if self.columns else frame["a"]

    def _one(self, key: int) -> pd.DataFrame:
        whole = np.sin(np.arange(self.start + self.n) / 2 + key)[self.start :]
        table = np.stack([whole + column for column in range(max(1, self.columns))], axis=1)
        if self.values == "constant":
            table = np.full_like(table, 7.0)
        elif self.values != "normal":
            table = table * float(self.values)
        index = INDEXES[self.index](self.start + self.n)[self.start :]
        if self.fault == "swapped_rows":
            index = index[[1, 0, *range(2, len(index))]]
        frame = pd.DataFrame(table, index=index, columns=list(NAMES[: table.shape[1]]))
        return SERIES_FAULTS.get(self.fault, lambda frame: frame)(frame).astype(
            "object" if self.fault in ("text", "none") else self.dtype
        )


def _put(value: Any) -> Any:
    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        made = frame.astype(object) if isinstance(value, str | None) else frame.copy()
        made.iloc[len(frame) // 2, 0] = value
        return made

    return spoil


def _last_nan(frame: pd.DataFrame) -> pd.DataFrame:
    made = frame.copy()
    made.iloc[-1:, 0] = np.nan
    return made


SERIES_FAULTS: dict[str, Any] = {
    "": lambda frame: frame,
    "nan": _put(np.nan),
    "last_nan": _last_nan,
    "inf": _put(np.inf),
    "1e39": _put(1e39),
    "1e300": _put(1e300),
    "all_nan": lambda frame: frame * np.nan,
    "text": _put("much"),
    "none": _put(None),
    "twice": lambda frame: pd.concat([frame, frame[-1:]]),
    "double_name": lambda frame: frame.set_axis(["a"] * frame.shape[1], axis=1),
    "number_names": lambda frame: frame.set_axis(range(frame.shape[1]), axis=1),
}
SERIES_FAULT_NAMES = (*SERIES_FAULTS, "nan_key", "uneven", "swapped_rows")
DTYPES = ("float64", "float32", "Float64", "double[pyarrow]", ">f8", "float16")


@dataclass(frozen=True, repr=False)
class Horizon(Recipe):
    """A forecasting horizon."""

    kind: str = "one"
    index: str = "days"
    end: int = 30

    def build(self) -> Any:
        """Return it."""
        from sktime.forecasting.base import ForecastingHorizon

        times = INDEXES[self.index](self.end + 4)[self.end :]
        made = {
            "one": lambda: [1],
            "three": lambda: [1, 2, 3],
            "range": lambda: range(1, 4),
            "number": lambda: 2,
            "later": lambda: [2, 5],
            "unsorted": lambda: [3, 1],
            "past": lambda: [-1, 0, 1],
            "zero": lambda: [0],
            "far": lambda: [40],
            "empty": lambda: [],
            "repeated": lambda: [1, 1],
            "fraction": lambda: [1.5],
            "text": lambda: ["a"],
            "none": lambda: None,
            "nan": lambda: [np.nan],
            "array": lambda: np.array([1, 2], dtype=np.int32),
            "relative": lambda: ForecastingHorizon([1, 3], is_relative=True),
            "times": lambda: ForecastingHorizon(times[1:3], is_relative=False),
            "index": lambda: times[:2],
            "off_grid": lambda: times[:1] + pd.Timedelta("17min"),
            "before": lambda: ForecastingHorizon(
                INDEXES[self.index](self.end)[-3:], is_relative=False
            ),
            "days": lambda: pd.to_timedelta([1, 3], unit="D"),
            "seconds": lambda: pd.to_timedelta([1, 3], unit="D").as_unit("s"),
            "tokyo": lambda: ForecastingHorizon(times.tz_convert("Asia/Tokyo"), is_relative=False),
        }
        return made[self.kind]()


HORIZONS = (
    "one",
    "three",
    "range",
    "number",
    "later",
    "relative",
    "times",
    "past",
    "array",
    "days",
)
HORIZONS += ("seconds", "index", "off_grid", "before", "tokyo", "unsorted", "zero", "far", "empty")
HORIZONS += ("repeated", "fraction", "text", "none", "nan")
