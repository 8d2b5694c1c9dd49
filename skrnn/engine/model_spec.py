"""Spec of a fit: everything that is compiled in, with the key of its compiled model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from skrnn._backend import load_keras
from skrnn._compat.jax import disables_most_optimizations
from skrnn.engine.fingerprint import fingerprint
from skrnn.engine.forecast_losses import ForecastLoss
from skrnn.engine.losses import SmoothedLoss
from skrnn.engine.step_losses import StepLoss
from skrnn.networks.base import ModelBuilder
from skrnn.networks.identity import Identity


@dataclass(frozen=True)
class ModelSpec:
    """Settings of a fit that are compiled in; the others are data of the compiled model.

    Two specs are equal when one compiled model can serve both. Learning rate, dropout rate,
    class and sample weights, seeds, the number of samples, epochs and batches are data.

    Attributes
    ----------
    network : ModelBuilder
        Network, or a model around it, with its automatic settings fixed.
    n_steps : int or None
        The length of the sequences, for a network that is built for one length only.
    n_features, n_outputs : int
        Width of a step, and of the output.
    loss : str, SmoothedLoss, keras.losses.Loss or callable
        Targets and outputs to one loss per sequence.
    optimizer : str or keras.optimizers.Optimizer
        The optimizer; of an instance only its settings are used.
    global_clipnorm : float or None
        Global norm to which gradients are clipped.
    """

    network: ModelBuilder
    n_steps: int | None
    n_features: int
    n_outputs: int
    loss: str | SmoothedLoss | Callable[..., Any]
    optimizer: Any
    global_clipnorm: float | None

    @cached_property
    def key(self) -> Hashable:
        """Return the hashable form that the cache of compiled models compares."""
        return (
            self.network.key(),
            self.n_steps,
            self.n_features,
            self.n_outputs,
            _key(self.loss),
            _key(self.optimizer),
            self.global_clipnorm,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields without the key, which may have a weak reference to a function."""
        return {name: value for name, value in vars(self).items() if name != "key"}


def global_settings() -> Hashable:
    """Return the global settings of Keras and JAX that a compiled model adopts when it is built.

    Users may change them between fits; a compiled model is reused only under the same settings.
    """
    config = load_keras().config
    policy = repr(config.dtype_policy().get_config())
    is_quick = config.backend() == "jax" and disables_most_optimizations()
    return policy, config.floatx(), config.epsilon(), config.image_data_format(), is_quick


def make_optimizer(spec: ModelSpec) -> Any:
    """Return a Keras optimizer with the settings of the spec, but for its learning rate."""
    import keras

    if isinstance(spec.optimizer, str):
        kinds = vars(keras.optimizers).items()
        kind = next(kind for name, kind in kinds if name.lower() == spec.optimizer)
        return kind(learning_rate=1.0, global_clipnorm=spec.global_clipnorm)
    settings = _settings(spec.optimizer)
    _check_settings(spec.optimizer, settings)
    if not any(settings.get(name) for name in ("clipnorm", "clipvalue", "global_clipnorm")):
        settings["global_clipnorm"] = spec.global_clipnorm
    return type(spec.optimizer)(**settings | {"learning_rate": 1.0})


def _key(choice: Any) -> Hashable:
    """Return a hashable name, settings of a Keras object, or function."""
    if isinstance(choice, str | SmoothedLoss):
        return choice
    if isinstance(choice, ForecastLoss):
        return choice.head, _key(choice.function)
    if isinstance(choice, StepLoss):
        return StepLoss, _key(choice.function), choice.skips_missing
    if hasattr(choice, "get_config") and _is_keras(choice):
        if isinstance(choice, load_keras().losses.Loss):  # whose config may lack arguments
            return type(choice), fingerprint(choice)
        return type(choice), repr(sorted(_settings(choice).items()))
    return Identity(choice)


def _settings(thing: Any) -> dict[str, Any]:
    """Return the settings of a Keras loss or optimizer, but for learning rate and name."""
    config = thing.get_config()
    return {name: value for name, value in config.items() if name not in ("learning_rate", "name")}


def _is_keras(thing: Any) -> bool:
    """Return whether a class is part of Keras; others often have an incomplete get_config."""
    return type(thing).__module__.split(".")[0] == "keras"


def _check_settings(optimizer: Any, settings: dict[str, Any]) -> None:
    """Raise ValueError for settings that a copy would lose or that the loop does not support."""
    name = type(optimizer).__name__
    for setting in ("loss_scale_factor", "use_ema"):
        if settings.get(setting):
            raise ValueError(
                f"optimizer={name} has {setting}, which is not supported; leave it out."
            )
    wanted = inspect.signature(type(optimizer)).parameters.values()
    lost = [p.name for p in wanted if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    lost = [p for p in lost if p not in settings and p not in ("learning_rate", "name")]
    if lost:
        raise ValueError(
            f"optimizer={name} leaves {', '.join(lost)} out of its get_config(), so that it "
            "cannot be copied; add them there."
        )
