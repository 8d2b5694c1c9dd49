"""Reading of a translator's X and y as one sequence for each example."""

from __future__ import annotations

import reprlib
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite

from skrnn._conversion import as_numbers, in_numpy_or_pandas
from skrnn._validation import check_table, refuse_mapping, refuse_other_columns
from skrnn._wording import type_name
from skrnn.estimators.seq2seq.codecs import SPLIT, Tokens
from skrnn.preprocessing.sequence_containers import as_list
from skrnn.sequences import InputFormat, read_sequences
from skrnn.sequences.categories import refuse_categorical_dtype

_FORMS = "texts, lists of tokens, or arrays of numbers"
_PARAMETERS = {"X": "input_type", "y": "target_type"}


def infer_type(values: Any, name: str, declared: str) -> str:
    """Return the declared input or target type; "auto" infers it from ``values``.

    Texts are characters. Integers, and other hashable objects, are tokens; floats, and arrays of
    two axes for each example, are values.

    Raises
    ------
    ValueError, TypeError
        If they mix texts with something else, hold no sequences, or are not of the declared type.
    """
    found = _appearance(values, name)
    if declared == "auto":
        return found
    if (declared in SPLIT) != (found == "characters"):
        holds = "texts" if found == "characters" else "no texts"
        raise ValueError(
            f"{name} holds {holds}, which {_PARAMETERS[name]}={declared!r} does not take; give "
            f"{_FORMS}."
        )
    return declared


def _appearance(values: Any, name: str) -> str:
    if isinstance(values, str | bytes):
        raise ValueError(f"{name} is a single text, {reprlib.repr(values)}; give a list: [text].")
    if isinstance(values, pd.DataFrame) or hasattr(values, "toarray"):
        return "values"
    if getattr(values, "ndim", 1) > 1:
        return "values" if values.ndim > 2 or values.dtype.kind in "fc" else "tokens"
    if getattr(values, "ndim", 0) == 0 and not isinstance(values, list | tuple):
        raise TypeError(f"{name} is {type_name(values)}; give a list of {_FORMS}.")
    elements = list(values)
    if not elements:
        raise ValueError(f"Found {name} with 0 sample(s) while a minimum of 1 is required.")
    texts = [isinstance(element, str) for element in elements]
    if all(texts):
        return "characters"
    if any(texts):
        odd = texts.index(not texts[0])
        _fail_element(name, odd, elements[odd], f"while element 0 is {reprlib.repr(elements[0])}")
    for row, element in enumerate(elements):
        if not isinstance(element, list | tuple | np.ndarray | pd.Series | pd.DataFrame):
            trouble = "which is no sequence. Reshape your data: a single sequence is [sequence]"
            _fail_element(name, row, element, trouble)
    return "values" if any(map(_holds_numbers, elements)) else "tokens"


def read_sources(translator: Any, X: Any, kind: str, *, reset: bool) -> list[Any]:
    """Return what to encode of each source: tokens, numbers (n_steps_i, n_features) or a vector.

    The translator keeps, or with ``reset=False`` checks, the number and names of features.
    """
    if kind == "vector":
        vectors = check_table(translator, X, reset=reset)
        assert_all_finite(vectors, input_name="X")
        return list(vectors)
    if kind == "values":
        if reset:
            refuse_categorical_dtype(X, type(translator).__name__)
        return as_list(read_sequences(translator, as_columns(X), InputFormat(), reset=reset))
    return read_tokens(X, kind, "X", may_be_empty=False)


def read_targets(y: Any, kind: str, n_sources: int) -> tuple[list[Any], bool]:
    """Return what to encode of each target, and whether each step has one number.

    Raises
    ------
    ValueError
        If a target is not accepted, or there is not one for each source.
    """
    targets: list[Any]
    if kind == "values":
        targets, is_flat = read_numbers(y)
    else:
        targets, is_flat = read_tokens(y, kind, "y", may_be_empty=True), False
    if len(targets) != n_sources:
        raise ValueError(
            f"y has {len(targets)} targets, and X {n_sources} sources; give one for each."
        )
    return targets, is_flat


def read_tokens(values: Any, kind: str, name: str, *, may_be_empty: bool) -> list[Tokens]:
    """Return the tokens of each example.

    Raises
    ------
    ValueError
        If an example holds what is not hashable, or is empty and may not be.
    """
    sequences: list[Tokens] = []
    for row, element in enumerate(values):
        tokens = SPLIT[kind](element) if kind in SPLIT else _listed(element)
        if not tokens and not may_be_empty:
            _fail_element(name, row, element, "which has nothing to read; leave it out")
        try:
            set(tokens)
        except TypeError:
            _fail_element(name, row, element, "whose tokens have to be hashable")
        sequences.append(tokens)
    return sequences


def read_numbers(values: Any) -> tuple[list[NDArray[np.float64]], bool]:
    """Return the numbers (n_steps_i, n_values) of each target, and whether each step has one.

    Raises
    ------
    ValueError
        If a target is empty, differs from others in its axes or its width, or holds NaN.
    """
    if isinstance(values, pd.DataFrame):
        values = as_numbers(values, "y")
    parts = [
        np.asarray(as_numbers(part, f"target {row} of y"), dtype=np.float64)
        for row, part in enumerate(values)
    ]
    for row, part in enumerate(parts):
        if part.ndim not in (1, 2) or 0 in part.shape:
            raise ValueError(
                f"target {row} of y has the shape {part.shape}; give (n_steps,) or "
                "(n_steps, n_values), with one step or more."
            )
        if part.shape[1:] != parts[0].shape[1:]:
            raise ValueError(
                f"target {row} of y has the shape {part.shape}, and target 0 "
                f"{parts[0].shape}; only their numbers of steps may differ."
            )
        if not np.isfinite(part).all():
            raise ValueError(f"Input y contains NaN or infinity: target {row} has it first.")
    return [part.reshape(len(part), -1) for part in parts], parts[0].ndim == 1


def in_known_form(values: Any, name: str) -> Any:
    """Return what any container holds in numpy, pandas or a list, of tables with equal columns."""
    refuse_mapping(values, name)
    values = in_numpy_or_pandas(values)
    if isinstance(values, list):
        refuse_other_columns(values, name)
    return values


def as_columns(values: Any) -> Any:
    """Return sequences in a list as arrays (n_steps_i, n_features); anything else as it is."""
    if getattr(values, "ndim", 1) > 1:
        return values
    return [_column(part, f"sequence {row} of X") for row, part in enumerate(values)]


def _column(part: Any, name: str) -> Any:
    """Return one number for each step as (n_steps, 1), and a table or any other array as it is."""
    if isinstance(part, pd.DataFrame):
        return part
    numbers = as_numbers(part, name)
    return numbers[:, None] if numbers.ndim == 1 else numbers


def _holds_numbers(element: Any) -> bool:
    if isinstance(element, list | tuple):
        return any(isinstance(part, float | np.floating | list | np.ndarray) for part in element)
    return element.ndim == 2 or element.dtype.kind == "f"


def _listed(element: Any) -> Tokens:
    """Return tokens as a list of plain Python objects."""
    return element.tolist() if hasattr(element, "tolist") else list(element)


def _fail_element(name: str, row: int, element: Any, trouble: str) -> NoReturn:
    raise ValueError(
        f"element {row} of {name} is {reprlib.repr(element)}, {trouble}; give {_FORMS}, all of "
        "one kind."
    )
