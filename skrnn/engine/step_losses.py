"""Losses of outputs at every step, with a weight for each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skrnn.engine.losses import one_for_each, per_sequence


@dataclass(frozen=True)
class StepLoss:
    """Loss per sequence, the weighted mean over its steps.

    Attributes
    ----------
    function : str, keras.losses.Loss or callable
        Targets and outputs (n, n_outputs) to one loss per step, (n,).
    skips_missing : bool
        NaN in targets contributes zero.
    """

    function: str | Callable[..., Any]
    skips_missing: bool = False

    def __call__(self, target: Any, output: Any) -> Any:
        """Return the losses (batch,).

        Parameters
        ----------
        target : tensor of shape (batch, n_at_least_n_steps, n_targets + 1)
            The last column is the weight of a step, zero where it is padding.
        output : tensor of shape (batch, n_steps, n_outputs)
            The outputs.
        """
        from keras import ops

        target = target[:, : ops.shape(output)[1]]
        values, weights = target[..., :-1], target[..., -1]
        if self.skips_missing:
            values = ops.where(ops.isnan(values), output, values)
        flat = [ops.reshape(tensor, (-1, ops.shape(tensor)[-1])) for tensor in (values, output)]
        of_steps = one_for_each(per_sequence(self.function)(*flat), flat[0])
        losses = ops.reshape(of_steps, ops.shape(weights))
        return ops.sum(losses * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1e-7)


def ending_loss(target: Any, output: Any) -> Any:
    """Return the squared error of values plus the cross-entropy of the end of the sequence.

    The last column of target and output (n, n_values + 1) marks the end: 0 or 1, and a logit.
    """
    from keras import losses, ops

    values = ops.mean(ops.square(target[:, :-1] - output[:, :-1]), axis=1)
    return values + losses.binary_crossentropy(target[:, -1:], output[:, -1:], from_logits=True)
