"""Public class of the labeler: a class, several labels or a number at every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._conversion import as_numbers
from skrnn._rollback import rollback_on_error
from skrnn._typing import available_if, with_callbacks
from skrnn._validation import check_weights, require_target
from skrnn.engine.losses import CLASSIFICATION, MULTILABEL, REGRESSION
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.categorical_features import CATEGORIES, CategoricalFeaturesMixin
from skrnn.estimators.classes import CLASS_WEIGHT, ClassesMixin, refuse_probabilities
from skrnn.estimators.determination import r2
from skrnn.estimators.labeling.event_detection import event_table, tune_rule
from skrnn.estimators.labeling.events import EventRule
from skrnn.estimators.labeling.step_target import (
    LOSSES,
    StepTarget,
    learn_step_target,
    type_of_targets,
)
from skrnn.estimators.metrics import MetricsMixin
from skrnn.estimators.network_parameter import NetworkParameterMixin
from skrnn.estimators.onnx_task import predictions
from skrnn.estimators.per_step.step_targets import StepTargets, names_of, read_step_targets
from skrnn.estimators.per_step.stepwise import BaseStepwiseEstimator
from skrnn.estimators.sequence_data import SequenceData
from skrnn.estimators.stream_task import OutputReader
from skrnn.estimators.trainer import Start
from skrnn.networks import Network
from skrnn.networks.base import ModelBuilder, require_steps
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.wrappers.per_step import PerStepHead
from skrnn.onnx_export.graph import Graph, Outputs
from skrnn.parameters import (
    BOOLEAN,
    FUNCTION,
    NONE,
    combination_check,
    fitted,
    integers,
    one_of,
    parameter,
    reals,
    satisfying,
)
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences


def _has_probabilities(labeler: Any) -> bool:
    """Return whether a labeler has probabilities, or may have them once fitted."""
    return getattr(labeler, "target_type_", labeler.target_type) != "continuous"


class SequenceLabeler(
    NetworkParameterMixin,
    ClassesMixin,
    MetricsMixin,
    CategoricalFeaturesMixin,
    BaseStepwiseEstimator,
):
    """Predict a class, several labels or a number at every step of sequences.

    The network must have outputs at each step: a function passed as ``network`` returns a
    KerasTensor (batch, n_steps, n).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    SequenceClassifier, SequenceRegressor : Predict one target per sequence.
    SequenceAnomalyDetector : Find abnormal steps without labels.
    Stream : Predict step by step, as observations arrive.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceLabeler
    >>> X = np.random.default_rng(0).normal(size=(32, 20, 1))  # 32 sequences, 20 steps
    >>> y = np.where(X[:, :, 0] > 0, "up", "down")  # a label for each step
    >>> model = SequenceLabeler(random_state=0).fit(X, y)
    >>> model.predict(X).shape
    (32, 20)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    background: Any = parameter(
        default=None,
        domain=satisfying("None or a class", lambda _: True, "class label", "None"),
        doc="""Class of steps without an event. None is the most frequent class of the steps
        trained on so far.""",
    )
    event_threshold: Any = parameter(
        default="auto",
        domain=one_of("auto") | reals(0, 1, closed="neither"),
        doc="""Minimum probability of a class at each step of an event. "auto" maximizes the F1
        score over events on the validation set, and is 0.5 without one.""",
    )
    min_event_length: Any = parameter(
        default="auto",
        domain=one_of("auto") | integers(1),
        doc="""Minimum length of an event, in steps. "auto" is chosen like ``event_threshold``,
        and is 1 without a validation set.""",
    )
    target_type: str = parameter(
        default="auto",
        domain=one_of("auto", "multiclass", "multilabel", "continuous"),
        doc="""Type of the target at each step: "multiclass", one of several classes;
        "multilabel", any number of labels, each 0 or 1; or "continuous", one or more numbers.
        "auto" reads a single value per step as a class, or as a number if y has fractions, and
        several values as labels if all are 0 or 1.""",
    )
    causal: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Let no output depend on later steps, as streaming requires. A network that uses
        later steps is refused.""",
    )
    bidirectional: Any = parameter(
        default="auto",
        domain=one_of("auto") | BOOLEAN,
        doc="""Read sequences in both directions (Schuster and Paliwal, 1997,
        doi:10.1109/78.650093): a recurrent network gets layers that run backward; any other
        network that uses no later steps is joined by a copy, with weights of its own, that
        reads backward. A function counts as using none. "auto" is ``not causal``; False leaves
        the network unchanged.""",
    )
    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*CLASSIFICATION, *MULTILABEL, *REGRESSION) | FUNCTION,
        doc="""Loss to minimize: a name, a Keras loss, or a callable from targets and outputs
        (n, n_outputs) to one loss per step. None is the cross-entropy for classes, the binary
        cross-entropy for labels, and the mean squared error for numbers, which are
        standardized.""",
    )
    class_weight: Any = CLASS_WEIGHT
    bptt_length: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Train by truncated back-propagation through time (Williams and Peng, 1990,
        doi:10.1162/neco.1990.2.4.490) on consecutive chunks of this many steps: the state is
        carried from chunk to chunk, the gradient stays within a chunk. Each row of a batch
        reads sequence after sequence; ``shuffle`` reorders sequences, never their chunks. If
        there are fewer sequences than ``batch_size``, each is read at several positions in
        parallel, ten or more chunks from each. For unidirectional recurrent networks; None
        trains on whole sequences, or on the chunks of ``chunk_length``, whose "auto" does not split
        where ``bptt_length`` is set.""",
    )
    _attributes = f"""{ClassesMixin._attributes.rstrip()}{CATEGORIES}

    target_type_ : str
        Type of the targets: "multiclass", "multilabel" or "continuous".

    classes_ : ndarray of shape (n_classes,)
        Sorted classes, if the target has classes.

    event_rule_ : EventRule
        ``threshold`` and ``min_length`` of events, if the target has classes or labels.
    """
    target_type_: str = fitted()
    event_rule_: EventRule = fitted()

    @combination_check
    def _refuse_causal_and_bidirectional(self) -> None:
        """Refuse outputs that are to use later steps and not to."""
        if self.causal and self.bidirectional != "auto" and self.bidirectional:
            raise ValueError(
                "bidirectional=True uses later steps, and causal=True lets no output depend on "
                "them; give bidirectional='auto', or causal=False."
            )

    @rollback_on_error
    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Fit the labeler.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays (n_steps_i, n_features), or a DataFrame indexed by instance and time. One
            long series is a list of one array.
        y : array-like, Series, DataFrame or list
            Targets, in the form of X: an array (n_samples, n_steps) or
            (n_samples, n_steps, n_targets), a list of arrays (n_steps_i,) or
            (n_steps_i, n_targets), or a row for each row of a panel.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence, for all of its steps; None weights all equally.
        X_val, y_val : default=None
            Sequences and targets to validate on, in the forms of X and y. Without them,
            ``early_stopping=True`` holds out part of X, or of its chunks.

        Returns
        -------
        self : object
            The fitted labeler.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or sample_weight is not accepted; the labeler is left unchanged.
        FloatingPointError
            If the loss or the weights stop being finite; the labeler is left unchanged.
        """
        validation = self._fit(X, y, sample_weight, X_val, y_val)
        if self.target_type_ != "continuous":
            tuned = EventRule() if validation is None else tune_rule(self.network_, validation)
            self._keep_rule(tuned)
        return self

    def predict(self, X: Any) -> Any:
        """Predict the class, labels or numbers at each step.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences of any length, in any form that ``fit`` accepts, with the same features.

        Returns
        -------
        array, list of arrays, Series or DataFrame
            Predictions in the form of X: an array (n_samples, n_steps) or
            (n_samples, n_steps, n_targets); a list for a list, or if some windows are incomplete;
            pandas with the index of a panel.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X has other features than in the fit, or holds NaN that the fit did not accept.
        """
        return self._at_each_step(X, lambda outputs: self.network_.target.decode(outputs))

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> Any:
        """Predict the probability of each class, or of each label, at each step.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        array, list of arrays or DataFrame
            In the form of X, with a last axis of classes in the order of ``classes_``, which sums
            to 1, or of labels, whose probabilities are independent.
        """
        return self._at_each_step(X, lambda outputs: self.network_.target.probabilities(outputs))

    @available_if(_has_probabilities)
    def events(self, X: Any) -> pd.DataFrame:
        """Return events, the runs of steps at which a class or label is probable.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        DataFrame
            One row per event: ``sequence``, its position or its name in a panel; ``start``, its
            first step; ``end``, the step after its last; ``class``, the class or the index of
            the label; ``confidence``, the mean probability of its steps. ``event_rule_`` has the
            minimum probability and length; the background class has no events.
        """
        sequences, outputs = self._step_outputs(self._sequences(X))
        names = names_of(X, sequences)
        return event_table(
            outputs, sequences.lengths, names, self.network_.target, self.event_rule_
        )

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy over all steps, or R2 for numbers.

        A step with several labels counts as correct if all of its labels are correct.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
            1 is best.
        """
        from sklearn.metrics import accuracy_score

        sequences = self._sequences(X)
        targets = self._read_target(X, y, sequences)
        sequences, outputs = self._step_outputs(sequences)
        targets = targets.shortened(sequences.lengths)
        weights = targets.per_step(check_weights(X, sample_weight, len(sequences)))
        predicted = self.network_.target.decode(outputs)
        if self.target_type_ == "continuous":
            return r2(as_numbers(targets.values, "y"), predicted, weights)
        return float(accuracy_score(targets.values, predicted, sample_weight=weights))

    def _keep_rule(self, chosen: EventRule) -> None:
        """Keep the rule for events: as the parameters say, else as chosen."""
        self.event_rule_ = chosen.with_settings(self.event_threshold, self.min_event_length)

    # ------------------------------------------------------------------ hooks of the base

    def _read(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        return self._read_chunks(X, y, sample_weight, start)

    def _chunk_rule(self) -> tuple[int | str | None, bool]:
        is_auto = isinstance(self.chunk_length, str)
        return None if is_auto and self.bptt_length is not None else self.chunk_length, False

    def _read_target(self, X: Any, y: Any, sequences: Sequences) -> StepTargets:
        require_target(self, y)
        return read_step_targets(X, y, sequences)

    def _learn_target(
        self, data: SequenceData, weights: NDArray[np.float64], scaling: AffineScaling
    ) -> StepTarget:
        is_auto = self.target_type == "auto"
        self.target_type_ = type_of_targets(data.y.values) if is_auto else self.target_type
        if self.target_type_ != "continuous":
            self._keep_rule(EventRule())
        target = learn_step_target(data.y, weights, self.target_type_, data.classes)
        return self._with_classes_weighted(target, data, weights)

    def _further_target(self, data: SequenceData, weights: NDArray[np.float64]) -> StepTarget:
        self._refuse_changed(target_type=self.target_type_)
        target: StepTarget = self.network_.target.with_more(data.y, weights)
        return self._with_classes_weighted(target, data, weights)

    def _with_classes_weighted(
        self, target: StepTarget, data: SequenceData, weights: NDArray[np.float64]
    ) -> StepTarget:
        """Return the target with the class weights and the background of the parameters."""
        if self.target_type_ == "multiclass":
            return target.with_classes(data.y, weights, self.class_weight, self.background)
        if self.class_weight is not None:
            raise ValueError(
                f"class_weight={self.class_weight!r} is for classes, and the targets are "
                f"{self.target_type_}; give None, or sample_weight in fit."
            )
        return target

    def _loss(self, target: StepTarget) -> StepLoss:
        accepted = LOSSES[self.target_type_]
        loss = next(iter(accepted)) if self.loss is None else self.loss
        if not isinstance(loss, str):
            if target.has_probabilities:
                refuse_probabilities(loss)
            return StepLoss(loss)
        if loss not in accepted:
            raise ValueError(
                f"loss={loss!r} is not for {self.target_type_} targets at each step; give one of "
                f"{', '.join(map(repr, accepted))}, a Keras loss, or a function."
            )
        return StepLoss(REGRESSION.get(loss, loss))

    def _wrap(self, make: Callable[[], Network]) -> ModelBuilder:
        network = require_steps(make())
        if network.looks_ahead and self.causal:
            raise ValueError(
                f"network={self._network_name()} looks at later steps, which causal=True excludes; "
                "give a unidirectional recurrent network, or a TCN."
            )
        wanted = not self.causal if self.bidirectional == "auto" else bool(self.bidirectional)
        both_ways = wanted and not network.looks_ahead
        if both_ways and isinstance(network, Recurrent):
            return PerStepHead(network.set_params(bidirectional=True))
        return PerStepHead(network, both_ways)

    def _onnx_outputs(self, graph: Graph) -> Outputs:
        inputs = self.network_.encoder.onnx_inputs(graph)
        outputs = self.network_.onnx_outputs(graph, inputs.network_inputs)
        axes = "n_samples", "n_steps"
        return predictions(graph, self.network_.target.values, outputs, axes)

    def _stream_reader(self, n: int, method: str) -> OutputReader:
        return OutputReader.of(self.network_.target.values, method)
