"""Categorical features: selected by dtype, name or position, and stored as codes in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn import _validation
from skrnn._conversion import as_array, as_numbers, in_numpy_or_pandas, is_panel, is_ragged
from skrnn._conversion.kinds import NUMBERS, kind_of
from skrnn.sequences.reading import InputFormat
from skrnn.sequences.stored_rows import is_stored, stored_array
from skrnn.sequences.windows import Windows, text_names

#: Code of a category that the fit did not have; those of the fit have 1, 2, and so on.
UNKNOWN = 0


class Parts(NamedTuple):
    """Frames or arrays with a last axis of features, and the function that makes them X again."""

    each: list[Any]
    joined: Callable[[list[Any]], Any]
    names: tuple[str, ...] | None = None
    has_dtypes: bool = False


@dataclass(frozen=True, eq=False)
class Categories:
    """Categorical features of sequences, with the categories of each.

    Attributes
    ----------
    given : object
        Parameter that selected the features, with tuples in place of arrays and lists.
    n_features : int
        Features of a step.
    columns : tuple of int
        Positions of the categorical features.
    values : tuple of ndarray
        Sorted categories of each: texts or numbers. The code of a category is its index plus 1.
    """

    given: Any
    n_features: int
    columns: tuple[int, ...]
    values: tuple[NDArray[Any], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of categories of each feature, at least 1."""
        return tuple(max(1, len(values)) for values in self.values)

    @property
    def numeric(self) -> list[int]:
        """Return the positions of the other features."""
        return [column for column in range(self.n_features) if column not in self.columns]

    @classmethod
    def learn(
        cls, given: Any, estimator: Any, X: Any, input_format: InputFormat
    ) -> tuple[Self, Any]:
        """Return the categories of X, and X with codes in their place.

        Parameters
        ----------
        given : object
            The parameter ``categorical_features``, with tuples in place of arrays and lists.
        estimator : estimator
            Owner of the parameter.
        X : object
            Sequences in any accepted form.
        input_format : InputFormat
            The axes of X.

        Raises
        ------
        ValueError
            If a selected feature does not exist, or holds values of different kinds.
        """
        nothing = cls(given, 0, (), ())
        is_numeric = given == "from_dtype" and (isinstance(X, Windows) or is_stored(X))
        if given is None or len(given) == 0 or is_numeric:
            return nothing, X
        X = _in_memory(X)
        if given == "from_dtype" and not (is_panel(X) or is_ragged(X)):
            return nothing, X
        parts = _parts(X, input_format)
        if parts is None or (given == "from_dtype" and not parts.has_dtypes):
            return nothing, X
        n_features = parts.each[0].shape[-1]
        columns = _selected(given, parts, n_features)
        if not columns:
            return nothing, X
        _check_columns(estimator, parts, reset=True)
        values = tuple(_categories(parts, column) for column in columns)
        found = cls(given, n_features, columns, values)
        return found, found._coded(parts)

    @classmethod
    def of_frame(cls, given: Any, frame: pd.DataFrame) -> Self:
        """Return the categories of the columns of a frame; see `learn`."""
        parts = Parts([frame], lambda each: each[0], _names(frame), has_dtypes=True)
        columns = _selected(given, parts, frame.shape[1])
        values = tuple(_categories(parts, column) for column in columns)
        return cls(given, frame.shape[1], columns, values)

    def encode(self, estimator: Any, X: Any, input_format: InputFormat) -> Any:
        """Return X with codes in place of categories, `UNKNOWN` for those that the fit lacked.

        Raises
        ------
        ValueError
            If X has other features than the fit, or numbers where it had texts.
        """
        if not self.columns:
            return X
        X = _in_memory(X)
        parts = _parts(X, input_format)
        if parts is None:
            return X
        _check_columns(estimator, parts, reset=False)
        given = parts.each[0].shape[-1]
        if given != self.n_features:
            _validation.fail_channels(estimator, given, self.n_features)
        return self._coded(parts)

    def codes(self, number: int, values: Any, name: str) -> NDArray[np.float64]:
        """Return the codes of values of a categorical feature, NaN for missing ones.

        Parameters
        ----------
        number : int
            Number of the feature among the categorical ones.
        values : ndarray or Series
            Its values.
        name : str
            Name of the feature in messages.

        Raises
        ------
        ValueError
            If the fit had texts and these are numbers, or the other way round.
        """
        own = self.values[number]
        typed = _typed(values, name)
        missing = np.asarray(pd.isna(typed))
        if len(own) and not missing.all() and (typed.dtype == object) != (own.dtype.kind == "U"):
            held, had = ("texts", "numbers") if typed.dtype == object else ("numbers", "texts")
            raise ValueError(
                f"{name} holds {held}, and its categories in the fit were {had}, such as "
                f"{own[0].item()!r}; give the same categories."
            )
        codes = 1.0 + pd.Index(own).get_indexer(pd.Index(typed))
        codes[missing] = np.nan
        if typed.dtype.kind == "f":
            codes[np.isinf(typed)] = np.inf  # which is refused with its place
        return codes

    def _coded(self, parts: Parts) -> Any:
        sizes = np.cumsum([int(np.prod(part.shape[:-1])) for part in parts.each])[:-1]
        split = {
            column: np.split(self.codes(number, *_column(parts, column)), sizes)
            for number, column in enumerate(self.columns)
        }
        each = [
            _with_codes(part, {column: codes[row] for column, codes in split.items()})
            for row, part in enumerate(parts.each)
        ]
        return parts.joined(each)


def _in_memory(X: Any) -> Any:
    """Return X without anything that is on disk: windows, or numpy and pandas objects."""
    if isinstance(X, Windows):
        return replace(X, series=np.asarray(X.series))
    return np.asarray(stored_array(X, "X")[:]) if is_stored(X) else in_numpy_or_pandas(X)


def _parts(X: Any, input_format: InputFormat) -> Parts | None:
    """Return X as parts with an axis of features, None if it has not the form of sequences."""
    if isinstance(X, Windows):
        return Parts([X.series], lambda each: replace(X, series=each[0]), X.feature_names)
    if is_ragged(X):
        if any(getattr(part, "ndim", 0) != 2 for part in X):
            return None
        named = next((part for part in X if isinstance(part, pd.DataFrame)), None)
        if len({part.shape[1] for part in X}) > 1 or 0 in X[0].shape:
            return None
        return Parts(list(X), list, _names(named), has_dtypes=named is not None)
    if is_panel(X):
        return Parts([X], lambda each: each[0], _names(X), has_dtypes=True) if len(X) else None
    if not isinstance(X, np.ndarray | pd.DataFrame | list | tuple):
        return None
    array = as_array(X, "X")
    return _parts_of_array(X, array, input_format) if array.size else None


def _parts_of_array(X: Any, array: NDArray[Any], input_format: InputFormat) -> Parts | None:
    """Return an array of sequences, flattened or not, as one part."""
    is_first = input_format.layout == "channels_first"
    cube, n_channels = array, input_format.n_channels or 1
    if array.ndim == 2 and array.shape[1] % n_channels == 0:
        cube = array.reshape(len(array), *((n_channels, -1) if is_first else (-1, n_channels)))
    if cube.ndim != 3:
        return None

    def joined(each: list[Any]) -> Any:
        coded = np.swapaxes(each[0], 1, 2) if is_first else each[0]
        coded = coded.reshape(array.shape)
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(coded, index=X.index, columns=X.columns)
        return coded

    return Parts([np.swapaxes(cube, 1, 2) if is_first else cube], joined)


def _names(frame: pd.DataFrame | None) -> tuple[str, ...] | None:
    return None if frame is None else text_names(list(frame.columns))


def _check_columns(estimator: Any, parts: Parts, *, reset: bool) -> None:
    """Raise ValueError if frames have other columns than one another, or than the fit."""
    if not parts.has_dtypes:
        return
    _validation.refuse_other_columns(parts.each, "X")
    named = next(part for part in parts.each if isinstance(part, pd.DataFrame))
    _validation.check_width(estimator, named, named.shape[1], reset=reset)


def refuse_categorical_dtype(X: Any, owner: str) -> None:
    """Raise ValueError if a frame of X has a column of categorical dtype, which has no numbers."""
    for frame in X if is_ragged(X) else [X]:
        if not isinstance(frame, pd.DataFrame):
            continue
        for name, dtype in frame.dtypes.items():
            if isinstance(dtype, pd.CategoricalDtype):
                raise ValueError(
                    f"column {name!r} of X has a categorical dtype, and {owner} has no categorical "
                    "features; encode it, for example with scikit-learn's OneHotEncoder, convert "
                    "numbers with astype(float), or leave it out."
                )


# ------------------------------------------------------------------ selection


def _selected(given: Any, parts: Parts, n_features: int) -> tuple[int, ...]:
    """Return the positions of the categorical features."""
    if given == "from_dtype":
        frames = [part for part in parts.each if isinstance(part, pd.DataFrame)]
        candidates = sorted({column for frame in frames for column in _without_numbers(frame)})
        is_one = (any(_is_categorical(frame.iloc[:, c]) for frame in frames) for c in candidates)
        return tuple(c for c, chosen in zip(candidates, is_one, strict=True) if chosen)
    if all(isinstance(one, bool) for one in given):
        if len(given) != n_features:
            _fail(given, f"has {len(given)} elements, and a step has {n_features} features")
        return tuple(np.flatnonzero(given).tolist())
    if all(isinstance(one, str) for one in given):
        if parts.names is None:
            _fail(given, "has names, and the features of X have none; give their positions")
        unknown = [one for one in given if one not in parts.names]
        if unknown:
            _fail(given, f"names {unknown[0]!r}, and the features are {list(parts.names)}")
        given = tuple(map(parts.names.index, given))
    if max(given) >= n_features:
        _fail(given, f"has {max(given)}, and the features of a step are 0 to {n_features - 1}")
    return tuple(sorted(set(given)))


def _fail(given: Any, why: str) -> NoReturn:
    raise ValueError(
        f"categorical_features={given!r} {why}; give names of columns, positions, or a mask of the "
        "features of a step."
    )


def _without_numbers(frame: pd.DataFrame) -> list[int]:
    """Return the positions of columns whose dtype is none of numbers."""
    return [
        column for column, dtype in enumerate(frame.dtypes) if getattr(dtype, "kind", "O") == "O"
    ]


def _is_categorical(column: pd.Series[Any]) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    return kind_of(as_array(column, ""), skipna=True) == "string"


# ------------------------------------------------------------------ values


def _column(parts: Parts, column: int) -> tuple[Any, str]:
    """Return the values of a feature in all parts, and its name in messages."""
    return _joined([_of_part(part, column) for part in parts.each]), _called(parts, column)


def _called(parts: Parts, column: int) -> str:
    name = parts.names[column] if parts.names else column
    return f"{'column' if parts.names else 'feature'} {name!r} of X"


def _of_part(part: Any, column: int) -> NDArray[Any]:
    if isinstance(part, pd.DataFrame):
        return as_array(part.iloc[:, column], "X")
    return np.asarray(part[..., column]).ravel()


def _joined(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return arrays one after another, without turning numbers into texts."""
    if len({array.dtype.kind in "biuf" for array in values}) > 1:
        values = [array.astype(object) for array in values]
    return np.concatenate(values)


def _categories(parts: Parts, column: int) -> NDArray[Any]:
    """Return the sorted categories of a feature: those of the dtype, or those that occur."""
    found = []
    for part in parts.each:
        values = part.iloc[:, column] if isinstance(part, pd.DataFrame) else None
        if values is not None and isinstance(values.dtype, pd.CategoricalDtype):
            found.append(as_array(pd.Series(values.cat.categories), "X"))
        else:
            found.append(_of_part(part, column))
    typed = _typed(_joined(found), _called(parts, column))
    distinct = pd.unique(typed[~np.asarray(pd.isna(typed))])
    if typed.dtype == object:
        return np.array(sorted(distinct.tolist()), dtype=str)
    return np.sort(distinct[np.isfinite(distinct)])


def _typed(values: Any, name: str) -> NDArray[Any]:
    """Return values as numbers, or as texts in an array of objects."""
    array = as_array(values, name)
    kind = kind_of(array, skipna=True)
    if array.dtype.kind in "biuf" or kind in NUMBERS:
        return np.asarray(as_numbers(array, name))
    if kind in ("mixed", "mixed-integer"):
        raise ValueError(
            f"{name} holds values of different kinds; categories are texts or numbers, all of one "
            "kind: convert them, for example with astype(str)."
        )
    texts = array.astype(object)
    if kind == "string":
        return texts
    present = ~np.asarray(pd.isna(texts))
    texts[present] = [str(value) for value in texts[present]]
    return texts


def _with_codes(part: Any, codes: Mapping[int, NDArray[np.float64]]) -> Any:
    """Return a part with codes in place of some of its features."""
    if isinstance(part, pd.DataFrame):
        frame = part.copy(deep=False)
        for column, own in codes.items():
            frame.isetitem(column, own)
        return frame
    numeric = [column for column in range(part.shape[-1]) if column not in codes]
    numbers = as_numbers(part[..., numeric], "X")
    is_single = part.dtype == np.float32
    coded = np.empty(part.shape, np.float32 if is_single else np.float64)
    coded[..., numeric] = numbers
    for column, own in codes.items():
        coded[..., column] = own.reshape(part.shape[:-1])
    return coded
