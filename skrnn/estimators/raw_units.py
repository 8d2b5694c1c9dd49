"""Scaling of inputs and targets for users: as attributes, and as layers of a Keras model."""

from __future__ import annotations

from typing import Any

from skrnn.estimators.anomaly.feature_target import FeatureTarget
from skrnn.estimators.input_encoder import InputEncoder
from skrnn.estimators.labeling.step_target import StepTarget
from skrnn.estimators.targets import ContinuousTarget, MulticlassTarget, Target
from skrnn.preprocessing.scaling import AffineScaling


def target_scaling(target: Target) -> AffineScaling:
    """Return center and scale of the numbers that outputs stand for.

    Raises
    ------
    AttributeError
        If they stand for classes or labels.
    """
    values = target.values if isinstance(target, StepTarget) else target
    if isinstance(values, ContinuousTarget):
        return values.scaling.affine.read_only()
    if isinstance(values, FeatureTarget):
        return values.scaling.read_only()
    raise AttributeError("the targets are classes or labels, which have no scaling")


def in_raw_units(model: Any, encoder: InputEncoder, target: Target) -> Any:
    """Return a Keras model from raw sequences and lengths to predictions.

    Raises
    ------
    ValueError
        If missing values are masked, which Keras does not do.
    """
    import keras

    from skrnn.networks import layers

    if encoder.masks:
        raise ValueError(
            "scaled=False was given, and the fit had missing='mask', whose steps without "
            "observations no layer of Keras leaves out; export with scaled=True, and give the "
            "model sequences as predict does."
        )
    given, lengths = model.inputs
    inputs = keras.Input(given.shape[1:], dtype=given.dtype, name="sequences")
    n_steps = keras.Input((), dtype=lengths.dtype, name="lengths")
    sequences = inputs
    if encoder.scale_input and encoder.network.n_tokens is None:
        scaling = encoder.scaling
        sequences = keras.layers.Rescaling(1.0, (-scaling.center).tolist())(sequences)
        sequences = keras.layers.Rescaling((1.0 / scaling.scale).tolist())(sequences)
        sequences = layers.MaskPadding()(sequences, n_steps)
    outputs = model([sequences, n_steps])
    return keras.Model([inputs, n_steps], _decoder(target)(outputs))


def _decoder(target: Target) -> Any:
    """Return the Keras layer that decodes outputs, to numbers in their units or probabilities."""
    import keras

    values = target.values if isinstance(target, StepTarget) else target
    if isinstance(values, ContinuousTarget | FeatureTarget):
        scaling = target_scaling(target)
        return keras.layers.Rescaling(scaling.scale.tolist(), scaling.center.tolist())
    is_one = isinstance(values, MulticlassTarget)
    return keras.layers.Activation("softmax" if is_one else "sigmoid")
