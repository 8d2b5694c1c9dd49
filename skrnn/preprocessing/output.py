"""The output of transformers whose results no DataFrame of scikit-learn's can hold."""

from __future__ import annotations

from typing import Any, Self

import numpy as np


class OwnOutput:
    """Accept ``set_output``, and change nothing: sequences stay in the form they have."""

    def set_output(self, *, transform: Any = None) -> Self:
        """Return self: the output is no table, and stays what it is.

        Parameters
        ----------
        transform : object, default=None
            Accepted so that ``Pipeline.set_output`` can be called.

        Returns
        -------
        self : object
            The transformer.
        """
        del transform
        return self


def as_names(input_features: Any) -> list[Any] | None:
    """Return names of columns as a list, None as it is.

    Raises
    ------
    ValueError
        If they are no list of names.
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
