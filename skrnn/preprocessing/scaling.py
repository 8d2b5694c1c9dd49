"""Standardization of features and targets by weighted mean and standard deviation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import all_finite, fail_overflow

Floats = NDArray[np.float64]

#: Values up to this size, and down to its inverse, are squared without rescaling.
MODEST = 1e50

#: Number of values whose moments are computed together.
_TOGETHER = 2**15

#: Maximum scale for which no float32 output decodes beyond float64.
LARGEST_UNIT = 1e269


@dataclass(frozen=True, eq=False)
class AffineScaling:
    """Subtract ``center`` and divide by ``scale``, both of shape (n_columns,)."""

    center: Floats
    scale: Floats

    def read_only(self) -> Self:
        """Return the scaling with arrays that cannot be changed."""
        views = self.center.view(), self.scale.view()
        for view in views:
            view.flags.writeable = False
        return type(self)(*views)

    @classmethod
    def fit(cls, values: NDArray[Any], weights: Floats) -> Self:
        """Measure the columns of ``values``, with ``weights[i]`` for row i.

        NaN is ignored. A constant column, or one never observed, has
        scale 1 (and mean 0 if unobserved).
        """
        return cls.fit_blocks([(values, weights)])

    @classmethod
    def fit_blocks(cls, blocks: Iterable[tuple[NDArray[Any], Floats]]) -> Self:
        """Measure the columns of a table in blocks of rows with their weights."""
        return cls.of_moments(measure(blocks))

    @classmethod
    def of_moments(cls, moments: Floats) -> Self:
        """Return the scaling of columns with these weights, means and standard deviations."""
        _, mean, deviation = moments
        return cls(mean, np.where(is_constant(moments), 1.0, deviation))

    @classmethod
    def identity(cls, n_columns: int) -> Self:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def without(self, columns: Sequence[int]) -> Self:
        """Return the scaling that changes nothing in some columns, such as codes."""
        center, scale = self.center.copy(), self.scale.copy()
        center[list(columns)], scale[list(columns)] = 0.0, 1.0
        return type(self)(center, scale)

    def transform(self, values: NDArray[Any]) -> Floats:
        """Return standardized values; the last axis has the columns."""
        return (values - self.center) / self.scale

    def transform_single(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return standardized values in float32, infinite for those out of range."""
        with np.errstate(over="ignore"):
            return self.transform(values).astype(np.float32)

    def encode(
        self, values: NDArray[Any], what: str, where: str | None = None
    ) -> NDArray[np.float32]:
        """Return standardized values, none of them missing, in float32.

        Raises
        ------
        ValueError
            If one is beyond float32; ``what`` and ``where`` describe its place.
        """
        encoded = self.transform_single(values)
        if not all_finite(encoded):
            fail_overflow(what, float(values[~np.isfinite(encoded)][0]), where)
        return encoded

    def inverse_transform(self, values: NDArray[Any]) -> Floats:
        """Return values in the original units; the last axis has the columns."""
        return values * self.scale + self.center


@dataclass(frozen=True, eq=False)
class TargetScaling:
    """Standardization of targets; a constant target is predicted exactly.

    Attributes
    ----------
    standardizer : AffineScaling
        Standardization in use: the identity unless ``scales``.
    moments : ndarray of shape (3, n_columns)
        Weight, mean and standard deviation of the targets so far.
    constant : ndarray of bool of shape (n_columns,) or None
        Constant targets; None if there are none.
    scales : bool
        Whether targets are standardized, or only constant ones replaced.
    may_overflow : bool
        Whether float32 outputs may decode to values beyond float64.
    """

    scaling: AffineScaling
    moments: Floats
    constant: NDArray[np.bool_] | None
    scales: bool
    may_overflow: bool

    @classmethod
    def learn(cls, values: NDArray[Any], weights: Floats, *, scales: bool = True) -> Self:
        """Measure targets (n, n_columns), with ``weights[i]`` for row i."""
        return cls._of(measure([(values, weights)]), scales)

    @classmethod
    def _of(cls, moments: Floats, scales: bool) -> Self:
        if scales:
            scaling = AffineScaling.of_moments(moments)
        else:
            scaling = AffineScaling.identity(moments.shape[1])
        largest = max(scaling.scale.max(), np.abs(scaling.center).max())
        constant = is_constant(moments)
        never = constant if constant.any() else None
        return cls(scaling, moments, never, scales, bool(largest > LARGEST_UNIT))

    @property
    def n_columns(self) -> int:
        """Return the number of targets."""
        return self.moments.shape[1]

    @property
    def affine(self) -> AffineScaling:
        """Return the scaling that decodes outputs; a constant target has its value and scale 0."""
        if self.constant is None:
            return self.scaling
        center = np.where(self.constant, self.moments[1], self.scaling.center)
        return AffineScaling(center, np.where(self.constant, 0.0, self.scaling.scale))

    def with_more(self, values: NDArray[Any], weights: Floats) -> Self:
        """Return the scaling for training that continues with further targets.

        It is the same except for targets that were constant so far: these are measured again on all
        data so far.
        """
        if self.constant is None:
            return self
        both = joined(self.moments, measure([(values, weights)]))
        return self._of(np.where(self.constant, both, self.moments), self.scales)

    def encode(
        self, values: NDArray[Any], what: str, where: str | None = None
    ) -> NDArray[np.float32]:
        """Return targets encoded for the network (`AffineScaling.encode`)."""
        return self.scaling.encode(values, what, where)

    def decode(self, outputs: NDArray[Any]) -> Floats:
        """Return the targets decoded from outputs (n, n_columns).

        Raises
        ------
        ValueError
            If one is beyond float64.
        """
        if self.may_overflow:
            with np.errstate(over="ignore"):
                values = self.scaling.inverse_transform(outputs)
            if not all_finite(values):
                raise ValueError(
                    f"a prediction is beyond float64: the targets of the fit have a mean of "
                    f"{self.scaling.center.max():g} and a standard deviation of "
                    f"{self.scaling.scale.max():g}. Fit with y in another unit."
                )
        else:
            values = self.scaling.inverse_transform(outputs)
        if self.constant is not None:
            values[..., self.constant] = self.moments[1, self.constant]
        return values


def measure(blocks: Iterable[tuple[NDArray[Any], Floats]]) -> Floats:
    """Return weight, mean and standard deviation of each column, (3, n_columns).

    Moments of blocks are joined after Chan, Golub and LeVeque (1983,
    doi:10.1080/00031305.1983.10483115).
    """
    total: Floats | None = None
    for values, weights in blocks:
        counted = weights > 0
        some = slice(None) if counted.all() else counted
        part = _moments(values[some], weights[some])
        total = part if total is None else joined(total, part)
    assert total is not None, "a table has at least one block"
    return total


def is_constant(moments: Floats) -> NDArray[np.bool_]:
    """Return which columns are constant, up to the rounding of their mean."""
    _, mean, deviation = moments
    return np.asarray(deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean))


def joined(first: Floats, second: Floats) -> Floats:
    """Return the moments of two parts together, without overflow of squares."""
    weight = first[0] + second[0]
    shares = np.divide(
        np.stack([first[0], second[0]]), weight, out=np.zeros((2, len(weight))), where=weight > 0
    )
    half_apart = 0.5 * second[1] - 0.5 * first[1]
    mean = first[1] + half_apart * shares[1] + half_apart * shares[1]
    own = np.hypot(first[2] * np.sqrt(shares[0]), second[2] * np.sqrt(shares[1]))
    between = half_apart * (2.0 * np.sqrt(shares[0] * shares[1]))
    return np.stack([weight, mean, np.hypot(own, between)])


def _moments(values: NDArray[Any], weights: Floats) -> Floats:
    """Return weight, mean and standard deviation of each column, (3, n_columns)."""
    moments = np.zeros((3, values.shape[1]))
    if len(values) == 0:
        return moments
    n_together = max(1, _TOGETHER // len(values))
    for first in range(0, values.shape[1], n_together):
        some = np.ascontiguousarray(values[:, first : first + n_together].T, dtype=np.float64)
        own, missing = moments[:, first : first + n_together], np.isnan(some)
        has_gaps = missing.any(axis=1)
        own[:, ~has_gaps] = _moments_of(some[~has_gaps] if has_gaps.any() else some, weights)
        for column in np.flatnonzero(has_gaps):
            observed = ~missing[column]
            if observed.any():
                present = some[column : column + 1, observed]
                own[:, column : column + 1] = _moments_of(present, weights[observed])
    return moments


def _moments_of(values: Floats, weights: Floats) -> Floats:
    """Return the moments (3, n) of values (n, n_times) without NaN, each row by itself."""
    least, most = values.min(axis=1), values.max(axis=1)
    moments = np.stack([np.full(len(values), weights.sum()), least, np.zeros(len(values))])
    varies = least < most
    if not varies.any():
        return moments
    varying = values if varies.all() else values[varies]
    size = np.maximum(most, -least)[varies]
    # Rescaled by a power of two, which is exact: squares of large values would overflow,
    # and those of small ones underflow.
    exponent = np.where((size > 1.0 / MODEST) & (size < MODEST), 0, np.frexp(size)[1])
    if exponent.any():
        varying = np.ldexp(varying, -exponent[:, None])
    mean = np.average(varying, axis=1, weights=weights)
    squares = weights * (varying - mean[:, None]) ** 2
    deviation = np.sqrt(np.sum(squares, axis=1) / weights.sum())
    moments[1:, varies] = np.ldexp([mean, deviation], exponent)
    return moments
