"""Metrics of a fit: scores by scikit-learn's scorers after each epoch."""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn._typing import BaseEstimator
from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.training import refuse_infinite
from skrnn.estimators.per_step.step_targets import StepTargets
from skrnn.estimators.targets import MulticlassTarget
from skrnn.parameters import NONE, Parametrized, combination_check, parameter, satisfying
from skrnn.sequences import Sequences

#: Names in the history that are no metrics.
LOSSES = ("loss", "val_loss")


def _unknown(metrics: Any) -> str:
    """Return what is wrong with a list of metrics; "" if nothing is."""
    if isinstance(metrics, str):
        return f"; write metrics=[{metrics!r}]"
    if not isinstance(metrics, list | tuple):
        return ""
    from sklearn.metrics import get_scorer_names

    known = get_scorer_names()
    unknown = [one for one in metrics if not callable(one) and one not in known]
    if unknown:
        return f"; {reprlib.repr(unknown[0])} is none of sklearn.metrics.get_scorer_names()"
    names = [name_of(one) for one in metrics]
    taken = [name for n, name in enumerate(names) if name in (*LOSSES, *names[:n])]
    return f"; the name {taken[0]!r} occurs twice in the history" if taken else ""


class MetricsMixin(Parametrized, place=1):
    """Parameters of estimators whose fits are measured by scorers."""

    metrics: Any = parameter(
        default=None,
        domain=NONE
        | replace(
            satisfying(
                "a list of names of scikit-learn scorers, or of callables (estimator, X, y)",
                lambda value: isinstance(value, list | tuple) and not _unknown(value),
                "list of str or callable",
            ),
            bound=_unknown,
        ),
        doc="""Scores after each epoch, in ``history_`` under their names: names of scikit-learn
        scorers, such as "r2", or callables (estimator, X, y) that return a number. They are
        those of the validation set, or of the training set if there is none, without sample
        weights; for a labeler, of all steps of its sequences, or of its chunks, one row each; for
        a forecaster, of the forecasts of all windows, one row for each value of y. Each epoch
        takes one more prediction.""",
    )
    monitor: str = parameter(
        default="auto",
        domain=satisfying("'auto' or a str", lambda value: isinstance(value, str), "str"),
        doc="""Name of the metric that early stopping watches: training stops when it has not
        risen for ``patience`` epochs, and the weights of the epoch with the greatest are
        restored. "auto" is the validation loss, which has to fall.""",
    )

    @combination_check
    def _refuse_unknown_monitor(self) -> None:
        """Refuse a monitor that is not measured."""
        names = [name_of(one) for one in self.metrics or ()]
        if self.monitor != "auto" and self.monitor not in names:
            raise ValueError(
                f"monitor={self.monitor!r} was given to {type(self).__name__}, and metrics="
                f"{self.metrics!r} has no such name; give "
                f"{', '.join(map(repr, ['auto', *names]))}, or add it to metrics."
            )


def name_of(metric: Any) -> str:
    """Return the name of a metric in the history."""
    return metric if isinstance(metric, str) else getattr(metric, "__name__", repr(metric))


@dataclass(frozen=True, eq=False)
class Metrics:
    """Scores of the network in training.

    Attributes
    ----------
    scorers : dict
        Name or callable of each metric.
    network : FittedNetwork
        Network, with the encoders of its inputs and its target.
    predictor : callable
        Returns, for the network with its weights of the moment, the estimator to score.
    data : tuple
        X and y for the scorers, in the units of the user.
    """

    scorers: Mapping[str, Any]
    network: FittedNetwork[Any, Any]
    predictor: Callable[[FittedNetwork[Any, Any]], Any]
    data: tuple[Any, Any]

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the scores."""
        return tuple(self.scorers)

    def __call__(self, compiled: CompiledModel) -> dict[str, float]:
        """Return the scores with the weights of the compiled model in training.

        Raises
        ------
        FloatingPointError
            If the weights are not finite.
        """
        from sklearn.metrics import check_scoring

        weights = compiled.weights_of(compiled.steps.read()[0])
        refuse_infinite(weights)
        fitted = self.predictor(replace(self.network, weights=weights, others=()))
        scores = check_scoring(fitted, scoring=dict(self.scorers))(fitted, *self.data)
        return {name: float(score) for name, score in scores.items()}


class AtEachStep(BaseEstimator):
    """Predictions of a labeler as one row per step, as scorers expect them."""

    def __init__(self, labeler: Any) -> None:
        self.labeler = labeler

    def fit(self, X: Any, y: Any) -> None:
        """Refuse: scikit-learn takes objects with this method for estimators."""
        raise NotImplementedError

    @property
    def classes_(self) -> NDArray[Any]:
        """Return the classes of the labeler."""
        classes: NDArray[Any] = self.labeler.classes_
        return classes

    def predict(self, X: Sequences) -> NDArray[Any]:
        """Return the class, labels or numbers of all steps."""
        return self.labeler.network_.target.decode(self._outputs(X))

    def predict_proba(self, X: Sequences) -> NDArray[np.float64]:
        """Return the probabilities of all steps."""
        return self.labeler.network_.target.probabilities(self._outputs(X))

    def _outputs(self, X: Sequences) -> NDArray[np.float64]:
        return self.labeler._step_outputs(X)[1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        is_classifier = isinstance(self.labeler.network_.target.values, MulticlassTarget)
        tags.estimator_type = "classifier" if is_classifier else "regressor"
        return tags


def measured(
    estimator: Any, predictor: Callable[[FittedNetwork[Any, Any]], Any], X: Any, y: Any
) -> Metrics:
    """Return the metrics of an estimator that has any, measured on X and y; see `Metrics`."""
    scorers = {name_of(one): one for one in estimator.metrics}
    return Metrics(scorers, estimator.network_, predictor, (X, y))


def metrics_of(estimator: Any, data: Any, split: Any, held_out: Any) -> Metrics | None:
    """Return the metrics of an estimator of sequences, if it has any.

    They are measured on data ``held_out``, on the validation part of a split, or on all data.
    """
    if not getattr(estimator, "metrics", None):
        return None
    if held_out is None:
        held_out = data if split is None else data.take(split[1])
    if isinstance(held_out.y, StepTargets):
        predictor = partial(_at_each_step, estimator)
        return measured(estimator, predictor, held_out.sequences, held_out.y.values)
    return measured(estimator, partial(_with_network, estimator), held_out.sequences, held_out.y)


def _with_network(estimator: Any, network: FittedNetwork[Any, Any]) -> Any:
    """Return a shallow copy of an estimator with another network."""
    fitted = copy.copy(estimator)
    fitted.network_ = network
    return fitted


def _at_each_step(labeler: Any, network: FittedNetwork[Any, Any]) -> AtEachStep:
    return AtEachStep(_with_network(labeler, network))
