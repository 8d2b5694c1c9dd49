"""Center and scale of the features of sequences, by one of three methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences


@dataclass(frozen=True)
class Statistic:
    """Method for the center and scale of a column, with its settings.

    Attributes
    ----------
    method : {"standard", "minmax", "robust"}
        Mean and standard deviation; the range, mapped to ``feature_range``; or the median
        and the distance of the quantiles of ``quantile_range``, in percent.
    feature_range, quantile_range : tuple of float
        Lower and upper end.
    """

    method: str
    feature_range: tuple[float, float]
    quantile_range: tuple[float, float]

    def of_features(self, sequences: Sequences, weights: NDArray[np.float64]) -> AffineScaling:
        """Measure each feature over all steps, with ``weights[i]`` for the steps of sequence i.

        Raises
        ------
        ValueError
            If the method needs integer weights and they are not.
        """
        if self.method == "robust":
            weights = _repeats(weights)
        return self._of_columns(sequences.steps, sequences.step_weights(weights))

    def of_each(self, sequences: Sequences) -> AffineScaling:
        """Measure each feature of each sequence, (n_samples, n_features)."""
        center = np.empty((len(sequences), sequences.n_features))
        scale = np.empty_like(center)
        for length in np.unique(sequences.lengths):
            rows = np.flatnonzero(sequences.lengths == length)
            values, _ = sequences.gather(rows, int(length))
            columns = values.transpose(1, 0, 2).reshape(length, -1)
            measured = self._of_columns(columns, np.ones(length))
            center[rows] = measured.center.reshape(len(rows), -1)
            scale[rows] = measured.scale.reshape(len(rows), -1)
        return AffineScaling(center, scale)

    def _of_columns(self, values: NDArray[Any], weights: NDArray[np.float64]) -> AffineScaling:
        with np.errstate(over="ignore", invalid="ignore"):
            measured = self._measured(values, weights)
        if not np.isfinite(measured.scale).all():
            raise ValueError(
                "the values of a feature of X differ by more than float64 can hold; give them "
                "in another unit."
            )
        return measured

    def _measured(self, values: NDArray[Any], weights: NDArray[np.float64]) -> AffineScaling:
        if self.method == "minmax":
            return _by_range(values, weights, self.feature_range)
        if self.method == "robust":
            return _by_quantiles(values, weights, self.quantile_range)
        return AffineScaling.fit(values, weights)


def _by_range(
    values: NDArray[Any], weights: NDArray[np.float64], feature_range: tuple[float, float]
) -> AffineScaling:
    """Measure the scaling of the range of a column to ``feature_range``.

    NaN and rows of weight 0 are ignored; other weights do not matter.
    A constant column has range 1, one that is never observed is 0.
    """
    present = values[weights > 0]
    smallest = np.nan_to_num(np.fmin.reduce(present).astype(np.float64))
    greatest = np.nan_to_num(np.fmax.reduce(present).astype(np.float64))
    low, high = feature_range
    scale = _one_for_zero(greatest - smallest) / (high - low)
    return AffineScaling(smallest - low * scale, scale)


def _by_quantiles(
    values: NDArray[Any], repeats: NDArray[np.float64], quantile_range: tuple[float, float]
) -> AffineScaling:
    """Measure the median and the distance of two quantiles, in percent, of each column.

    Row i counts ``repeats[i]`` times, an integer; NaN is ignored. A column whose
    quantiles coincide, or which is never observed, has scale 1 (and center 0 if unobserved).
    """
    low, high = quantile_range
    lower, median, upper = _quantiles(values, repeats, (low / 100, 0.5, high / 100))
    return AffineScaling(median, _one_for_zero(upper - lower))


def _quantiles(
    values: NDArray[Any], repeats: NDArray[np.float64], shares: tuple[float, ...]
) -> list[NDArray[np.float64]]:
    """Return linearly interpolated quantiles of each column, 0 for one without observations.

    They are those of ``np.quantile`` for the table with row i ``repeats[i]`` times (definition
    7 of Hyndman and Fan, 1996, doi:10.1080/00031305.1996.10473566).
    """
    order = np.argsort(values, axis=0)  # puts NaN last
    ranked = np.take_along_axis(values, order, axis=0).astype(np.float64)
    n_so_far = np.cumsum(np.where(np.isnan(ranked), 0, repeats[order]), axis=0)
    last = n_so_far[-1] - 1

    def at(rank: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = np.count_nonzero(n_so_far <= rank, axis=0)
        rows = np.minimum(rows, len(ranked) - 1)
        return np.take_along_axis(ranked, rows[None], axis=0)[0]

    found = []
    for share in shares:
        below, part = np.divmod(share * last, 1)
        lower, upper = at(below), at(np.minimum(below + 1, last))
        found.append(np.where(last < 0, 0.0, lower + part * (upper - lower)))
    return found


def _one_for_zero(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scales to divide by, 1 for constant columns."""
    return np.where(scale > 0, scale, 1.0)


def _repeats(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights as numbers of repeats, equal ones as one each.

    Raises
    ------
    ValueError
        If they differ and are not integers.
    """
    counted = weights[weights > 0]
    if (counted == counted[0]).all():
        return np.sign(weights)
    if (counted % 1).any():
        raise ValueError(
            f"sample_weight holds {counted[counted % 1 > 0][0]:g}; with method='robust' weights "
            "that differ are numbers of repeats: give whole ones, or take method='standard'."
        )
    return weights
