"""Checks of user-made windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.stored_rows import StoredRows


def as_integers(numbers: Any, name: str) -> NDArray[np.int64]:
    """Return one integer for each window, or raise."""
    given = np.asarray(numbers)
    if given.ndim != 1:
        raise ValueError(
            f"{name} of Windows has {given.ndim} dimension(s); give one number for each window."
        )
    if given.dtype.kind not in "iu" and len(given):
        raise TypeError(f"{name} of Windows is of dtype {given.dtype}; give integers.")
    return given.astype(np.int64, copy=False)


def check_series(series: Any, names: Sequence[str] | None) -> None:
    """Raise unless a series is a 2-D array of floats with as many names, if any, as features."""
    if not isinstance(series, np.ndarray | StoredRows) or series.dtype.kind != "f":
        kind = getattr(series, "dtype", type(series).__name__)
        raise TypeError(
            f"the series of Windows is of type {kind}; give an array of floats, "
            "(n_rows, n_features)."
        )
    if series.ndim != 2:
        raise ValueError(
            f"the series of Windows has {series.ndim} dimension(s); give an array of shape "
            "(n_rows, n_features), a univariate one as (n_rows, 1)."
        )
    if names is not None and len(names) != series.shape[1]:
        raise ValueError(
            f"feature_names of Windows has {len(names)} elements, and the series "
            f"{series.shape[1]} features; give one for each feature."
        )


def check_counts(n_windows: int, **parts: Any) -> None:
    """Raise ValueError unless there is one element for each window."""
    for name, values in parts.items():
        if values is not None and len(values) != n_windows:
            raise ValueError(
                f"{name} of Windows has {len(values)} elements, and there are {n_windows} ends; "
                "give one for each window."
            )


def check_places(
    ends: NDArray[np.int64],
    lengths: NDArray[np.int64],
    n_rows: int,
    window_length: int,
    sampling_rate: int,
) -> None:
    """Raise ValueError unless each window lies in a series of ``n_rows``."""
    for name, values, right, accepted in (
        ("ends", ends, (ends >= 0) & (ends < n_rows), f"a row of the series, 0 to {n_rows - 1}"),
        (
            "lengths",
            lengths,
            (lengths >= 1) & (lengths <= window_length),
            f"1 to window_length={window_length} steps",
        ),
        (
            "lengths",
            lengths,
            (lengths - 1) * sampling_rate <= ends,
            "no more steps than there are rows up to its last one",
        ),
    ):
        if not right.all():
            at = int(np.argmin(right))
            raise ValueError(
                f"window {at} has {name}={values[at]} in Windows over {n_rows} rows, and ends at "
                f"row {ends[at]}; give {accepted}."
            )
