"""The half of the labeller that finds events: their parameters, their rule, their table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.metaestimators import available_if

from skrnn._parameters import fitted, integers, one_of, parameter, reals, satisfying
from skrnn.engine.feed import Examples
from skrnn.estimators.at_steps.events import EventRule, choose_rule
from skrnn.estimators.at_steps.step_targets import names_of
from skrnn.estimators.at_steps.step_tasks import ProbableTask, StepTask
from skrnn.estimators.at_steps.stepwise import BaseStepwiseEstimator


def has_probabilities(labeller: Any) -> bool:
    """Tell whether a labeller gives probabilities, or may once it is fitted."""
    return getattr(labeller, "task_", labeller.task) != "numbers"


class FindsEvents(BaseStepwiseEstimator):
    """Find runs of steps at which a class, or a label, is probable."""

    background: Any = parameter(
        default=None,
        domain=satisfying("None or a class", lambda _: True),
        doc="""The class of steps at which there is no event. None is the class of the most steps
        of the fit.""",
    )
    event_threshold: Any = parameter(
        default="auto",
        domain=one_of("auto") | reals(0, 1, closed="neither"),
        doc="""How probable a class has to be at each step of an event. "auto" chooses what gives
        the best F1 over events on the validation part of the fit, 0.5 without one.""",
    )
    min_event_length: Any = parameter(
        default="auto",
        domain=one_of("auto") | integers(1),
        doc="""How many steps an event has at least. "auto" chooses as for ``event_threshold``,
        1 without a validation part.""",
    )
    event_rule_: EventRule = fitted()
    _task: StepTask = fitted()

    @available_if(has_probabilities)
    def events(self, X: Any) -> pd.DataFrame:
        """Return the events: runs of steps at which a class, or a label, is probable.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        DataFrame
            One row for each event: ``sequence``, its number or its name in a panel; ``start``,
            its first step; ``end``, the step after its last; ``class``, or the number of the
            label; ``confidence``, the mean of the probabilities of its steps. How probable each
            step, and how long an event, has to be is ``event_rule_``; the background class has
            no events.
        """
        sequences, outputs = self._step_outputs(self._sequences(X))
        task = self._probable_task()
        names = names_of(X, sequences)
        ends = np.cumsum(sequences.lengths)[:-1]
        rows = [
            (names[number], start, end, name, float(probability[start:end].mean()))
            for number, part in enumerate(np.split(task.probabilities(outputs), ends))
            for name, probability in task.foreground(part)
            for start, end in self.event_rule_.intervals(probability).tolist()
        ]
        columns = ["sequence", "start", "end", "class", "confidence"]
        table = pd.DataFrame(rows, columns=columns)
        return table.sort_values(columns[:2], kind="stable", ignore_index=True)

    def _settle(self, validation: Examples) -> None:
        """Choose the rule for events that agrees best with those of the validation part."""
        task = self._task
        if not isinstance(task, ProbableTask):
            return
        outputs = self._outputs_of(validation.inputs)
        targets = np.asarray(validation.targets[np.arange(len(validation))])
        pairs = [
            (probability, truth > 0.5)
            for row, length in enumerate(validation.inputs.sequences.lengths)
            for (_, probability), (_, truth) in zip(
                task.foreground(task.probabilities(outputs[row, :length])),
                task.foreground(targets[row, :length, :-1]),
                strict=True,
            )
        ]
        chosen = choose_rule(*zip(*pairs, strict=True)) if pairs else EventRule()
        self.event_rule_ = self._rule(chosen)

    def _rule(self, chosen: EventRule) -> EventRule:
        """Return the rule for events: as the parameters say, else as chosen."""
        threshold, min_length = self.event_threshold, self.min_event_length
        return EventRule(
            chosen.threshold if threshold == "auto" else float(threshold),
            chosen.min_length if min_length == "auto" else int(min_length),
        )

    def _probable_task(self) -> ProbableTask:
        """Return the task, which an estimator of numbers has no methods to ask for."""
        assert isinstance(self._task, ProbableTask)
        return self._task
