"""Event detection of the labeler: rule chosen on a validation set, and table of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn.engine.batches import Examples
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.estimators.labeling.events import EventRule, choose_rule
from skrnn.estimators.labeling.step_target import StepTarget

COLUMNS = ["sequence", "start", "end", "class", "confidence"]


def tune_rule(network: FittedNetwork[Any, StepTarget], validation: Examples) -> EventRule:
    """Return the rule whose events match those of the validation set best."""
    target = network.target
    outputs = network.outputs(validation.inputs)
    encoded = np.asarray(validation.targets[np.arange(len(validation))])
    pairs = [
        (probability, truth > 0.5)
        for row, length in enumerate(validation.inputs.sequences.lengths)
        for (_, probability), (_, truth) in zip(
            target.foreground(target.probabilities(outputs[row, :length])),
            target.foreground(encoded[row, :length, :-1]),
            strict=True,
        )
    ]
    return choose_rule(*zip(*pairs, strict=True)) if pairs else EventRule()


def event_table(
    outputs: NDArray[np.float64],
    lengths: NDArray[np.int64],
    names: Sequence[Any],
    target: StepTarget,
    rule: EventRule,
) -> pd.DataFrame:
    """Return the events of sequences, one row for each.

    Parameters
    ----------
    outputs : ndarray of shape (n, n_outputs)
        The outputs of the network at all steps of the sequences in order.
    lengths : ndarray of shape (n_sequences,)
        Number of steps of each sequence.
    names : sequence of length n_sequences
        Number or name of each sequence.
    target : StepTarget
        Target, which has the probabilities.
    rule : EventRule
        Rule of the events.
    """
    parts = np.split(target.probabilities(outputs), np.cumsum(lengths)[:-1])
    rows = [
        (sequence, start, end, name, float(probability[start:end].mean()))
        for sequence, part in zip(names, parts, strict=True)
        for name, probability in target.foreground(part)
        for start, end in rule.intervals(probability).tolist()
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(COLUMNS[:2], kind="stable", ignore_index=True)
