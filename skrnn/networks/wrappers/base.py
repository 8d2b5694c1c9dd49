"""Base classes of the models around a network."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from skrnn.networks.base import LengthDependent, ModelBuilder, resolved
from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.model import StepModel, StreamingModel, streaming_error
from skrnn.numpy_runtime.weights import WeightReader


@dataclass(eq=False, repr=False)
class Wrapper(LengthDependent):
    """Model around one network, or around two of which the first reads the inputs.

    A subclass is a dataclass whose fields are the networks and hashable settings.
    """

    def with_networks(self, function: Callable[[Any], Any]) -> Self:
        """Return the same model with ``function`` applied to each of its networks."""
        return replace(self, **{name: function(one) for name, one in self._networks().items()})

    def resolve(self, n_steps: int) -> Self:
        """Return the model around networks whose automatic settings are fixed."""
        return self.with_networks(lambda network: resolved(network, n_steps))

    def key(self) -> Hashable:
        """Return the class, the keys of the networks, and the settings."""
        values = (getattr(self, field.name) for field in fields(self))
        return type(self), *(v.key() if isinstance(v, ModelBuilder) else v for v in values)

    def rates(self) -> dict[str, float]:
        """Return the dropout rates of the network that reads the inputs."""
        return next(iter(self._networks().values())).rates()

    def _networks(self) -> dict[str, ModelBuilder]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, ModelBuilder)}


@dataclass(eq=False, repr=False)
class AroundOne(Wrapper, StreamingModel):
    """Model around one network, which streams if the network does.

    Parameters
    ----------
    network : ModelBuilder
        The network.

    Attributes
    ----------
    needs_positions : bool
        Whether the model has to read a step at its position, so that missing ones are kept.
    """

    network: ModelBuilder
    needs_positions: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.needs_fixed_length = self.network.needs_fixed_length
        self.keeps_missing_steps = self.network.keeps_missing_steps or self.needs_positions

    @property
    def looks_ahead(self) -> bool:
        """Return whether the network looks at later steps."""
        return isinstance(self.network, StepModel) and self.network.looks_ahead

    def _stages_within(self, weights: WeightReader, n: int) -> list[Stage]:
        """Return the stages of the network; raise ValueError if it does not stream."""
        if not isinstance(self.network, StreamingModel):
            raise streaming_error(self.network)
        return self.network.output_stages(weights, n)
