"""One loss for each sequence of a batch, and their weighted sum."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

#: The names that ``loss`` accepts, by task, with the Keras function behind each.
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
#: Of targets (batch, 1) that hold the number of a class: much smaller than a column for each.
NUMBERED = {"sparse_crossentropy": "sparse_categorical_crossentropy"}
MULTILABEL = {
    "binary_crossentropy": "binary_crossentropy",
    "binary_focal": "binary_focal_crossentropy",
}

PerSequence = Callable[[Any, Any], Any]


def per_sequence(loss: str | Callable[..., Any]) -> PerSequence:
    """Return a function from targets and outputs (batch, n_outputs) to losses (batch,).

    Classification losses by name take logits. A ``keras.losses.Loss`` is applied without
    its own reduction; any other callable is used as it is.
    """
    import keras

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
    """Return what a loss gave as one number for each of ``like``, (n,), averaged over other axes.

    Raises
    ------
    ValueError
        If it gave fewer or more.
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
    """Return the losses of a batch summed with ``weight``, which already holds 1/n."""
    from keras import ops

    losses = one_for_each(function(target, output), target)
    return ops.sum(ops.cast(losses, weight.dtype) * weight)  # the outputs may be of half precision


def expects_probabilities(loss: Any) -> bool:
    """Say whether a loss of Keras, an object or a function, is set to take probabilities."""
    if isinstance(loss, str):
        return False
    if hasattr(loss, "get_config"):
        return loss.get_config().get("from_logits") is False
    flag = inspect.signature(loss).parameters.get("from_logits")
    return flag is not None and flag.default is False
