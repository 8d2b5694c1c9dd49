"""Windows of series in an ONNX graph, from raw values to the rows that a network reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from skrnn.forecasting.fitted import SeriesEncoder
from skrnn.forecasting.history import History
from skrnn.forecasting.series_scaling import LARGEST_LOG
from skrnn.networks.wrappers.forecast import WindowLayout
from skrnn.onnx_export.graph import Graph, Tensor
from skrnn.onnx_export.steps import pad_steps
from skrnn.preprocessing.scaling import AffineScaling


@dataclass(frozen=True, eq=False)
class SeriesConstants:
    """Constants of each example: those of its series, or of a column of it.

    Attributes
    ----------
    center, scale, floor, least : Tensor of shape (n, 1, n_targets)
        Scaling, as in `SeriesScaling`.
    fixed : Tensor of shape (n, 1, n_fixed) or None
        Columns that are constant in a window, if there are any: static covariates, rules, number of
        the channel.
    """

    center: Tensor
    scale: Tensor
    floor: Tensor
    least: Tensor
    fixed: Tensor | None

    @classmethod
    def of(cls, graph: Graph, encoder: SeriesEncoder, history: History, n: Tensor) -> Self:
        """Return the constants of ``n`` examples, by the input ``series`` if there are several."""
        series = list(history.series.values())
        units, scalings = encoder.units(series, history.scalings_of(series))
        layout, n_each = encoder.network.layout, encoder.network.layout.n_channels
        numbers = graph.constant([0], np.int64).expand(n)
        if len(series) > 1:
            numbers = graph.input("series", np.int64, ("n_samples",))
        if n_each > 1:
            every = numbers.with_axis(1) * n_each + graph.constant(np.arange(n_each))
            numbers = every.reshape(-1)

        def table(rows: list[NDArray[np.float64]]) -> Tensor:
            return graph.op("Gather", graph.constant(np.stack(rows)[:, None]), numbers, axis=0)

        covariates = [encoder.covariates.transform(one.covariates[:1])[0] for one in units]
        static = [row[len(row) - layout.n_static :] for row in np.nan_to_num(covariates)]
        channels = [[one.channel] if n_each > 1 else [] for one in units]
        fixed = [
            np.concatenate([part, scaling.rules.ravel(), channel])
            for part, scaling, channel in zip(static, scalings, channels, strict=True)
        ]
        return cls(
            table([one.affine.center for one in scalings]),
            table([one.affine.scale for one in scalings]),
            table([one.floor for one in scalings]),
            table([one.least for one in scalings]),
            table(fixed).cast(np.float32) if len(fixed[0]) else None,
        )

    def scaled(self, graph: Graph, values: Tensor) -> Tensor:
        """Return values in single precision, scaled, as logarithms where these are taken."""
        has_log = ~graph.op("IsNaN", self.floor)
        lifted = graph.where(values < self.floor, self.floor, values)
        moved = graph.where(has_log, graph.op("Log", lifted), values)
        return ((moved - self.center) / self.scale).cast(np.float32)

    def restored(self, graph: Graph, values: Tensor) -> Tensor:
        """Return scaled values (n, n_steps, n_targets, n_values) in the units of their series."""
        center, scale, floor, least = (
            part.with_axis(3) for part in (self.center, self.scale, self.floor, self.least)
        )
        moved = values * scale + center
        limited = graph.op("Min", moved, graph.constant(LARGEST_LOG))
        moved = graph.where(graph.op("IsNaN", floor), moved, graph.op("Exp", limited))
        return graph.op("Max", moved, least)


@dataclass(frozen=True, eq=False)
class WindowRows:
    """Rows of windows, as the network reads them.

    Attributes
    ----------
    layout : WindowLayout
        Columns and steps of a window.
    past : Tensor of shape (n, window_length, n_columns)
        Rows up to the last time.
    known : Tensor of shape (n, n_ahead, n_known) or None
        Known columns after it, if there are any.
    fixed : Tensor of shape (n, 1, n_fixed) or None
        Columns that are constant, if there are any.
    """

    layout: WindowLayout
    past: Tensor
    known: Tensor | None
    fixed: Tensor | None

    @classmethod
    def of(
        cls, graph: Graph, encoder: SeriesEncoder, history: History, n_ahead: int
    ) -> tuple[Self, SeriesConstants]:
        """Add the inputs of a forecaster to a graph; return their rows and constants."""
        network, layout = encoder.network, encoder.network.layout
        y = graph.input("y", np.float64, ("n_samples", "n_times", encoder.n_columns))
        n_samples, n_times = y.length(0), y.length(1)
        if layout.n_channels > 1:
            y = y.transpose(0, 2, 1).reshape(-1, n_times, 1)
        constants = SeriesConstants.of(graph, encoder, history, n_samples)
        scaled = constants.scaled(graph, y)
        season = max(network.differences or network.seasons or (1,))
        has_level = network.seasons is not None
        whole = filled(graph, scaled, season, layout.n_targets, with_level=has_level)
        moving = [whole, (~graph.op("IsNaN", scaled)).cast(np.float32)]
        past, known = _covariates(graph, encoder)
        if past is not None:
            moving.append(past)
        ahead = None
        if known is not None:
            moving.append(known.between(0, -n_ahead, 1))
            ahead = known.between(-n_ahead, None, 1)
        length = graph.constant([layout.window_length], np.int64)
        lacking = graph.op("Max", length - n_times, graph.constant([0], np.int64))
        rows = pad_steps(graph.concatenate(moving, -1), lacking, 0)
        rows = rows.between(-layout.window_length, None, 1)
        if constants.fixed is not None:
            fixed = constants.fixed.expand(1, layout.window_length, 1)
            rows = graph.concatenate([rows, fixed], -1)
        return cls(layout, rows, ahead, constants.fixed), constants

    def ahead(self, graph: Graph, block: int, values: Tensor | None = None) -> Tensor:
        """Return the rows of a block of steps ahead, without or with their values."""
        layout, n = self.layout, self.past.length(0)

        def rows_of(number: float, width: int) -> Tensor:
            one = np.full((1, layout.horizon, width), number, np.float32)
            return graph.constant(one).expand(n, 1, 1)

        if values is None:
            parts = [rows_of(0.0, 2 * layout.n_targets)]
        else:
            parts = [values, rows_of(1.0, layout.n_targets)]
        if layout.n_past:
            parts.append(rows_of(0.0, layout.n_past))
        if self.known is not None:
            begin = block * layout.horizon
            parts.append(self.known.between(begin, begin + layout.horizon, 1))
        if self.fixed is not None:
            parts.append(self.fixed.expand(1, layout.horizon, 1))
        return graph.concatenate(parts, -1)


def _covariates(graph: Graph, encoder: SeriesEncoder) -> tuple[Tensor | None, Tensor | None]:
    """Add the inputs of covariates; return past and known ones, with the calendar cycles."""
    layout, roles, known = encoder.network.layout, encoder.roles, []

    def added(name: str, axis: str, width: int) -> Tensor:
        return graph.input(name, np.float64, ("n_samples", axis, width))

    def of_units(rows: Tensor, width: int) -> Tensor:
        if layout.n_channels == 1:
            return rows
        every = rows.with_axis(1).expand(1, layout.n_channels, 1, 1)
        return every.reshape(-1, rows.length(1), width)

    past = None
    if roles.past:
        past = added("past", "n_times", layout.n_past)
        past = _scaled(graph, past, encoder.covariates, slice(layout.n_past))
        past = of_units(past, layout.n_past)
    whole = "n_times_and_ahead"
    if roles.known:
        columns = slice(layout.n_past, layout.n_past + len(roles.known))
        given = added("known", whole, len(roles.known))
        known.append(_scaled(graph, given, encoder.covariates, columns))
    if encoder.cycles:
        known.append(_waves(graph, added("cycles", whole, len(encoder.cycles))))
    if not known:
        return past, None
    return past, of_units(graph.concatenate(known, -1), layout.n_known)


def _scaled(graph: Graph, values: Tensor, scaling: AffineScaling, columns: slice) -> Tensor:
    """Return some of the covariates, scaled, with missing ones as zero."""
    center, scale = (graph.constant(part[columns]) for part in (scaling.center, scaling.scale))
    scaled = ((values - center) / scale).cast(np.float32)
    return graph.where(graph.op("IsNaN", scaled), 0.0, scaled)


def _waves(graph: Graph, positions: Tensor) -> Tensor:
    """Return sine and cosine (n, n_steps, 2 * n_cycles) of positions in cycles."""
    shifts = graph.constant(np.array([0.0, np.pi / 2]))
    angles = (positions * (2 * np.pi)).with_axis(3) + shifts
    return graph.op("Sin", angles).reshape(0, 0, -1).cast(np.float32)


def filled(graph: Graph, values: Tensor, season: int, n: int, *, with_level: bool) -> Tensor:
    """Return values (batch, n_times, n) with missing ones filled, as `tables.filled` does."""
    missing = graph.op("IsNaN", values)
    flat = missing.cast(np.int64).reshape(-1)
    any_missing = flat.max(0, keepdims=False) > 0
    return graph.choose(
        any_missing,
        lambda: _filled_in_turn(graph, values, season, n, with_level=with_level),
        lambda: values,
    )


def _filled_in_turn(
    graph: Graph, values: Tensor, season: int, n: int, *, with_level: bool
) -> Tensor:
    """Return values with missing ones filled, one time after the other."""
    n_kept = 2 * season

    def body(latest: Tensor, n_before: Tensor, now: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        older = latest.between(season, season + 1, 1).without_axis(1)
        last = latest.between(n_kept - 1, n_kept, 1).without_axis(1)
        before = graph.where(n_before >= season, older, last)
        if with_level and season > 1:
            change = latest.between(season, None, 1).mean(1, keepdims=False) - latest.between(
                0, season, 1
            ).mean(1, keepdims=False)
            before = before + graph.where(n_before >= 2 * season, change, 0)
        whole = graph.where(graph.op("IsNaN", now), before, now)
        kept = graph.concatenate([latest.between(1, None, 1), whole.with_axis(1)], 1)
        return [kept, n_before + 1], [whole]

    zeros = graph.constant(np.zeros((1, n_kept, n), np.float32)).expand(values.length(0), 1, 1)
    start = [zeros, graph.constant([0], np.int64)]
    *_, found = graph.scan(body, start, [values.transpose(1, 0, 2)], [(None, n_kept, n), (1,)])
    return found.transpose(1, 0, 2)
