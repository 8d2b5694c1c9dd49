"""Interface of estimators to ONNX: outputs of networks as predictions, by the kind of target."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skrnn.estimators.targets import ContinuousTarget, MulticlassTarget, MultilabelTarget, Target
from skrnn.onnx_export.graph import Graph, Outputs, Tensor
from skrnn.onnx_export.outputs import (
    average_classes,
    average_labels,
    average_numbers,
    classes,
    labels,
    numbers,
)

_AVERAGES: dict[type[Target], Callable[[Graph, Sequence[Tensor]], Tensor]] = {
    ContinuousTarget: average_numbers,
    MulticlassTarget: average_classes,
    MultilabelTarget: average_labels,
}


def predictions(
    graph: Graph, target: Target, outputs: Sequence[Tensor], axes: Sequence[str]
) -> Outputs:
    """Return the named predictions for the outputs of one or several networks.

    Parameters
    ----------
    graph : Graph
        The graph.
    target : Target
        Numbers, classes or labels.
    outputs : sequence of Tensor
        Outputs of each network.
    axes : sequence of str
        Names of the axes before that of the outputs.
    """
    average = outputs[0] if len(outputs) == 1 else _AVERAGES[type(target)](graph, outputs)
    if isinstance(target, ContinuousTarget):
        return numbers(graph, average, target.scaling, axes, is_flat=target.is_flat)
    if isinstance(target, MulticlassTarget):
        return classes(graph, average, target.classes, axes)
    assert isinstance(target, MultilabelTarget), "detectors have scores, and no predictions"
    return labels(graph, average, target.n_labels, axes, is_flat=target.is_flat)
