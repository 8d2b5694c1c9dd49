"""What a forecaster learns from series beside the weights of its network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn.engine.program import lease
from skrnn.engine.spec import Spec
from skrnn.forecasting.covariates import Ahead, Roles
from skrnn.forecasting.rolling import roll
from skrnn.forecasting.series import Series, named
from skrnn.forecasting.tables import Rows, WindowTable, as_singles
from skrnn.forecasting.uncertainty import Correction, quantiles_of, widened
from skrnn.networks.forecast import Forecast
from skrnn.preprocessing.scaling import Standardiser

#: Windows on which errors are measured, at most; and numbers held at a time for that.
MOST_MEASURED = 2000
MOST_NUMBERS = 2 * 10**7


@dataclass(frozen=True, eq=False)
class Learned:
    """What forecasting a series needs, whether it was learnt from or not.

    Attributes
    ----------
    spec : Spec
        The network.
    roles : Roles
        The columns of X.
    covariates : Standardiser
        Their scaling.
    common : Standardiser or None
        The scaling of all series, where they do not have one each.
    cycles : tuple
        The cycles of the calendar among the known columns.
    n_columns : int
        Columns of y.
    correction : Correction or None
        Errors measured, for the intervals.
    columns : tuple
        The names of the columns of y in ``pretrain``, which later fits take them by.
    """

    spec: Spec
    roles: Roles
    covariates: Standardiser
    common: Standardiser | None
    cycles: tuple[str | float, ...]
    n_columns: int
    correction: Correction | None = None
    columns: tuple[Any, ...] = ()

    @property
    def network(self) -> Forecast:
        """Return the network."""
        assert isinstance(self.spec.network, Forecast)
        return self.spec.network

    def scaling_of(self, one: Series) -> Standardiser:
        """Return the scaling of a series: that of all, or what its own rows give."""
        if self.common is None:
            return Standardiser.fit(one.values, np.ones(len(one)))
        n_alike = one.values.shape[1] // len(self.common.mean)  # one scaling of all channels
        if n_alike == 1:
            return self.common
        return Standardiser(np.tile(self.common.mean, n_alike), np.tile(self.common.scale, n_alike))

    def check_range(self, one: Series, scaling: Standardiser) -> None:
        """Raise ValueError if a value of a series is beyond single precision once scaled."""
        as_singles(one.values, scaling, one.index, named(one.key))
        as_singles(one.covariates, self.covariates, one.index, f"X for {named(one.key)}")

    def table(
        self, series: Sequence[Series], scalings: Sequence[Standardiser], ahead: Sequence[Ahead]
    ) -> WindowTable:
        """Lay series out for the network."""
        season = max(self.network.differences, default=1)
        layout = self.network.layout
        return WindowTable.of(series, scalings, ahead, layout, self.covariates, self.cycles, season)

    def training_table(
        self, series: Sequence[Series], scalings: Sequence[Standardiser]
    ) -> WindowTable:
        """Lay series out to learn from, a horizon further than their ends."""
        horizon = self.network.layout.horizon
        ahead = [Ahead.of(one, self.roles, horizon) for one in series]
        return self.table(series, scalings, ahead)

    def rolled(
        self, weights: Any, table: WindowTable, starts: Rows, n_ahead: int
    ) -> NDArray[np.float64]:
        """Return what `roll` returns for the network with these weights."""
        with lease(self.spec) as program:
            program.load(weights)
            return roll(program, table, self.network.head, starts, n_ahead)

    def corrected(
        self, table: WindowTable, weights: Any, begins: Rows, ends: Rows, n_ahead: int
    ) -> Self:
        """Return the same with the errors of forecasts measured from ``begins`` to ``ends``.

        Raises
        ------
        ValueError
            If there is no window with a target there.
        """
        numbers, origins = table.origins(begins, ends, only_after=True)
        if len(numbers) == 0:
            raise ValueError(
                "calibration leaves no window to measure errors on: the latest part of each "
                f"series has at most {int((ends - begins).max())} observed times; give a larger "
                "share, or longer series."
            )
        head, horizon = self.network.head, self.network.layout.horizon
        n_each = n_ahead * table.layout.n_targets * 30
        most = max(50, min(MOST_MEASURED, MOST_NUMBERS // n_each))
        some = np.unique(np.linspace(0, len(numbers) - 1, most).astype(np.int64))
        numbers, origins = numbers[some], origins[some]
        parameters = self.rolled(weights, table, table.starts(numbers, origins), n_ahead)
        targets = table.targets(numbers, origins, ends, n_ahead)[np.arange(len(numbers))]
        truth = targets.reshape(parameters.shape[:3]).astype(np.float64)
        quantiles = widened(quantiles_of(head, parameters), horizon)
        return replace(self, correction=Correction.measure(quantiles, truth))


def of_channels(scalings: Sequence[Standardiser]) -> list[Standardiser]:
    """Return the scalings of the columns of series, one for each."""
    return [
        Standardiser(scaling.mean[[channel]], scaling.scale[[channel]])
        for scaling in scalings
        for channel in range(len(scaling.mean))
    ]


@dataclass(frozen=True)
class Parts:
    """Where, in each series, learning ends, validation ends and calibration ends.

    Attributes
    ----------
    learnt, validated, ends : ndarray of int of shape (n_series,)
        Times, counted from the first; equal where there is no such part.
    """

    learnt: Rows
    validated: Rows
    ends: Rows

    @classmethod
    def of(
        cls, n_times: Sequence[int], validation: float | None, calibration: float | None
    ) -> Self:
        """Cut the latest parts off series of the given lengths, at least one time each."""

        def without(times: Rows, share: float | None) -> Rows:
            if share is None:
                return times
            return np.maximum(times - [math.ceil(share * n) for n in times], 0)

        ends = np.asarray(n_times, dtype=np.int64)
        validated = without(ends, calibration)
        return cls(without(validated, validation), validated, ends)
