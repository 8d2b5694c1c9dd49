"""The output of transformers whose results no DataFrame of scikit-learn's can hold."""

from __future__ import annotations

from typing import Any, Self


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
