"""Objects that are not data of any kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz.recipes import Recipe


@dataclass(frozen=True, repr=False)
class Junk(Recipe):
    """Objects that are not data of any kind."""

    kind: str = "none"

    def build(self) -> Any:
        """Return it."""
        return JUNK[self.kind]()


JUNK: dict[str, Any] = {
    "none": lambda: None,
    "number": lambda: 5,
    "fraction": lambda: 0.5,
    "text": lambda: "much",
    "bytes": lambda: b"much",
    "empty_list": list,
    "empty_tuple": tuple,
    "empty_dict": dict,
    "dict": lambda: {"a": [1.0, 2.0]},
    "set": lambda: {1.0, 2.0},
    "object": lambda: NotImplemented,
    "function": lambda: len,
    "range": lambda: range(6),
    "class": lambda: np.ndarray,
    "scalar_array": lambda: np.array(3.0),
    "text_array": lambda: np.array("much"),
    "empty_array": lambda: np.empty(0),
    "no_samples": lambda: np.empty((0, 5, 2)),
    "no_steps": lambda: np.empty((6, 0, 2)),
    "no_features": lambda: np.empty((6, 5, 0)),
    "no_columns": lambda: np.empty((6, 0)),
    "four_axes": lambda: np.zeros((2, 2, 2, 2)),
    "empty_frame": pd.DataFrame,
    "empty_series": lambda: pd.Series(dtype=float),
    "nested_empty": lambda: [[]],
    "nested_none": lambda: [None, None],
    "uneven": lambda: [1, 2, [3]],
    "texts": lambda: ["a b", "b c"],
    "text_table": lambda: [["a", "b"], ["b", "c"]],
    "datetimes": lambda: np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[ns]"),
    "structured": lambda: np.zeros(3, dtype=[("a", float), ("b", float)]),
    "one_number_list": lambda: [3.0],
    "text_frame": lambda: pd.DataFrame({"a": ["x", "y", "z"], "b": [1.0, 2.0, 3.0]}),
    "date_frame": lambda: pd.DataFrame({"a": pd.date_range("2024", periods=3), "b": [1.0, 2, 3]}),
}
