"""Series of a forecaster's fit and updates, with their scalings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from skrnn.forecasting.containers import Container
from skrnn.forecasting.fitted import SeriesEncoder
from skrnn.forecasting.horizons import of_each_grid
from skrnn.forecasting.series import Key, Series, label
from skrnn.forecasting.series_scaling import SeriesScaling


@dataclass(frozen=True, eq=False)
class History:
    """Series and their scalings by instance.

    Attributes
    ----------
    container : Container
        The levels and columns of y in fit.
    series : mapping of tuple to Series
        All their rows.
    scalings : mapping of tuple to SeriesScaling
        Scalings, from the first rows of each series.
    """

    container: Container
    series: Mapping[Key, Series] = field(default_factory=dict)
    scalings: Mapping[Key, SeriesScaling] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, with the series and their scalings as lists in one order."""
        scalings = [self.scalings[key] for key in self.series]
        return {**vars(self), "series": list(self.series.values()), "scalings": scalings}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the fields; series at equal times share them again."""
        keys = [one.key for one in state["series"]]
        times = of_each_grid(state["series"], lambda grid: grid)
        series = [replace(one, index=at) for one, at in zip(state["series"], times, strict=True)]
        of_keys = {
            "series": dict(zip(keys, series, strict=True)),
            "scalings": dict(zip(keys, state["scalings"], strict=True)),
        }
        vars(self).update({**state, **of_keys})

    def extended(
        self,
        newer: Sequence[Series],
        learned: SeriesEncoder,
        measured: Mapping[Key, SeriesScaling] | None = None,
    ) -> Self:
        """Return the history with new series, and with later rows of known ones.

        ``measured`` are the scalings of new series whose values are in range.

        Raises
        ------
        ValueError
            If a value is beyond single precision once scaled.
        """
        measured = measured or {}
        series, scalings = dict(self.series), {**measured, **self.scalings}
        unknown = [one for one in newer if one.key not in scalings]
        first = {one.key for one in newer if one.key not in self.scalings}
        scalings |= zip((one.key for one in unknown), learned.scalings_of(unknown), strict=True)
        for one in newer:
            known = series.get(one.key)
            series[one.key] = one if known is None else known.merged(one)
            if one.key not in first and not scalings[one.key].accepts(one.values):
                (scalings[one.key],) = learned.scalings_of([series[one.key]])
            if one.key not in measured or learned.roles.names:  # X may go on after the values
                learned.check_range(one, scalings[one.key])
        return replace(self, series=series, scalings=scalings)

    def scaling_for(self, newer: Series, learned: SeriesEncoder) -> SeriesScaling:
        """Return the scaling of a series for a backtest on newer rows.

        It is that of the fit, without logarithms and bounds if the newer rows need them not to be.

        Raises
        ------
        ValueError
            If the logarithm of a value is to be taken that is not positive.
        """
        scaling = self.scalings[newer.key]
        if scaling.accepts(newer.values):
            return scaling
        if learned.transform == "log":
            return learned.scalings_of([newer])[0]  # which refuses them
        return replace(learned, transform=None).scalings_of([self.series[newer.key]])[0]

    def scalings_of(self, series: Sequence[Series]) -> list[SeriesScaling]:
        """Return the scalings of some of the series."""
        return [self.scalings[one.key] for one in series]

    def end(self, cutoff: pd.Index) -> pd.Index:
        """Return a cutoff with the frequency of the series, which new rows may lack."""
        ends = of_each_grid(list(self.series.values()), lambda grid: grid[-1:])
        return next((end for end in ends if end[0] == cutoff[0]), cutoff)

    def until(self, cutoff: Any) -> list[Series]:
        """Return all series up to a time.

        Raises
        ------
        ValueError
            If one begins later.
        """
        every = list(self.series.values())
        n_times = of_each_grid(every, lambda grid: int(np.sum(np.asarray(grid <= cutoff))))
        series = [one.first(n) for one, n in zip(every, n_times, strict=True)]
        late = [one.key for one in series if len(one) == 0]
        if late:
            raise ValueError(f"the series {late[0]} of y begins after the cutoff, {cutoff}.")
        return series

    def warn_of_different_ends(self, stacklevel: int) -> None:
        """Warn if series end at different dates; other times have no common clock."""
        every = list(self.series.values())
        if not isinstance(every[0].index, pd.DatetimeIndex | pd.PeriodIndex):
            return
        ends = of_each_grid(every, lambda grid: grid[-1])
        earliest, latest = (best(range(len(ends)), key=ends.__getitem__) for best in (min, max))
        if ends[earliest] == ends[latest]:
            return
        names = [label(every[number].key) for number in (earliest, latest)]
        warnings.warn(
            f"the series of y end at different dates, from {ends[earliest]} (series {names[0]}) to "
            f"{ends[latest]} (series {names[1]}), so that the network learns from values of some "
            "series that are later than the forecasts of others; in a backtest, pass cutoff to "
            "fit, the latest time to learn from in all series. To forecast each series from its "
            f"own end, pass cutoff={str(ends[latest])!r}.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
