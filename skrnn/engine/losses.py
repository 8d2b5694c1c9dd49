"""Losses for whole sequences: one value for each, and their weighted sum."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Names that ``loss`` accepts, by task, with the Keras function of each.
REGRESSION = {
    "mse": "mean_squared_error",
    "mean_squared_error": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mean_absolute_error": "mean_absolute_error",
    "huber": "huber",
    "log_cosh": "log_cosh",
}
CLASSIFICATION = {
    "crossentropy": "categorical_crossentropy",
    "focal": "categorical_focal_crossentropy",
}
#: Losses of integer targets (batch, 1), which need less memory than one-hot targets.
NUMBERED = {"sparse_crossentropy": "sparse_categorical_crossentropy"}
MULTILABEL = {
    "binary_crossentropy": "binary_crossentropy",
    "binary_focal": "binary_focal_crossentropy",
}


@dataclass(frozen=True)
class SmoothedLoss:
    """Loss of classes whose one-hot targets are smoothed.

    Attributes
    ----------
    name : str
        One of `CLASSIFICATION`.
    smoothing : float
        Share of each target that is spread evenly over all classes.
    """

    name: str
    smoothing: float


PerSequence = Callable[[Any, Any], Any]


def per_sequence(loss: str | SmoothedLoss | Callable[..., Any]) -> PerSequence:
    """Return a function from targets and outputs (batch, n_outputs) to losses (batch,).

    Classification losses by name take logits. A ``keras.losses.Loss`` is applied without
    its own reduction; any other callable is used as it is.
    """
    import keras

    if isinstance(loss, SmoothedLoss):
        function = getattr(keras.losses, CLASSIFICATION[loss.name])
        settings = {"from_logits": True, "label_smoothing": loss.smoothing}
        return lambda target, output: function(target, output, **settings)
    on_logits = CLASSIFICATION | MULTILABEL
    if loss in on_logits:
        function = getattr(keras.losses, on_logits[str(loss)])
        return lambda target, output: function(target, output, from_logits=True)
    if loss in NUMBERED:
        function = getattr(keras.losses, NUMBERED[str(loss)])
        return lambda target, output: function(target[:, 0], output, from_logits=True)
    if isinstance(loss, str):
        return getattr(keras.losses, loss)
    if isinstance(loss, keras.losses.Loss):
        return loss.call
    return loss


def one_for_each(losses: Any, like: Any) -> Any:
    """Return losses as one number for each of ``like``, (n,), averaged over other axes.

    Raises
    ------
    ValueError
        If there are fewer or more.
    """
    from keras import ops

    losses = ops.convert_to_tensor(losses)
    n = like.shape[0]
    if len(losses.shape) == 0 or losses.shape[0] not in (n, None):
        raise ValueError(
            f"the loss returned an array of shape {tuple(losses.shape)} for targets of shape "
            f"{tuple(like.shape)}; it has to return one for each sequence, or step, of shape "
            f"({'n' if n is None else n},), so that each can be weighed: average over the last "
            "axis only."
        )
    if losses.shape[0] is None:  # in a graph that is open in this: TensorFlow looks at it then
        losses = ops.reshape(losses, (ops.shape(like)[0], -1))
    if len(losses.shape) > 1:
        losses = ops.mean(losses, axis=tuple(range(1, len(losses.shape))))
    return losses


def weighted_sum(function: PerSequence, target: Any, output: Any, weight: Any) -> Any:
    """Return the weighted sum of the losses of a batch; ``weight`` includes the factor 1/n."""
    from keras import ops

    losses = one_for_each(function(target, output), target)
    return ops.sum(ops.cast(losses, weight.dtype) * weight)  # the outputs may be of half precision


def expects_probabilities(loss: Any) -> bool:
    """Return whether a Keras loss, an object or a function, expects probabilities."""
    if isinstance(loss, str):
        return False
    if hasattr(loss, "get_config"):
        return loss.get_config().get("from_logits") is False
    flag = inspect.signature(loss).parameters.get("from_logits")
    return flag is not None and flag.default is False
