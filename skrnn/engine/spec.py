"""What makes two fits share one compiled program, and what a program is built from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from skrnn.networks.base import Network
from skrnn.networks.callable import Identity


@dataclass(frozen=True)
class Spec:
    """Everything about a fit that is compiled in; all else is data to the program.

    Two specs are equal when one program can serve both. Learning rate, dropout rate,
    class and sample weights, seeds, the number of samples, epochs and batches are data.

    Attributes
    ----------
    network : Network
        The encoder, resolved.
    n_steps : int or None
        The length of the sequences, for a network that is built for one length only.
    n_features, n_outputs : int
        Width of a step, and of the output.
    loss : str, keras.losses.Loss or callable
        From targets and outputs to one loss for each sequence.
    optimizer : str or keras.optimizers.Optimizer
        The optimizer; of an instance only its settings are used.
    global_clipnorm : float or None
        Greatest norm of the gradient.
    """

    network: Network
    n_steps: int | None
    n_features: int
    n_outputs: int
    loss: str | Callable[..., Any]
    optimizer: Any
    global_clipnorm: float | None

    @property
    def key(self) -> Hashable:
        """Return the hashable form that the cache of programs compares."""
        return (
            self.network.key(),
            self.n_steps,
            self.n_features,
            self.n_outputs,
            _key(self.loss),
            _key(self.optimizer),
            self.global_clipnorm,
        )


def make_optimizer(spec: Spec) -> Any:
    """Return a Keras optimizer with the settings of the spec; its rate is set at each step."""
    import keras

    if isinstance(spec.optimizer, str):
        kind = type(keras.optimizers.get(spec.optimizer))
        return kind(learning_rate=1.0, global_clipnorm=spec.global_clipnorm)
    settings = _settings(spec.optimizer)
    if not any(settings.get(name) for name in ("clipnorm", "clipvalue", "global_clipnorm")):
        settings["global_clipnorm"] = spec.global_clipnorm
    return type(spec.optimizer)(**settings | {"learning_rate": 1.0})


def _key(choice: Any) -> Hashable:
    """Return a name as it is, a Keras object as its settings, a function as itself."""
    if isinstance(choice, str):
        return choice
    if hasattr(choice, "get_config"):
        return type(choice), repr(sorted(_settings(choice).items()))
    return Identity(choice)


def _settings(thing: Any) -> dict[str, Any]:
    """Return the settings of a Keras loss or optimizer, but for its rate and its name."""
    config = thing.get_config()
    return {name: value for name, value in config.items() if name not in ("learning_rate", "name")}
