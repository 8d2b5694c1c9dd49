"""Interfaces of models with outputs at each step, and of those that run step by step."""

from __future__ import annotations

from abc import ABC, abstractmethod

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import WeightReader


class StepModel(ABC):
    """Model with features or outputs at each step of a sequence."""

    @property
    @abstractmethod
    def looks_ahead(self) -> bool:
        """Return whether the features or outputs at a step depend on steps after it."""


class StreamingModel(StepModel):
    """Model that runs one step at a time, unless it looks ahead."""

    @abstractmethod
    def output_stages(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the stages from the steps of ``n`` streams to outputs, in order.

        Raises
        ------
        ValueError
            If the settings or the weights of the model do not allow it.
        """


def streaming_error(model: object) -> ValueError:
    """Return the error for a model that cannot run one step at a time."""
    if isinstance(model, StepModel) and model.looks_ahead:
        return ValueError(
            f"{model!r}, the network of the fit, looks at later steps, which a stream does not "
            "have; fit again with a recurrent network in one direction or a TCN, a labeler with "
            "causal=True, a detector with method='forecast'."
        )
    return ValueError(f"{model!r} cannot be run step by step; give a recurrent network or a TCN.")
