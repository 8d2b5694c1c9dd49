"""Sequences of any form of X, and X with other values; windows of pipelines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from skrnn._conversion import in_numpy_or_pandas, is_panel
from skrnn._typing import BaseEstimator
from skrnn._validation import Floats
from skrnn.inspection.categories import with_dtypes, with_values
from skrnn.parameters import plain
from skrnn.preprocessing.sequence_containers import end_to_end, over_new_steps
from skrnn.preprocessing.sliding_window import SlidingWindow
from skrnn.sequences import InputFormat, Sequences, Windows, read_sequences
from skrnn.sequences.categories import Categories
from skrnn.sequences.steps import feature_names


@dataclass(frozen=True, eq=False)
class SequenceInput:
    """Sequences of X, stored one after another.

    Attributes
    ----------
    sequences : Sequences
        The sequences; ``sequences.window`` is the length of a complete window.
    names : list of str
        Names of the features of a step.
    in_form : callable
        Function from other steps, in the order of ``sequences.steps``, to X with these.
    categories : Categories
        Categorical features, whose codes ``sequences.steps`` have.
    """

    sequences: Sequences
    names: list[str]
    in_form: Callable[[Floats], Any]
    categories: Categories

    @classmethod
    def of(
        cls, X: Any, input_format: InputFormat, estimator: Any, names: list[str] | None
    ) -> SequenceInput:
        """Read X, whose features have the names of its columns, else ``names``, else of the fit."""
        X = X if isinstance(X, Windows) else in_numpy_or_pandas(X)
        reader = _Reader()
        categories, coded = Categories.learn(_selected(estimator), reader, X, input_format)
        read = read_sequences(reader, coded, input_format, reset=True)
        sequences, n_features = end_to_end(read), read.n_features
        named = feature_names(reader, n_features) or feature_names(estimator, n_features)
        if named is None and names is not None and len(names) == n_features:
            named = names
        named = named or [f"x{number}" for number in range(n_features)]

        def in_form(steps: Floats) -> Any:
            steps = with_values(steps, categories)
            if isinstance(X, Windows):
                ends = sequences.starts + sequences.lengths - 1
                return replace(X, series=steps, ends=ends, sampling_rate=1)
            changed = with_dtypes(over_new_steps(X, sequences, steps, input_format.layout))
            if isinstance(X, pd.DataFrame) and not is_panel(X):
                return pd.DataFrame(changed, index=X.index, columns=X.columns)
            return changed

        return cls(replace(sequences, window=read.window), named, in_form, categories)


class _Reader(BaseEstimator):
    """Holder of the number and names of features, read from X and not compared with a fit."""


def input_format(estimator: Any, n_channels: int | None, layout: str | None) -> InputFormat:
    """Return the axes of X that are given, else those of the estimator and its steps.

    Raises
    ------
    ValueError
        If steps of the estimator differ.
    """
    of_estimator = {"n_channels": n_channels, "layout": layout}
    for name, given in of_estimator.items():
        if given is None:
            of_estimator[name] = _parameter_of(estimator, name)
    return InputFormat(
        of_estimator["n_channels"],  # type: ignore[arg-type]
        of_estimator["layout"] or "channels_last",  # type: ignore[arg-type]
        missing="mask",
    )


def _selected(estimator: Any) -> Any:
    """Return the parameter ``categorical_features`` of an estimator, if X is its own."""
    while isinstance(estimator, Pipeline) and len(estimator.steps) == 1:
        estimator = estimator.steps[0][1]
    return plain(getattr(estimator, "categorical_features", "from_dtype"))


def _parameter_of(estimator: Any, name: str) -> Any:
    """Return the value of a parameter of an estimator or its steps, or None without one."""
    every = estimator.get_params() if hasattr(estimator, "get_params") else {}
    values = {value for key, value in every.items() if key.split("__")[-1] == name}
    if len(values) > 1:
        raise ValueError(
            f"steps of {type(estimator).__name__} have different values of {name}, "
            f"{sorted(map(repr, values))}; give {name} to sequence_importance."
        )
    return next(iter(values), None)


def after_windows(estimator: Any, X: Any) -> tuple[Any, Any, list[str] | None]:
    """Return the part of a pipeline after its sliding windows, the windows, and their features.

    Another estimator and its X are returned unchanged, without names.

    Raises
    ------
    ValueError
        If an estimator holds a pipeline with sliding windows inside.
    """
    names = None
    if isinstance(estimator, Pipeline):
        kinds = [isinstance(step, SlidingWindow) for _, step in estimator.steps]
        if any(kinds):
            last = len(kinds) - 1 - kinds[::-1].index(True)
            names = _names_before(estimator, last)
            estimator, X = estimator[last + 1 :], estimator[: last + 1].transform(X)
    params = estimator.get_params() if hasattr(estimator, "get_params") else {}
    if any(isinstance(value, SlidingWindow) for value in params.values()):
        raise ValueError(
            f"{type(estimator).__name__} has a SlidingWindow inside, and its windows cannot be "
            "reached; give the pipeline with SlidingWindow itself, such as best_estimator_ of a "
            "search."
        )
    return estimator, X, names


def _names_before(pipeline: Pipeline, last: int) -> list[str] | None:
    """Return the names of the columns that the steps before the windows return."""
    steps = [step for _, step in pipeline.steps[:last] if step != "passthrough"]
    if not steps or not all(hasattr(step, "get_feature_names_out") for step in steps):
        return None
    return list(pipeline[:last].get_feature_names_out())
