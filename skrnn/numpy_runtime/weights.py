"""Reader of trained weights in the order of a network's layers, with checks of their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

#: Shape with None for axes of any length.
Shape = tuple[int | None, ...]


class WeightReader:
    """Iterator over weights, with checks of their shapes.

    Parameters
    ----------
    weights : sequence of ndarray
        The weights of a fit, in the order in which Keras has them.
    """

    def __init__(self, weights: Sequence[Array]) -> None:
        self._weights = weights
        self._n_taken = 0

    def take(self, *shapes: Shape) -> list[Array]:
        """Return the next weights, one of each shape.

        Parameters
        ----------
        *shapes : tuple of int or None
            Expected shapes; None stands for any length.

        Raises
        ------
        ValueError
            If there are fewer weights, or they have other shapes.
        """
        stop = self._n_taken + len(shapes)
        taken = list(self._weights[self._n_taken : stop])
        found = [weight.shape for weight in taken]
        if len(found) < len(shapes) or not all(map(_fits, found, shapes)):
            raise ValueError(
                f"the weights from number {self._n_taken} on have the shapes {found}, and the "
                f"stages expect {list(shapes)}; take weights in the order in which the layers "
                "are built."
            )
        self._n_taken = stop
        return taken

    @property
    def n_inputs(self) -> int:
        """Return the number of inputs of the next layer, the last axis but one of its kernel.

        Raises
        ------
        ValueError
            If the next weight is not a kernel.
        """
        left = self._weights[self._n_taken :]
        if not left or left[0].ndim < 2:
            raise ValueError(
                f"a kernel is expected as the weight number {self._n_taken}; take weights in the "
                "order in which the layers are built."
            )
        return int(left[0].shape[-2])

    def finish(self) -> None:
        """Raise ValueError if weights are left over."""
        left = [weight.shape for weight in self._weights[self._n_taken :]]
        if left:
            raise ValueError(
                f"weights of the shapes {left} are left over; the stages have to take all weights "
                "of the network."
            )


def _fits(found: Sequence[int], expected: Shape) -> bool:
    return len(found) == len(expected) and all(
        wanted in (None, length) for length, wanted in zip(found, expected, strict=True)
    )
