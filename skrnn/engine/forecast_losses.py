"""Losses of forecasts, which skip values that were not observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skrnn.engine.losses import per_sequence
from skrnn.networks.wrappers.forecast import ForecastHead


@dataclass(frozen=True)
class ForecastLoss:
    """Loss per window, the mean over its horizon; NaN in targets contributes zero.

    Attributes
    ----------
    head : ForecastHead
        Parameters that the network forecasts for each value.
    function : str, keras.losses.Loss or callable
        Loss of point forecasts: targets and forecasts (batch, n_values) to one loss per window.
    """

    head: ForecastHead
    function: str | Callable[..., Any] = "mean_absolute_error"

    def __call__(self, target: Any, output: Any) -> Any:
        """Return the losses (batch,) of targets (batch, n) and parameters (batch, n * p)."""
        from keras import ops

        observed = ops.logical_not(ops.isnan(target))
        target = ops.where(observed, target, ops.zeros_like(target))
        if self.head.kind == "point":
            return per_sequence(self.function)(ops.where(observed, target, output), output)
        n_parameters = self.head.n_parameters
        parameters = ops.reshape(output, (-1, output.shape[-1] // n_parameters, n_parameters))
        losses = {"quantile": self._pinball, "gaussian": _gaussian, "student_t": _student_t}
        loss = losses[self.head.kind](target, parameters)
        return ops.mean(loss * ops.cast(observed, loss.dtype), axis=-1)

    def _pinball(self, target: Any, quantiles: Any) -> Any:
        """Koenker and Bassett (1978), doi:10.2307/1913643; twice the mean over the levels."""
        from keras import ops

        levels = ops.convert_to_tensor(self.head.quantiles, dtype=quantiles.dtype)
        error = ops.expand_dims(target, -1) - quantiles
        return 2.0 * ops.mean(ops.maximum(levels * error, (levels - 1.0) * error), axis=-1)


def _gaussian(target: Any, parameters: Any) -> Any:
    """Return the negative log-likelihood, without its constant."""
    from keras import ops

    mean, deviation = parameters[..., 0], parameters[..., 1]
    return 0.5 * ops.square((target - mean) / deviation) + ops.log(deviation)


def _student_t(target: Any, parameters: Any) -> Any:
    """Return the negative log-likelihood, without its constant."""
    from keras import ops

    location, scale, freedom = (parameters[..., number] for number in range(3))
    z = ops.square((target - location) / scale)
    half = 0.5 * (freedom + 1.0)
    normalizer = _log_gamma(0.5 * freedom) - _log_gamma(half) + 0.5 * ops.log(freedom)
    return half * ops.log1p(z / freedom) + ops.log(scale) + normalizer


def _log_gamma(x: Any) -> Any:
    """Return log Gamma(x) for x > 0: Stirling's series after a shift by eight.

    The first omitted term, 1 / (1188 x^9) at x + 8, is below 1e-11.
    """
    from keras import ops

    shift = sum(ops.log(x + float(number)) for number in range(8))
    x = x + 8.0
    series = 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5) - 1 / (1680 * x**7)
    return (x - 0.5) * ops.log(x) - x + 0.9189385332046727 + series - shift
