"""A batch of sequences as one flat table of steps, read from every form a user may pass.

All sequences lie end to end in one ``(n_total_steps, n_features)`` array; a sequence is a
start and a length in it. A 3-D array becomes this without a copy, sequences of different
length need no padding until a batch is gathered, and windows that overlap are only further
starts in the same table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skrnn import _validation
from skrnn._validation import Floats


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of shape (n_steps_i, n_features), held as starts and lengths in one table.

    Attributes
    ----------
    steps : ndarray of shape (n_total_steps, n_features)
        The steps of all sequences.
    starts, lengths : ndarray of shape (n_samples,)
        Where in ``steps`` each sequence begins, and its number of steps.
    """

    steps: Floats
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_features(self) -> int:
        """Return the number of features of a step."""
        return int(self.steps.shape[1])

    @property
    def n_steps(self) -> int | None:
        """Return the length that all sequences share, or None where they differ."""
        longest = self.longest
        return longest if int(self.lengths.min()) == longest else None

    @property
    def longest(self) -> int:
        """Return the number of steps of the longest sequence."""
        return int(self.lengths.max())

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the sequences at ``rows``, over the same table."""
        return replace(self, starts=self.starts[rows], lengths=self.lengths[rows])

    def gather(self, rows: NDArray[np.int64], n_steps: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Return sequences right-padded to ``n_steps``, and which of their steps are real.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            The sequences to gather.
        n_steps : int
            The padded length, at least that of the longest sequence of ``rows``.

        Returns
        -------
        values : ndarray of shape (n_rows, n_steps, n_features)
            The steps; what stands in padded places is arbitrary.
        real : ndarray of bool of shape (n_rows, n_steps)
            False where a step is padding.
        """
        offsets = np.arange(n_steps)
        real = offsets < self.lengths[rows, None]
        positions = self.starts[rows, None] + np.where(real, offsets, 0)
        return self.steps[positions], real

    def step_weights(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how much each step of the table weighs when sequence i weighs weights[i]."""
        positive = weights > 0
        change = np.zeros((len(self.steps) + 1, 2))
        both = np.stack([weights, positive], axis=1)
        np.add.at(change, self.starts, both)
        np.add.at(change, self.starts + self.lengths, -both)
        total, n_holders = np.cumsum(change[:-1], axis=0).T
        # Sums that were added and taken away leave rounding; the counts are exact.
        least = weights[positive].min(initial=np.inf)
        return np.where(n_holders > 0, np.maximum(total, least), 0.0)

    def without_missing_steps(self) -> Sequences:
        """Leave out the steps at which nothing was observed.

        A sequence without a single observation becomes one step of nothing, so that it can
        be predicted at all.
        """
        observed = np.logical_not(np.isnan(self.steps).all(axis=1))
        before = np.concatenate([[0], np.cumsum(observed)])
        starts, ends = before[self.starts], before[self.starts + self.lengths]
        blank = starts == ends
        nothing = np.full((1, self.n_features), np.nan, dtype=self.steps.dtype)
        return replace(
            self,
            steps=np.concatenate([self.steps[observed], nothing]),
            starts=np.where(blank, before[-1], starts),
            lengths=np.where(blank, 1, ends - starts),
        )

    def first_with(self, marked: NDArray[np.bool_]) -> int:
        """Return the first sequence that holds a marked value of the table."""
        return int(np.argmax(self._count(np.any(marked, axis=1)) > 0))

    def _count(self, marked: NDArray[Any]) -> NDArray[np.int64]:
        """Return how many marked steps of the table each sequence holds."""
        before = np.concatenate([[0], np.cumsum(marked)])
        return before[self.starts + self.lengths] - before[self.starts]


@dataclass(frozen=True)
class SequenceShape:
    """What a fit fixes about its sequences: their features and, if all share it, their length."""

    n_steps: int | None
    n_features: int


def read_sequences(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Read X, in any of the accepted forms, as sequences.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_channels``, ``layout`` and ``missing`` say how to read X, and which
        records or compares ``n_features_in_`` and ``feature_names_in_``.
    X : array-like, DataFrame or list
        See the user guide on input.
    reset : bool
        True at fit, False at predict.

    Raises
    ------
    ValueError, TypeError
        If X has a form, width or values that are not accepted.
    """
    if _validation.is_ragged(X):
        sequences = _read_list(estimator, X, reset=reset)
    elif _validation.is_panel(X):
        steps, lengths = _validation.check_panel(estimator, X)
        _validation.check_width(estimator, X, steps.shape[1], reset=reset)
        sequences = _end_to_end(steps, lengths)
    elif _n_dimensions(X) > 3:
        raise ValueError(
            f"X has {_n_dimensions(X)} dimensions; sequences have 2, (n_samples, n_steps), or "
            "3, (n_samples, n_steps, n_features)."
        )
    elif _n_dimensions(X) == 3:
        sequences = _from_cube(_read_cube(estimator, X, reset=reset))
    else:
        sequences = _from_cube(_read_table(estimator, X, reset=reset))
    missing = estimator.missing if reset else getattr(estimator, "_missing", estimator.missing)
    _check_finite(sequences, allow_nan=missing == "mask")
    return sequences


def check_shape(estimator: Any, sequences: Sequences, fitted: SequenceShape) -> None:
    """Raise ValueError unless sequences have the features, and the length, of the fit."""
    if sequences.n_features != fitted.n_features:
        _validation.fail_channels(estimator, sequences.n_features, fitted.n_features)
    if fitted.n_steps is not None and sequences.n_steps != fitted.n_steps:
        given = sequences.n_steps
        text = f"{sequences.lengths.min()} to {sequences.longest}" if given is None else str(given)
        _validation.fail_steps(estimator, text, fitted.n_steps)


def _n_dimensions(X: Any) -> int:
    """Return the number of dimensions of an array, or of nested lists."""
    if isinstance(X, list | tuple):
        return 1 + _n_dimensions(X[0]) if len(X) else 1
    return int(getattr(X, "ndim", 0))


def _read_list(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    steps, lengths = _validation.check_rows(estimator, X)
    _validation.check_width(estimator, X[0], steps.shape[1], reset=reset)
    return _end_to_end(steps, lengths)


def _read_cube(estimator: Any, X: Any, *, reset: bool) -> Floats:
    cube = _validation.check_cube(estimator, X)
    if cube.shape[1] == 0 or cube.shape[2] == 0:
        raise ValueError(f"X has no steps or no features: its shape is {cube.shape}.")
    if estimator.layout == "channels_first":
        cube = cube.transpose(0, 2, 1)
    _validation.check_width(estimator, None, cube.shape[2], reset=reset)
    return cube


def _read_table(estimator: Any, X: Any, *, reset: bool) -> Floats:
    """Return a 2-D X as (n_samples, n_steps, n_channels)."""
    table = _validation.check_table(estimator, X, reset=reset)
    n_channels = estimator.n_channels or 1
    n_steps, rest = divmod(table.shape[1], n_channels)
    if rest:
        raise ValueError(
            f"X has {table.shape[1]} columns, which is no multiple of n_channels={n_channels}."
        )
    if estimator.layout == "channels_first":
        return table.reshape(len(table), n_channels, n_steps).transpose(0, 2, 1)
    return table.reshape(len(table), n_steps, n_channels)


def _from_cube(cube: Floats) -> Sequences:
    n_samples, n_steps, n_features = cube.shape
    return _end_to_end(cube.reshape(-1, n_features), np.full(n_samples, n_steps))


def _end_to_end(steps: Floats, lengths: NDArray[np.int64]) -> Sequences:
    return Sequences(steps, np.cumsum(lengths) - lengths, lengths)


def _check_finite(sequences: Sequences, *, allow_nan: bool) -> None:
    steps = sequences.steps
    if np.isfinite(steps).all():
        return
    infinite = np.isinf(steps)
    if infinite.any():
        _validation.fail_missing(sequences.first_with(infinite), "infinity")
    if not allow_nan:
        _validation.fail_missing(sequences.first_with(np.isnan(steps)), "NaN")
