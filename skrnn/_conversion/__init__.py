"""Conversion of user data: any library's containers to numpy and pandas, values to numbers.

A container is recognized by its content, not by its class: by its columns, its shape, and the
kind of its values.
"""

from skrnn._conversion.containers import (
    column_names,
    holds_times,
    in_numpy_or_pandas,
    is_mapping,
    is_panel,
    is_ragged,
    is_sequence,
    native,
    native_index,
    refuse_repeated_names,
)
from skrnn._conversion.kinds import dtype_name, refuse_other_than_numbers
from skrnn._conversion.row_order import check_order, check_same_rows
from skrnn._conversion.values import as_array, as_labels, as_numbers, as_values

__all__ = [
    "as_array",
    "as_labels",
    "as_numbers",
    "as_values",
    "check_order",
    "check_same_rows",
    "column_names",
    "dtype_name",
    "holds_times",
    "in_numpy_or_pandas",
    "is_mapping",
    "is_panel",
    "is_ragged",
    "is_sequence",
    "native",
    "native_index",
    "refuse_other_than_numbers",
    "refuse_repeated_names",
]
