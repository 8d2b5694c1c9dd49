"""Centre and scale of the features of sequences, by one of three methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences


@dataclass(frozen=True)
class Measure:
    """What is centre and scale of a column: a method and what it needs.

    Attributes
    ----------
    method : {"standard", "minmax", "robust"}
        Mean and standard deviation; what takes the range to ``feature_range``; or the median
        and the distance of the quantiles of ``quantile_range``, in percent.
    feature_range, quantile_range : tuple of float
        Lower and upper end.
    """

    method: str
    feature_range: tuple[float, float]
    quantile_range: tuple[float, float]

    def of_features(self, sequences: Sequences, weights: NDArray[np.float64]) -> Standardiser:
        """Measure each feature over all steps, those of sequence i weighing ``weights[i]``.

        Raises
        ------
        ValueError
            If the method takes weights as repeats and they are none.
        """
        if self.method == "robust":
            weights = _repeats(weights)
        return self._of_columns(sequences.steps, sequences.step_weights(weights))

    def of_each(self, sequences: Sequences) -> Standardiser:
        """Measure each feature of each sequence by itself, (n_samples, n_features)."""
        centre = np.empty((len(sequences), sequences.n_features))
        scale = np.empty_like(centre)
        for length in np.unique(sequences.lengths):
            rows = np.flatnonzero(sequences.lengths == length)
            values, _ = sequences.gather(rows, int(length))
            columns = values.transpose(1, 0, 2).reshape(length, -1)
            measured = self._of_columns(columns, np.ones(length))
            centre[rows] = measured.mean.reshape(len(rows), -1)
            scale[rows] = measured.scale.reshape(len(rows), -1)
        return Standardiser(centre, scale)

    def _of_columns(self, values: NDArray[Any], weights: NDArray[np.float64]) -> Standardiser:
        with np.errstate(over="ignore", invalid="ignore"):
            measured = self._measured(values, weights)
        if not np.isfinite(measured.scale).all():
            raise ValueError(
                "the values of a feature of X differ by more than float64 can hold; give them "
                "in another unit."
            )
        return measured

    def _measured(self, values: NDArray[Any], weights: NDArray[np.float64]) -> Standardiser:
        if self.method == "minmax":
            return _by_range(values, weights, self.feature_range)
        if self.method == "robust":
            return _by_quantiles(values, weights, self.quantile_range)
        return Standardiser.fit(values, weights)


def _by_range(
    values: NDArray[Any], weights: NDArray[np.float64], feature_range: tuple[float, float]
) -> Standardiser:
    """Measure what takes the smallest and the greatest value of a column to ``feature_range``.

    NaN and rows of weight 0 count as absent; among the others weights make no difference.
    A column that never varies counts as having the range 1, one never observed as being 0.
    """
    present = values[weights > 0]
    smallest = np.nan_to_num(np.fmin.reduce(present).astype(np.float64))
    greatest = np.nan_to_num(np.fmax.reduce(present).astype(np.float64))
    low, high = feature_range
    scale = _one_for_zero(greatest - smallest) / (high - low)
    return Standardiser(smallest - low * scale, scale)


def _by_quantiles(
    values: NDArray[Any], repeats: NDArray[np.float64], quantile_range: tuple[float, float]
) -> Standardiser:
    """Measure the median of each column and the distance of two quantiles, in percent.

    Row i counts ``repeats[i]`` times, a whole number; NaN counts as absent. A column whose
    quantiles coincide, or which is never observed, gets scale 1 (and centre 0 if unobserved).
    """
    low, high = quantile_range
    lower, median, upper = _quantiles(values, repeats, (low / 100, 0.5, high / 100))
    return Standardiser(median, _one_for_zero(upper - lower))


def _quantiles(
    values: NDArray[Any], repeats: NDArray[np.float64], shares: tuple[float, ...]
) -> list[NDArray[np.float64]]:
    """Return linearly interpolated quantiles of each column, 0 where nothing is observed.

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
    """Return scales to divide by, 1 where nothing varies."""
    return np.where(scale > 0, scale, 1.0)


def _repeats(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights as numbers of repeats, equal ones as one each.

    Raises
    ------
    ValueError
        If they differ and are no whole numbers.
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
