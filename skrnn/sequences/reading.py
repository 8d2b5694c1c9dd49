"""Reading of X as `Sequences`: its format, and checks against the fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn import _validation
from skrnn._conversion import in_numpy_or_pandas, is_panel, is_ragged
from skrnn._validation import Floats
from skrnn.parameters import NONE, integers, one_of, parameter
from skrnn.sequences.stored_rows import is_on_disk, is_stored, stored_array, stored_rows
from skrnn.sequences.table import BLOCK, Sequences
from skrnn.sequences.windows import Windows

N_CHANNELS = parameter(
    default=None,
    domain=integers(1) | NONE,
    doc="Features per step of a 2-D X, whose rows are flattened sequences; None is 1.",
)
LAYOUT = parameter(
    default="channels_last",
    domain=one_of("channels_last", "channels_first"),
    doc="""Order of the axes of a 3-D X, and of a flattened one: (n_steps, n_features) or
    (n_features, n_steps).""",
)


#: From some of the rows of an array to (n_samples, n_steps, n_features).
ToCube = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class InputFormat:
    """The axes of X, and the meaning of NaN in it.

    Attributes
    ----------
    n_channels : int or None
        Features of each step in a 2-D X; None is 1.
    layout : {"channels_last", "channels_first"}
        The order of steps and features.
    missing : {"error", "mask"}
        Whether NaN is refused or marks a value as not observed.
    """

    n_channels: int | None = None
    layout: str = "channels_last"
    missing: str = "error"

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Return the format that the parameters of an estimator describe."""
        return cls(estimator.n_channels, estimator.layout, estimator.missing)


@dataclass(frozen=True)
class SequenceShape:
    """Features of the sequences of a fit and, if it is the same for all, their length.

    With ``at_most``, shorter sequences are accepted as well, as after a fit on windows.
    """

    n_steps: int | None
    n_features: int
    at_most: bool = False


def read_sequences(
    estimator: Any,
    X: Any,
    input_format: InputFormat,
    *,
    reset: bool,
    checks_disk: bool = True,
) -> Sequences:
    """Read X, in any of the accepted forms, as sequences.

    Parameters
    ----------
    estimator : estimator
        Records or compares ``n_features_in_`` and ``feature_names_in_``.
    X : array-like, DataFrame, list or Windows
        Sequences in any accepted form.
    input_format : InputFormat
        The axes of X, and the meaning of NaN.
    reset : bool
        True at fit, False at predict.
    checks_disk : bool, default=True
        Whether values on disk are checked, which reads all of them. False if `checked_blocks`
        reads them next.

    Raises
    ------
    ValueError, TypeError
        If X has a form, width or values that are not accepted.
    """
    if is_stored(X):
        sequences = _read_stored(estimator, X, input_format, reset=reset)
    elif isinstance(X, Windows):
        _validation.require_samples(len(X))
        _validation.check_width(estimator, X.header(), X.shape[2], reset=reset)
        sequences = X.sequences()
    else:
        sequences = _read_form(estimator, in_numpy_or_pandas(X), input_format, reset=reset)
    if checks_disk or not is_on_disk(sequences.steps):
        check_finite(sequences, allow_nan=input_format.missing == "mask")
    return sequences


def check_shape(estimator: Any, sequences: Sequences, fitted: SequenceShape) -> None:
    """Raise ValueError unless sequences have the features, and the length, of the fit."""
    if sequences.n_features != fitted.n_features:
        _validation.fail_channels(estimator, sequences.n_features, fitted.n_features)
    if fitted.n_steps is None or sequences.n_steps == fitted.n_steps:
        return
    if not fitted.at_most or sequences.window or sequences.longest > fitted.n_steps:
        given = sequences.n_steps
        text = f"{sequences.lengths.min()} to {sequences.longest}" if given is None else str(given)
        _validation.fail_steps(estimator, text, fitted.n_steps)


def _read_form(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Sequences:
    """Read arrays, pandas objects or lists as sequences."""
    _validation.refuse_mapping(X, "X")
    _validation.refuse_texts(X)
    if isinstance(X, pd.Series):
        X = X.to_numpy()
    if is_ragged(X):
        return _read_list(estimator, X, reset=reset)
    if is_panel(X):
        steps, lengths = _validation.check_panel(estimator, X)
        _validation.check_width(estimator, X, steps.shape[1], reset=reset)
        return Sequences.end_to_end(steps, lengths)
    n_dimensions = _n_dimensions(X)
    if n_dimensions > 3:
        _fail_dimensions(n_dimensions)
    read = _read_cube if n_dimensions == 3 else _read_table
    return _from_cube(read(estimator, X, input_format, reset=reset))


def _fail_dimensions(given: int) -> NoReturn:
    raise ValueError(
        f"X has {given} dimensions; sequences have 2, (n_samples, n_steps), or "
        "3, (n_samples, n_steps, n_features)."
    )


def _read_stored(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Sequences:
    """Read an array that is read in blocks as sequences, without reading it."""
    array = stored_array(X, "X")
    if array.ndim not in (2, 3):
        _fail_dimensions(array.ndim)
    _validation.require_samples(array.shape[0])
    if 0 in array.shape:
        raise ValueError(f"X has no steps or no features: its shape is {tuple(array.shape)}.")
    shape, to_cube = _axes(array.shape, input_format)
    names = pd.DataFrame(columns=array.names) if hasattr(array, "names") else None
    width = shape[2] if array.ndim == 3 else array.shape[1]
    _validation.check_width(estimator, names, width, reset=reset)
    n_samples, n_steps, n_features = shape
    read = partial(_read_steps, array, to_cube, n_steps)
    rows = stored_rows(array, read, (n_samples * n_steps, n_features), n_steps)
    return Sequences.end_to_end(cast("Floats", rows), np.full(n_samples, n_steps))


def _read_steps(
    array: Any, to_cube: ToCube, n_steps: int, first: int, stop: int, columns: slice
) -> NDArray[Any]:
    """Return rows of sequences that lie end to end; of whole sequences, since blocks are."""
    cube = to_cube(np.asarray(array[first // n_steps : -(-stop // n_steps)]))
    rows = cube.reshape(-1, cube.shape[2])[:, columns]
    return rows[first % n_steps :][: stop - first]


def _n_dimensions(X: Any) -> int:
    """Return the number of dimensions of an array, or of nested lists."""
    if isinstance(X, list | tuple):
        return 1 + _n_dimensions(X[0]) if len(X) else 1
    return int(getattr(X, "ndim", 0))


def _read_list(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    steps, lengths = _validation.check_rows(estimator, X)
    named = next((part for part in X if hasattr(part, "columns")), None)
    _validation.check_width(estimator, named, steps.shape[1], reset=reset)
    return Sequences.end_to_end(steps, lengths)


def _read_cube(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Floats:
    cube = _validation.check_cube(estimator, X)
    if cube.shape[1] == 0 or cube.shape[2] == 0:
        raise ValueError(f"X has no steps or no features: its shape is {cube.shape}.")
    _, to_cube = _axes(cube.shape, input_format)
    cube = to_cube(cube)
    _validation.check_width(estimator, None, cube.shape[2], reset=reset)
    return cube


def _read_table(estimator: Any, X: Any, input_format: InputFormat, *, reset: bool) -> Floats:
    """Return a 2-D X as (n_samples, n_steps, n_channels)."""
    if reset and input_format.n_channels is None:
        _validation.warn_of_times(X)
    table = _validation.check_table(estimator, X, reset=reset)
    _, to_cube = _axes(table.shape, input_format)
    return to_cube(table)


def _axes(shape: Sequence[int], input_format: InputFormat) -> tuple[tuple[int, int, int], ToCube]:
    """Return (n_samples, n_steps, n_features) of an array, and what reshapes parts of it to that.

    Raises
    ------
    ValueError
        If columns of a 2-D array are no multiple of the number of channels.
    """
    is_first = input_format.layout == "channels_first"
    n_samples, *axes = (int(size) for size in shape)
    if len(axes) == 1:
        n_channels = input_format.n_channels or 1
        n_steps, rest = divmod(axes[0], n_channels)
        if rest:
            raise ValueError(
                f"X has {axes[0]} columns, which is not a multiple of n_channels={n_channels}."
            )
        axes = [n_channels, n_steps] if is_first else [n_steps, n_channels]
    n_steps, n_features = reversed(axes) if is_first else axes
    return (n_samples, n_steps, n_features), partial(_cube, axes=axes, is_first=is_first)


def _cube(part: NDArray[Any], axes: Sequence[int], *, is_first: bool) -> NDArray[Any]:
    cube = part.reshape(len(part), *axes)
    return cube.transpose(0, 2, 1) if is_first else cube


def _from_cube(cube: Floats) -> Sequences:
    n_samples, n_steps, n_features = cube.shape
    return Sequences.end_to_end(cube.reshape(-1, n_features), np.full(n_samples, n_steps))


def check_finite(sequences: Sequences, *, allow_nan: bool) -> None:
    """Raise ValueError if a value of sequences is infinite or, unless ``allow_nan``, NaN."""
    steps = sequences.within().steps
    if len(steps) <= BLOCK and not is_on_disk(steps) and _validation.all_finite(steps):
        return
    for _ in checked_blocks(sequences, np.ones(len(sequences)), allow_nan=allow_nan):
        pass


def checked_blocks(
    sequences: Sequences, weights: NDArray[np.float64], *, allow_nan: bool
) -> Iterator[tuple[Floats, NDArray[np.float64]]]:
    """Yield the blocks with steps of the sequences, after a check, and the weight of each step.

    A step has the sum of the weights of the sequences that hold it. Steps of sequences of weight 0
    are checked as well.

    Raises
    ------
    ValueError
        If one is infinite or, unless ``allow_nan``, NaN.
    """
    sequences = sequences.within()
    weighted = sequences.blocks(weights)
    # Without weights of 0, the steps that have a weight are those of the sequences.
    counted = None if weights.all() else sequences.blocks(np.ones(len(sequences)))
    for rows, step_weights in weighted:
        n_sequences = step_weights if counted is None else next(counted)[1]
        is_held = n_sequences > 0
        if not is_held.any():
            continue
        values = sequences.steps[rows]
        if not _validation.all_finite(values if is_held.all() else values[is_held]):
            _refuse_missing(sequences, rows, values, is_held, allow_nan=allow_nan)
        yield values, step_weights


def _refuse_missing(
    sequences: Sequences,
    rows: slice,
    values: Floats,
    is_held: NDArray[np.bool_],
    *,
    allow_nan: bool,
) -> None:
    """Raise ValueError if a value that is held is infinite or, unless ``allow_nan``, NaN."""
    for kind, is_such in (("infinity", np.isinf), ("NaN", np.isnan)):
        refused = is_such(values).any(axis=1) & is_held
        if refused.any() and not (kind == "NaN" and allow_nan):
            marked = np.zeros(len(sequences.steps), dtype=bool)
            marked[rows] = refused
            _validation.fail_missing(sequences.first_with(marked), kind)
