"""Recurrent layers whose gate biases are initialized by time scale."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Self

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.networks.layers.recurrent import FastRecurrence


def biases_by_time_scale(
    shape: tuple[int, ...],
    dtype: Any = None,
    *,
    n_gates: int,
    gate: int,
    updates: bool,
    time_scale: int,
) -> NDArray[Any]:
    """Return biases of gates, zero but for one, a forget gate or one that ``updates`` the state.

    A state of which ``1 - 1 / t`` is kept at each step averages over about t steps (Tallec and
    Ollivier, 2018, arXiv:1804.11188). Over the units, t is evenly spaced on a log scale from 2,
    which is a bias of zero, to ``time_scale``.
    """
    bias = np.zeros((n_gates, shape[0] // n_gates), dtype)
    kept = np.log(np.geomspace(2, time_scale, bias.shape[1]) - 1)
    bias[gate] = -kept if updates else kept
    return bias.ravel()


class TimeScaledCell:
    """Mixin of Keras cells whose gates start with time scales; a subclass says which.

    Attributes
    ----------
    gates : dict from str to int
        The arguments ``n_gates``, ``gate`` and ``updates`` of `biases_by_time_scale`.
    """

    gates: ClassVar[dict[str, int]]

    def __init__(
        self: Any,
        units: int,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        time_scale: int = 2,
        *,
        dtype: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        shared = {"dtype": dtype, "name": name, "trainable": trainable}
        super().__init__(units, recurrent_dropout=recurrent_dropout, seed=seed, **shared)  # type: ignore[call-arg]
        self.time_scale = time_scale
        self.bias_initializer = partial(biases_by_time_scale, time_scale=time_scale, **self.gates)

    def get_config(self: Any) -> dict[str, Any]:
        """Return the configuration of the cell."""
        return {**keras.layers.Layer.get_config(self), **settings_of(self)}


class TimeScaledLayer(FastRecurrence):
    """Mixin of recurrent layers whose cell has a ``time_scale``; a subclass names the cell.

    Parameters
    ----------
    units, recurrent_dropout, seed, time_scale
        Of the cell.
    **kwargs
        Of ``keras.layers.RNN``.
    """

    cell_class: ClassVar[type[Any]]

    def __init__(
        self: Any,
        units: int,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        time_scale: int = 2,
        **kwargs: Any,
    ) -> None:
        dtype = kwargs.get("dtype")
        cell = self.cell_class(units, recurrent_dropout, seed, time_scale, dtype=dtype)
        super().__init__(cell, **kwargs)  # type: ignore[call-arg]
        self.units = units
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.time_scale = time_scale

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        config = super().get_config()  # type: ignore[misc]
        del config["cell"]
        return {**config, **settings_of(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a layer of this configuration."""
        return cls(**config)


def settings_of(layer: Any) -> dict[str, Any]:
    """Return the settings that a layer shares with its cell."""
    return {
        "units": layer.units,
        "recurrent_dropout": layer.recurrent_dropout,
        "seed": layer.seed,
        "time_scale": layer.time_scale,
    }
