"""Public class of the anomaly detector: scores and labels of sequences and of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._rollback import rollback_on_error
from skrnn._typing import OutlierMixin, with_callbacks
from skrnn._validation import all_finite
from skrnn.engine.losses import REGRESSION
from skrnn.engine.step_losses import StepLoss
from skrnn.engine.training import ADVICE
from skrnn.estimators.anomaly.feature_target import FeatureTarget
from skrnn.estimators.anomaly.methods import (
    DetectionMethod,
    PredictionError,
    ReconstructionError,
)
from skrnn.estimators.anomaly.robust_statistics import RobustErrorScale
from skrnn.estimators.anomaly.score_reader import ScoreReader
from skrnn.estimators.anomaly.scoring import LEAST_PEAK, StepScoring, of_sequences
from skrnn.estimators.anomaly.thresholds import threshold_of_sequences, threshold_of_steps
from skrnn.estimators.labeling.events import runs
from skrnn.estimators.network_parameter import NetworkParameterMixin
from skrnn.estimators.per_step.step_targets import StepTargets, in_form_of, names_of
from skrnn.estimators.per_step.stepwise import BaseStepwiseEstimator
from skrnn.estimators.sequence_data import SequenceData
from skrnn.estimators.trainer import Start
from skrnn.networks import Network
from skrnn.networks.base import ModelBuilder
from skrnn.onnx_export.graph import Graph, Outputs
from skrnn.onnx_export.scores import of_sequences as of_sequences_in_onnx
from skrnn.onnx_export.scores import step_scores
from skrnn.onnx_export.steps import real_steps
from skrnn.parameters import FUNCTION, NONE, fitted, integers, one_of, parameter, reals
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.preprocessing.sequence_containers import end_to_end
from skrnn.sequences import Sequences

Floats = NDArray[np.float64]


class SequenceAnomalyDetector(NetworkParameterMixin, OutlierMixin, BaseStepwiseEstimator):
    """Detect abnormal sequences and abnormal steps by the errors of a network.

    A network learns, without labels, to predict each step from the steps before it, or to
    reconstruct chunks of sequences from one vector (Malhotra et al., 2016, arXiv:1607.00148).
    Steps with unusually large errors are abnormal.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    SequenceDetector : Detector with sktime's interface.
    SequenceLabeler : Predict a class at every step, from labels.
    Stream : Score step by step, as observations arrive.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceAnomalyDetector
    >>> X = np.sin(np.arange(40) / 3 + np.arange(32)[:, None])  # 32 sequences of 40 steps
    >>> X += 0.1 * np.random.default_rng(0).normal(size=X.shape)
    >>> model = SequenceAnomalyDetector(random_state=0).fit(X)
    >>> odd = X[:2].copy()
    >>> odd[0, 20:23] = 3.0
    >>> model.predict(odd)
    array([-1,  1])
    >>> model.events(odd)[["sequence", "start"]].iloc[0].tolist()
    [0, 20]
    """

    method: str = parameter(
        default="forecast",
        domain=one_of("forecast", "reconstruction"),
        doc="""Detection method. "forecast" predicts each step from the steps before it; the
        first step has no prediction. "reconstruction" encodes chunks of ``window_length``
        steps as one vector each and decodes all their steps from it.""",
    )
    window_length: int = parameter(
        default=32,
        domain=integers(2),
        doc="""Chunk length for ``method="reconstruction"``, in steps; no sequence may be
        shorter. The last chunk of a sequence overlaps the one before it if it would be
        shorter.""",
    )
    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*REGRESSION) | FUNCTION,
        doc="""Loss to minimize, on standardized features: a name, a Keras loss, or a callable
        from steps and outputs (n, n_features) to one loss per step. None is the mean squared
        error.""",
    )
    smoothing: int = parameter(
        default=1,
        domain=integers(1, 2**16),
        doc="""Number of latest steps over whose scores the root mean square is taken. Isolated
        noise weighs less; persistent anomalies score high for longer.""",
    )
    memory: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Half-life, in steps, of a decaying running maximum by which scores are divided,
        so that recurring peaks are not flagged, and a lasting anomaly only at its beginning.
        Each sequence starts from the greatest score of the fit. None does not divide.""",
    )
    contamination: Any = parameter(
        default="auto",
        domain=one_of("auto") | reals(0, 0.5, closed="right"),
        doc="""Fraction of abnormal sequences in the fit, and of abnormal steps. "auto" sets
        the thresholds by Tukey's fences: sequences are abnormal above 1.5 times the median
        score and 1.5 interquartile ranges above the upper quartile; steps above a score of 3
        and 3 interquartile ranges above the upper quartile or, with ``memory``, above 1.""",
    )
    _attributes = f"""{BaseStepwiseEstimator._attributes.rstrip()}

    offset_ : float
        Sequences with lower ``score_samples`` are abnormal.

    threshold_ : float
        Steps with greater ``step_scores`` are abnormal.
    """
    offset_: float = fitted()
    threshold_: float = fitted()
    _scoring: StepScoring = fitted()
    #: Methods that a `Stream` may use.
    stream_methods: ClassVar[tuple[str, ...]] = ("step_scores",)

    @rollback_on_error
    @with_callbacks
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, *, X_val: Any = None) -> Self:
        """Fit the network, the usual size of its errors, and the thresholds.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences, mostly normal ones: (n_samples, n_steps) or
            (n_samples, n_steps, n_features), a list of arrays (n_steps_i, n_features), or a
            DataFrame indexed by instance and time. One long series is a list of one array.
        y : ignored
            Not used, present for API consistency.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence, for all of its steps; None weights all equally.
        X_val : default=None
            Validation sequences, in the forms of X. The usual errors, ``offset_`` and
            ``threshold_`` are measured on them, as unseen data (Malhotra et al., 2016,
            arXiv:1607.00148); without them, on X.

        Returns
        -------
        self : object
            The fitted detector.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or sample_weight is not accepted, every sequence has one step, or
            one is shorter than ``window_length`` with ``method="reconstruction"``; the detector
            is left unchanged.
        FloatingPointError
            If the loss or the weights stop being finite; the detector is left unchanged.
        """
        self._fit(X, y, sample_weight, X_val, X_val)
        return self._measure(*((X, sample_weight) if X_val is None else (X_val, None)))

    @rollback_on_error
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on new sequences, and measure the usual errors on them.

        The first call sets the scaling and builds the network; the state of the optimizer is
        kept between calls.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        self : object
            The fitted detector.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``; the detector is left unchanged.
        """
        self._partial_fit(X, y, sample_weight)
        return self._measure(X, sample_weight)

    def score_samples(self, X: Any) -> Floats:
        """Return the normality of each sequence, minus the root mean square of its step scores.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences of any length, in any form that ``fit`` accepts, with the same features.

        Returns
        -------
        ndarray of float64 of shape (n_samples,)
            The lower, the more abnormal; about -1 for usual sequences; 0 for a sequence without
            a scored step.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X has other features than in the fit, holds NaN that the fit did not accept, or has
            a sequence shorter than ``window_length`` with ``method="reconstruction"``.
        """
        sequences = self._sequences(X)
        return -of_sequences(self._scores(sequences), sequences.lengths)

    def decision_function(self, X: Any) -> Floats:
        """Return ``score_samples(X) - offset_``, negative for abnormal sequences.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``score_samples``.

        Returns
        -------
        ndarray of float64 of shape (n_samples,)
            Shifted scores.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return -1 for abnormal sequences and 1 for the others.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``score_samples``.

        Returns
        -------
        ndarray of int of shape (n_samples,)
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def step_scores(self, X: Any) -> Any:
        """Return the anomaly score of each step.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``score_samples``.

        Returns
        -------
        array (n_samples, n_steps), list of arrays (n_steps_i,), or Series
            Scores in the form of X; a list if some windows are incomplete. The error of each
            feature minus its median, divided by 1.4826 times its median absolute deviation (a
            standard deviation if errors are normal), both measured in the fit; the root mean
            square over features; then smoothing as the parameters say. 0 for steps that are not
            predicted, such as the first, or not observed; 1e100, the maximum, if values are so
            far from the fit that the network overflows.
        """
        sequences = self._sequences(X)
        return in_form_of(X, sequences, np.nan_to_num(self._scores(sequences)))

    def events(self, X: Any) -> pd.DataFrame:
        """Return the events: runs of steps with scores above ``threshold_``.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``score_samples``.

        Returns
        -------
        DataFrame
            One row per event: ``sequence``, its number or its name in a panel; ``start``, its
            first step; ``end``, the step after its last; ``score``, its greatest score.
        """
        sequences = self._sequences(X)
        scores = np.nan_to_num(self._scores(sequences))
        parts = np.split(scores, np.cumsum(sequences.lengths)[:-1])
        rows = [
            (name, start, end, float(part[start:end].max()))
            for name, part in zip(names_of(X, sequences), parts, strict=True)
            for start, end in runs(part > self.threshold_).tolist()
        ]
        return pd.DataFrame(rows, columns=["sequence", "start", "end", "score"])

    # ------------------------------------------------------------------ hooks of the base

    def _method(self) -> DetectionMethod:
        """Return the method that the parameters describe."""
        if self.method == "forecast":
            return PredictionError()
        return ReconstructionError(int(self.window_length))

    def _read(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        if start is not Start.NEW and self._has_network():
            before, now = self.network_.target.method, self._method()
            if before != now:
                raise ValueError(
                    f"the previous fit was of {before}, and this one is of {now}; restore method "
                    "and window_length, or set warm_start=False."
                )
        return self._read_chunks(X, y, sample_weight, start)

    def _chunk_rule(self) -> tuple[int | str | None, bool]:
        method = self._method()
        if isinstance(method, ReconstructionError):
            return method.window_length, True
        return self.chunk_length, False

    def _read_target(self, X: Any, y: Any, sequences: Sequences) -> StepTargets:
        return StepTargets(self._method().targets(end_to_end(sequences)), is_flat=False)

    def _learn_target(
        self, data: SequenceData, weights: Floats, scaling: AffineScaling
    ) -> FeatureTarget:
        return FeatureTarget(scaling, self._method())

    def _further_target(self, data: SequenceData, weights: Floats) -> FeatureTarget:
        target: FeatureTarget = self.network_.target
        return target.with_more(data.y, weights)

    def _loss(self, target: FeatureTarget) -> StepLoss:
        loss = "mse" if self.loss is None else self.loss
        return StepLoss(REGRESSION[loss] if isinstance(loss, str) else loss, skips_missing=True)

    def _wrap(self, make: Callable[[], Network]) -> ModelBuilder:
        return self._method().network(make)

    def _onnx_outputs(self, graph: Graph) -> Outputs:
        inputs = self.network_.encoder.onnx_inputs(graph)
        fitted, target = self.network_, self.network_.target
        predicted = target.method.onnx_predicted(
            graph, inputs, lambda given: fitted.onnx_outputs(graph, given)
        )
        errors = [inputs.scaled - one.cast(np.float64) for one in predicted]
        real = real_steps(inputs.scaled, inputs.own_lengths)
        scores = step_scores(graph, errors, real, self._scoring.onnx_rules)
        normality = -of_sequences_in_onnx(graph, scores)
        is_usual = ~(normality - float(self.offset_) < 0)
        one = graph.constant(1, np.int64)
        each = "n_samples", "n_steps"
        return {
            "step_scores": (graph.where(graph.op("IsNaN", scores), 0.0, scores), each),
            "score_samples": (normality, each[:1]),
            "label": (graph.where(is_usual, one, -1), each[:1]),
        }

    def _stream_reader(self, n: int, method: str) -> ScoreReader:
        return ScoreReader(self._scoring, self.network_.encoder.scaling, n)

    # ------------------------------------------------------------------ scores

    def _scores(self, sequences: Sequences) -> Floats:
        """Return the score of each step in order, NaN where there is none."""
        table = end_to_end(sequences)
        return self._scoring.mean_scores(self._errors(table), table.lengths)

    def _errors(self, table: Sequences) -> Floats:
        """Return errors at each step of sequences that lie end to end, scaled.

        Those of several networks are side by side, (n, n_networks * n_features).
        """
        method, scaling = self.network_.target.method, self.network_.encoder.scaling
        # Refuses steps beyond float32.
        predicted = method.predicted_steps(table, self._finite_or_infinite)
        with np.errstate(over="ignore"):
            n_networks = len(self.network_.networks)
            errors: Floats = np.tile(scaling.transform(table.steps), n_networks) - predicted
        return errors

    def _finite_or_infinite(self, sequences: Sequences) -> Floats:
        """Return outputs at each step, infinite where the network overflowed.

        NaN marks steps that are not predicted, which overflowing ones are.
        """
        outputs = self._outputs_at_steps(sequences)
        return outputs if all_finite(outputs) else np.where(np.isnan(outputs), np.inf, outputs)

    def _measure(self, X: Any, sample_weight: Any) -> Self:
        """Measure the usual errors and set the thresholds on sequences."""
        data = self._read_whole(X, None, sample_weight, None)
        table, weights = end_to_end(data.sequences), data.weights
        errors, per_step = self._errors(table), np.repeat(weights, table.lengths)
        _check_errors(errors[per_step > 0])
        spread = AffineScaling.fit(
            self.network_.encoder.scaling.transform(table.steps), per_step
        ).scale
        first, *others = (
            self._measured(part, spread, per_step, table.lengths)
            for part in np.split(errors, len(self.network_.networks), axis=1)
        )
        self._scoring = replace(first, others=tuple(others))
        scores = self._scoring.mean_scores(errors, table.lengths)
        there = np.logical_not(np.isnan(scores)) & (per_step > 0)
        self.offset_ = -threshold_of_sequences(
            of_sequences(scores, table.lengths), weights, self.contamination
        )
        if self.contamination == "auto" and self.memory is not None:
            self.threshold_ = 1.0  # the peak itself
        else:
            self.threshold_ = threshold_of_steps(scores[there], per_step[there], self.contamination)
        return self

    def _measured(
        self, errors: Floats, spread: Floats, per_step: Floats, lengths: NDArray[np.int64]
    ) -> StepScoring:
        """Return the rule of scores for the errors of one network."""
        usual = RobustErrorScale.of(errors, spread, per_step)
        scoring = StepScoring(usual, int(self.smoothing), None)
        if self.memory is None:
            return scoring
        scores = scoring.scores(errors, lengths)
        there = np.logical_not(np.isnan(scores)) & (per_step > 0)
        return replace(scoring, memory=int(self.memory), peak=max(LEAST_PEAK, scores[there].max()))


def _check_errors(errors: Floats) -> None:
    """Raise unless some errors of the fit are there, and all are finite."""
    if np.isinf(errors).any():
        raise FloatingPointError(
            "the network's outputs for the sequences of the fit are not finite, so that their "
            f"errors cannot be measured; {ADVICE}"
        )
    if np.isnan(errors).all():
        raise ValueError(
            "X has no step to score: none is both observed and predicted; give longer sequences "
            "or more observed values."
        )
