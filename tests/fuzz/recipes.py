"""Recipes of data, well-formed and not: values with a short repr, to create the data again.

A recipe prints as the call that makes it, so that a failing program can be read and run again.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz.comparing import same

NAMES = ("a", "b", "c", "d", "e", "f", "g")


class Recipe:
    """Something that is built anew for every use; its repr leaves the defaults out."""

    def __repr__(self) -> str:
        given: Any = fields(self)  # type: ignore[arg-type]
        named = [
            (f.name, getattr(self, f.name)) for f in given if getattr(self, f.name) != f.default
        ]
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in named)})"

    def build(self) -> Any:
        """Return what the recipe describes."""
        raise NotImplementedError

    def made(self) -> Any:
        """Return it, built without a warning."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return self.build()


@cache
def exists(recipe: Recipe) -> bool:
    """Tell whether there is such data, and whether it is the same each time it is made."""
    try:
        return same(recipe.made(), recipe.made())
    except Exception:
        return False


@dataclass(frozen=True, repr=False)
class X(Recipe):
    """Sequences in one of `FORMS`.

    Attributes
    ----------
    form : str
        The container.
    values : str
        "normal", "tokens" or "constant", or a factor such as "1e300".
    fault : str
        What is wrong, one of `FAULTS`; "" is nothing.
    """

    form: str = "array"
    n: int = 6
    steps: int = 5
    features: int = 2
    values: str = "normal"
    fault: str = ""
    seed: int = 0

    @property
    def has_missing(self) -> bool:
        """Tell whether there is NaN in it, or what becomes NaN."""
        return self.fault in ("nan", "all_nan", "masked", "none", "nat") or self.form in (
            "sliding",
            "masked",
            "series",
        )

    def lengths(self) -> list[int]:
        """Return the number of steps of each sequence."""
        if self.form in RAGGED:
            return [max(1, self.steps - i % 3) for i in range(self.n)]
        return [self.steps] * self.n

    def arrays(self) -> list[np.ndarray]:
        """Return the sequences as arrays (n_steps_i, n_features)."""
        random = np.random.default_rng(self.seed)
        made = [random.normal(size=(length, self.features)) for length in self.lengths()]
        if self.values == "tokens":
            made = [np.floor(np.abs(part) * 3 + 1) for part in made]
        elif self.values == "constant":
            made = [np.full_like(part, 7.0) for part in made]
        elif self.values != "normal":
            made = [part * float(self.values) for part in made]
        return FAULTS[self.fault](made) if made and made[0].size else made

    def build(self) -> Any:
        """Return the sequences in their container."""
        return FORMS[self.form](self.arrays())


@dataclass(frozen=True, repr=False)
class Y(Recipe):
    """Targets for ``like``: one for each sequence, or for each step of each sequence."""

    kind: str = "numbers"
    like: X = X()
    form: str = "array"
    fault: str = ""
    each_step: bool = False

    def build(self) -> Any:
        """Return the targets in their container."""
        lengths = self.like.lengths()
        random = np.random.default_rng(self.like.seed + 1)
        make = TARGETS[self.kind]
        if self.each_step:
            parts = [make(random, length) for length in lengths]
            return STEP_FORMS[self.form](TARGET_FAULTS[self.fault](parts), self.like)
        whole = TARGET_FAULTS[self.fault]([make(random, len(lengths))])[0]
        return TARGET_FORMS[self.form](whole)


@dataclass(frozen=True, repr=False)
class Weights(Recipe):
    """Weights of n samples."""

    n: int = 6
    kind: str = "ones"

    def build(self) -> Any:
        """Return the weights."""
        ones = np.ones(self.n)
        made = {
            "ones": ones,
            "zeros": 0 * ones,
            "negative": -ones,
            "nan": np.nan * ones,
            "huge": 1e300 * ones,
            "tiny": 1e-300 * ones,
            "some": np.arange(self.n) % 2.0,
            "list": [1.0] * self.n,
            "short": ones[1:],
            "wide": np.ones((self.n, 2)),
            "text": ["a"] * self.n,
            "series": pd.Series(ones),
            "number": 2.0,
        }
        return made[self.kind]


WEIGHTS = ("ones", "some", "list", "series", "zeros", "negative", "nan", "huge", "tiny")
WEIGHTS += ("short", "wide", "text", "number")


# ------------------------------------------------------------------ forms


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    return np.stack(parts) if parts else np.empty((0, 5, 2))


def _flat(parts: list[np.ndarray]) -> np.ndarray:
    return _stack(parts)[:, :, 0]


def _objects(parts: list[Any]) -> np.ndarray:
    made = np.empty(len(parts), dtype=object)
    made[:] = parts
    return made


def _frame(part: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(part, columns=list(NAMES[: part.shape[1]]))


def _table(parts: list[np.ndarray]) -> pd.DataFrame:
    flat = _flat(parts)
    return pd.DataFrame(flat, columns=[f"t{step}" for step in range(flat.shape[1])])


def _panel(parts: list[np.ndarray]) -> pd.DataFrame:
    return pd.concat({f"i{n}": _frame(part) for n, part in enumerate(parts)}, names=["one", "step"])


def _dated_panel(parts: list[np.ndarray]) -> pd.DataFrame:
    frames = {}
    for n, part in enumerate(parts):
        days = pd.date_range("2024", periods=len(part), freq="D")
        frames[f"i{n}"] = _frame(part).set_axis(days)
    return pd.concat(frames, names=["one", "day"])


def _read_only(parts: list[np.ndarray]) -> np.ndarray:
    made = _stack(parts)
    made.flags.writeable = False
    return made


def _masked(parts: list[np.ndarray]) -> Any:
    made = np.ma.masked_array(_stack(parts), mask=False)
    if made.size:
        made[len(made) // 2, 0] = np.ma.masked
    return made


def _polars(parts: list[np.ndarray]) -> Any:
    import polars

    return polars.DataFrame({f"t{n}": column for n, column in enumerate(_flat(parts).T)})


def _polars_list(parts: list[np.ndarray]) -> Any:
    import polars

    return [polars.DataFrame(dict(zip(NAMES, part.T, strict=False))) for part in parts]


def _arrow(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.convert_dtypes(dtype_backend="pyarrow")


def _windows(parts: list[np.ndarray]) -> Any:
    from skrnn import make_windows

    series = np.concatenate([np.concatenate(parts), parts[0][:1]])
    stride = len(parts[0])
    return make_windows(series, window_length=stride, stride=stride)[0][: len(parts)]


def _sliding(parts: list[np.ndarray]) -> Any:
    from skrnn import SlidingWindow

    series = np.concatenate([part[-1:] for part in parts])
    return SlidingWindow(min(3, len(series))).fit_transform(series)


def _nested(parts: list[np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame({"dim_0": [pd.Series(part[:, 0]) for part in parts]})


def _sparse(parts: list[np.ndarray]) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix(_flat(parts).astype(np.float64))


#: From a list of arrays (n_steps_i, n_features) to a container.
FORMS: dict[str, Any] = {
    "array": _stack,
    "flat": _flat,
    "list": list,
    "ragged": list,
    "frames": lambda parts: list(map(_frame, parts)),
    "panel": _panel,
    "dated_panel": _dated_panel,
    "table": _table,
    "windows": _windows,
    "sliding": _sliding,
    "tuple": tuple,
    "lists": lambda parts: [part.tolist() for part in parts],
    "float32": lambda parts: _stack(parts).astype(np.float32),
    "float16": lambda parts: _stack(parts).astype(np.float16),
    "integers": lambda parts: np.nan_to_num(_stack(parts), posinf=9).astype(np.int64),
    "bools": lambda parts: _stack(parts) > 0,
    "objects": lambda parts: _stack(parts).astype(object),
    "complex": lambda parts: _stack(parts) + 1j,
    "fortran": lambda parts: np.asfortranarray(_stack(parts)),
    "big_endian": lambda parts: _stack(parts).astype(">f8"),
    "read_only": _read_only,
    "masked": _masked,
    "object_array": _objects,
    "array_of_series": lambda parts: pd.Series(parts),
    "series": lambda parts: [pd.Series(part[:, 0]) for part in parts],
    "nested": _nested,
    "nullable_frames": lambda parts: [_frame(part).convert_dtypes() for part in parts],
    "nullable_panel": lambda parts: _panel(parts).convert_dtypes(),
    "nullable_table": lambda parts: _table(parts).convert_dtypes(),
    "arrow_table": lambda parts: _arrow(_table(parts)),
    "arrow_panel": lambda parts: _arrow(_panel(parts)),
    "polars": _polars,
    "polars_list": _polars_list,
    "sparse": _sparse,
    "rows": lambda parts: np.concatenate(parts),
    "rows_frame": lambda parts: _frame(np.concatenate(parts)),
    "first": lambda parts: parts[0][:, 0],
}
RAGGED = ("ragged", "frames", "panel", "dated_panel", "tuple", "lists", "object_array")
RAGGED += ("array_of_series", "series", "nested", "nullable_frames", "nullable_panel")
RAGGED += ("polars_list", "arrow_panel", "rows", "rows_frame")


# ------------------------------------------------------------------ faults


def _with(value: Any, dtype: Any = None) -> Any:
    """Return what puts a value into the middle of the middle sequence."""

    def spoil(parts: list[np.ndarray]) -> list[np.ndarray]:
        parts = [part.astype(dtype or part.dtype) for part in parts]
        part = parts[len(parts) // 2]
        part[len(part) // 2, 0] = value
        return parts

    return spoil


def _all(value: float) -> Any:
    return lambda parts: [np.full_like(part, value) for part in parts]


def _swapped(parts: list[np.ndarray]) -> list[np.ndarray]:
    return [parts[0], *(part[:, ::-1] for part in parts[1:])]


def _another_width(parts: list[np.ndarray]) -> list[np.ndarray]:
    return [*parts[:-1], np.ones((len(parts[-1]), parts[-1].shape[1] + 1))]


def _dates(parts: list[np.ndarray]) -> list[Any]:
    begin = np.datetime64("2024-01-01", "ns")
    return [
        begin + np.arange(part.size).reshape(part.shape).astype("timedelta64[ns]") for part in parts
    ]


FAULTS: dict[str, Any] = {
    "": lambda parts: parts,
    "nan": _with(np.nan),
    "inf": _with(np.inf),
    "minus_inf": _with(-np.inf),
    "1e39": _with(1e39),
    "1e300": _with(1e300),
    "all_nan": _all(np.nan),
    "text": _with("much", object),
    "none": _with(None, object),
    "list_inside": _with([1.0], object),
    "dates": _dates,
    "width": _another_width,
    "swapped": _swapped,
    "no_steps": lambda parts: [*parts[:-1], parts[-1][:0]],
}


# ------------------------------------------------------------------ targets


def _texts(random: Any, n: int) -> np.ndarray:
    return np.array(["down", "up"])[np.arange(n) % 2]


TARGETS: dict[str, Any] = {
    "numbers": lambda random, n: random.normal(size=n),
    "two_columns": lambda random, n: random.normal(size=(n, 2)),
    "column": lambda random, n: random.normal(size=(n, 1)),
    "classes": lambda random, n: np.arange(n) % 2,
    "three": lambda random, n: np.arange(n) % 3,
    "texts": _texts,
    "text_objects": lambda random, n: _texts(random, n).astype(object),
    "bools": lambda random, n: np.arange(n) % 2 == 0,
    "bool_objects": lambda random, n: (np.arange(n) % 2 == 0).astype(object),
    "labels": lambda random, n: random.integers(0, 2, size=(n, 3)),
    "one_class": lambda random, n: np.ones(n, dtype=int),
    "constant": lambda random, n: np.full(n, 3.5),
    "1e300": lambda random, n: random.normal(size=n) * 1e300,
    "1e160": lambda random, n: random.normal(size=n) * 1e160,
    "1e-300": lambda random, n: random.normal(size=n) * 1e-300,
    "complex": lambda random, n: random.normal(size=n) + 1j,
    "dates": lambda random, n: np.datetime64("2024-01-01", "ns") + np.arange(n),
    "three_axes": lambda random, n: random.normal(size=(n, 2, 2)),
    "no_columns": lambda random, n: np.empty((n, 0)),
}


def _spoilt(value: Any) -> Any:
    def spoil(parts: list[np.ndarray]) -> list[np.ndarray]:
        if parts[0].dtype.kind not in "fc" or not parts[0].size:
            parts = [part.astype(object) for part in parts]
        parts[0][:1] = value
        return parts

    return spoil


TARGET_FAULTS: dict[str, Any] = {
    "": lambda parts: parts,
    "nan": _spoilt(np.nan),
    "inf": _spoilt(np.inf),
    "none": lambda parts: _spoilt(None)([part.astype(object) for part in parts]),
    "text": lambda parts: _spoilt("much")([part.astype(object) for part in parts]),
    "short": lambda parts: [*parts[:-1], parts[-1][:-1]],
    "long": lambda parts: [*parts[:-1], np.concatenate([parts[-1], parts[-1]])],
    "none_at_all": lambda parts: [part[:0] for part in parts],
}


def _pandas(values: np.ndarray) -> Any:
    return pd.Series(values) if values.ndim == 1 else pd.DataFrame(values.reshape(len(values), -1))


def _polars_series(values: np.ndarray) -> Any:
    import polars

    return polars.Series(values.tolist(), strict=False)


def _masked_target(values: np.ndarray) -> Any:
    mask = np.zeros(values.shape, dtype=bool)
    mask[:1] = True
    return np.ma.masked_array(values, mask=mask)


TARGET_FORMS: dict[str, Any] = {
    "array": lambda values: values,
    "list": lambda values: values.tolist(),
    "series": _pandas,
    "nullable": lambda values: _pandas(values).convert_dtypes(),
    "reversed": lambda values: _pandas(values)[::-1],
    "category": lambda values: _pandas(values).astype("category"),
    "polars": _polars_series,
    "masked": _masked_target,
    "objects": lambda values: values.astype(object),
    "tuple": lambda values: tuple(values.tolist()),
    "index": lambda values: pd.Index(values.tolist()),
}


def _step_panel(parts: list[np.ndarray], like: X, *, backwards: bool = False) -> Any:
    rows = pd.concat(
        {f"i{n}": _pandas(part) for n, part in enumerate(parts)}, names=["one", "step"]
    )
    index = like.build().index if like.form in ("panel", "dated_panel") else rows.index
    rows = rows.set_axis(index) if len(index) == len(rows) else rows
    return rows[::-1] if backwards else rows


STEP_FORMS: dict[str, Any] = {
    "natural": lambda parts, like: (
        _step_panel(parts, like)
        if "panel" in like.form
        else parts
        if like.form in RAGGED or like.form == "list"
        else np.stack(parts)
        if len({part.shape for part in parts}) == 1
        else parts
    ),
    "array": lambda parts, like: parts if like.form in RAGGED else _objects(parts),
    "list": lambda parts, like: parts,
    "lists": lambda parts, like: [part.tolist() for part in parts],
    "series": lambda parts, like: list(map(_pandas, parts)),
    "panel": _step_panel,
    "reversed": lambda parts, like: _step_panel(parts, like, backwards=True),
    "rows": lambda parts, like: np.concatenate(parts),
    "first": lambda parts, like: np.array([part[0] for part in parts]),
}
