"""Vectors of categorical features: learned ones, and one-hot vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.numpy_runtime.categories import in_order


@keras.saving.register_keras_serializable(package="skrnn")
class EmbedCategories(keras.layers.Layer):
    """Features with learned vectors in place of the codes of categories.

    The vector of code 0, an unknown category, a missing one or padding, is zero and stays so.

    Parameters
    ----------
    columns : sequence of int
        Positions of the codes.
    sizes, widths : sequence of int
        Number of categories, whose codes are 1, 2, and so on, and the size of their vectors, of
        each of these features.
    keeps_order : bool
        False puts the vectors after the other features.
    """

    def __init__(
        self,
        columns: Sequence[int],
        sizes: Sequence[int],
        widths: Sequence[int],
        keeps_order: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.autocast = False  # to 16 bits, in which large codes are not exact
        self.columns = list(columns)
        self.sizes = list(sizes)
        self.widths = list(widths)
        self.keeps_order = keeps_order

    def build(self, sequence_shape: Any) -> None:
        """Create the vectors of each feature, as zeros."""
        self.vectors = [
            self.add_weight((size, width), "zeros", name=f"category_vectors_{number}")
            for number, (size, width) in enumerate(zip(self.sizes, self.widths, strict=True))
        ]

    def call(self, sequence: Any) -> Any:
        """Return (batch, n_steps, the other features and the vectors)."""
        found = []
        for column, vectors in zip(self.columns, self.vectors, strict=True):
            known = ops.cast(ops.convert_to_tensor(vectors), self.compute_dtype)
            table = ops.concatenate([ops.zeros_like(known[:1]), known])
            found.append(ops.take(table, ops.cast(sequence[..., column], "int32"), axis=0))
        if not self.keeps_order:
            parts = [*_others(sequence, self.columns, self.compute_dtype), *found]
        else:
            single = ops.cast(sequence, self.compute_dtype)
            parts = in_order(self.columns, sequence.shape[-1], found, lambda a, b: single[..., a:b])
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, sequence_shape: Any) -> Any:
        """Return (batch, n_steps, the other features and the vectors)."""
        return *sequence_shape[:-1], sequence_shape[-1] - len(self.columns) + sum(self.widths)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        own = {"columns": self.columns, "sizes": self.sizes, "widths": self.widths}
        return {**super().get_config(), **own, "keeps_order": self.keeps_order}


@keras.saving.register_keras_serializable(package="skrnn")
class OneHotCategories(keras.layers.Layer):
    """Features with one-hot vectors, which come last, in place of the codes of categories.

    The vector of code 0 is zero.

    Parameters
    ----------
    columns : sequence of int
        Positions of the codes.
    sizes : sequence of int
        Number of categories of each of these features; 0 leaves it out.
    """

    def __init__(self, columns: Sequence[int], sizes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        self.columns = list(columns)
        self.sizes = list(sizes)

    def call(self, sequence: Any) -> Any:
        """Return (batch, n_steps, the other features and the vectors)."""
        parts = _others(sequence, self.columns, self.compute_dtype)
        for column, size in zip(self.columns, self.sizes, strict=True):
            if size:
                codes = ops.cast(sequence[..., column, None], "int32")
                hits = ops.equal(codes, ops.arange(1, size + 1, dtype="int32"))
                parts.append(ops.cast(hits, self.compute_dtype))
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, sequence_shape: Any) -> Any:
        """Return (batch, n_steps, the other features and the vectors)."""
        return *sequence_shape[:-1], sequence_shape[-1] - len(self.columns) + sum(self.sizes)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "columns": self.columns, "sizes": self.sizes}


def _others(sequence: Any, columns: Sequence[int], dtype: str) -> list[Any]:
    """Return the features at other positions, in a list that is empty if there are none."""
    others = [column for column in range(sequence.shape[-1]) if column not in columns]
    return [ops.cast(ops.take(sequence, others, axis=-1), dtype)] if others else []
