"""Row labels of X and y: both must name the rows in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion.containers import is_panel, native_index


def check_order(X: Any, other: Any, name: str) -> None:
    """Raise ValueError if a Series or DataFrame beside X has the rows of X in another order.

    Rows are matched by position, as in scikit-learn, unless the labels contradict that: labels
    that both share have to be in the same order and at a constant offset, so that
    ``X = frame[:-1]`` and ``y = frame["load"][1:]`` match. A default index is ignored.

    Parameters
    ----------
    X : object
        Labels are those of the instances of a panel, of the rows of a DataFrame, of the
        elements of a Series, or the ``index`` of windows.
    other : object
        y or sample_weight, as the user passed it.
    name : str
        Name used in the message.
    """
    others = _index_of(other)
    if others is None:
        return
    rows = X.index.get_level_values(0).unique() if is_panel(X) else _index_of(X)
    if rows is None or len(rows) != len(others) or rows.equals(others):
        return
    if _is_default(rows) or _is_default(others):
        return
    places = _places(rows, others)
    common = np.flatnonzero(places >= 0)
    moved = places[common] - common
    if len(common) == 0 or (moved == moved[0]).all():
        return
    row = common[np.flatnonzero(moved)[0]]
    index = "X.index.unique(level=0)" if is_panel(X) else "X.index"
    (label,) = others[[row]].tolist()  # as Python shows it
    raise ValueError(
        f"{name} is in another order than X: {label!r} is row {row} of {name}, and row "
        f"{places[row]} of X. Align both, for example with {name}.loc[{index}] or "
        f"{name}.reindex({index}), or give {name}.to_numpy() if it has the order of X."
    )


def check_same_rows(data: Any, other: Any, name: str, data_name: str) -> None:
    """Raise ValueError if both have an index and these differ."""
    rows, others = _index_of(data), _index_of(other)
    if rows is not None and others is not None and not rows.equals(others):
        raise ValueError(
            f"{name} has another index than {data_name}; give both the same rows in the same "
            f"order, for example with {name}.reindex({data_name}.index), or plain arrays."
        )


def _index_of(values: Any) -> pd.Index | None:
    index = getattr(values, "index", None)
    return native_index(index) if isinstance(index, pd.Index) else None


def _is_default(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _places(rows: pd.Index, others: pd.Index) -> NDArray[np.intp]:
    """Return the position in ``rows`` of each of ``others``, -1 for none.

    Repeated labels are distinguished by their number of earlier occurrences.
    """
    codes = pd.factorize(rows.append(others), use_na_sentinel=False)[0]
    both = [pd.Series(part) for part in (codes[: len(rows)], codes[len(rows) :])]
    keys = [part * len(rows) + part.groupby(part).cumcount() for part in both]
    return pd.Index(keys[0]).get_indexer(pd.Index(keys[1]))
