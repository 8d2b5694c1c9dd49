"""Fitted transformers of rows, applied to the rows of a stream one by one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from skrnn._wording import type_name
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.preprocessing.sequence_scaler import SequenceScaler

Floats = NDArray[np.float64]

#: Rows by which a transformer is asked whether it transforms each by itself.
PROBES = 4


class RowTransforms:
    """Transformers that are applied one after another to rows of numbers.

    Parameters
    ----------
    transformers : sequence of fitted transformers
        Transformers of rows, and scalers of sequences.

    Raises
    ------
    ValueError
        If one of them does not transform each row by itself.
    """

    def __init__(self, transformers: Sequence[Any]) -> None:
        self._each = [_of_rows(one) for one in transformers]

    @property
    def takes_texts(self) -> bool:
        """Return whether the first transformer may encode texts, as `OrdinalEncoder` does."""
        return bool(self._each) and not isinstance(self._each[0][0], AffineScaling)

    def __call__(self, rows: NDArray[Any]) -> Floats:
        """Return rows (n_rows, n_features), transformed; those of objects may hold texts."""
        for transformer, names in self._each:
            given: Any = rows if names is None else pd.DataFrame(rows, columns=names)
            if names is not None and rows.dtype == object:
                given = given.infer_objects()
            rows = np.asarray(transformer.transform(given))
        return rows.astype(np.float64, copy=False)


def _of_rows(transformer: Any) -> tuple[Any, Any]:
    """Return a transformer of numbers, with the names that its input has to have, or None.

    Raises
    ------
    ValueError
        If it does not transform each row by itself.
    """
    check_is_fitted(transformer)
    if isinstance(transformer, SequenceScaler):
        if transformer.per == "sequence":
            raise ValueError(
                "SequenceScaler(per='sequence') needs whole sequences, and a stream has one step "
                "of them at a time; fit with per='feature'."
            )
        return AffineScaling(transformer.center_, transformer.scale_), None
    parts = [transformer, *_nested(transformer)]
    is_known = all(type(one).__module__.startswith("sklearn.") for one in parts)
    names = getattr(transformer, "feature_names_in_", None)
    affine = _affine(transformer)
    if affine is not None:
        return affine, None
    if is_known and len(parts) == 1 and not isinstance(transformer, FunctionTransformer):
        # Without names and frames, which take several times as long as the numbers.
        plain = copy.deepcopy(transformer)
        vars(plain).pop("feature_names_in_", None)
        return plain.set_output(transform="default"), None
    if not is_known or any(isinstance(one, FunctionTransformer) for one in parts):
        _refuse_other_rows(transformer, names)
    return transformer, names


def _affine(transformer: Any) -> AffineScaling | None:
    """Return the center and scale of a common scaler, None for other transformers.

    scikit-learn checks its input, which takes longer than all the rest of a step.
    """
    if type(transformer) is StandardScaler:
        center = transformer.mean_ if transformer.with_mean else None
    elif type(transformer) is RobustScaler:
        center = transformer.center_
    else:
        return None
    n_features, scale = transformer.n_features_in_, transformer.scale_
    return AffineScaling(
        np.zeros(n_features) if center is None else np.asarray(center, dtype=np.float64),
        np.ones(n_features) if scale is None else np.asarray(scale, dtype=np.float64),
    )


def _nested(transformer: Any) -> list[Any]:
    """Return the transformers within one, such as those of a ColumnTransformer."""
    params = transformer.get_params().values() if hasattr(transformer, "get_params") else ()
    return [one for one in params if isinstance(one, BaseEstimator)]


def _refuse_other_rows(transformer: Any, names: Any) -> None:
    """Raise ValueError if a transformer returns something else for a row beside other rows."""
    n_features = transformer.n_features_in_ if names is None else len(names)
    probes = pd.DataFrame(np.random.default_rng(0).uniform(1, 2, size=(PROBES, n_features)))
    given: Any = probes.to_numpy() if names is None else probes.set_axis(names, axis=1)
    try:
        whole = np.asarray(transformer.transform(given), dtype=np.float64)
        each = [transformer.transform(given[row : row + 1]) for row in range(PROBES)]
        is_same = np.allclose(whole, np.concatenate(each), rtol=1e-6, equal_nan=True)
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(
            f"{type_name(transformer)} cannot transform a row by itself ({error}); {_OTHERWISE}."
        ) from error
    if not is_same:
        raise ValueError(
            f"{type_name(transformer)} transforms a row depending on the rows around it, and a "
            f"stream has one row at a time; {_OTHERWISE}."
        )


_OTHERWISE = (
    "compute such features before the pipeline, and make the Stream of a pipeline fitted on them"
)
