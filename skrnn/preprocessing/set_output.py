"""Transformers whose output is not a table: ``set_output`` has no effect."""

from __future__ import annotations

from typing import Any, Self

import numpy as np


class OwnOutput:
    """Transformers with a ``set_output`` without effect: sequences keep their form."""

    def set_output(self, *, transform: Any = None) -> Self:
        """Return self, since the output is not a table.

        Parameters
        ----------
        transform : object, default=None
            Not used, present for ``Pipeline.set_output``.

        Returns
        -------
        self : object
            The transformer.
        """
        return self


def as_names(input_features: Any) -> list[Any] | None:
    """Return column names as a list, or None.

    Raises
    ------
    ValueError
        If they are not a list of names.
    """
    if input_features is None:
        return None
    names = np.asarray(input_features, dtype=object)
    if names.ndim != 1:
        raise ValueError(
            f"input_features={input_features!r} was given to get_feature_names_out; give a list of "
            "the names of the columns of X, or None."
        )
    return list(names)
