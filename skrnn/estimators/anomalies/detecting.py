"""What an anomaly detector learns: a network that tells steps, and how wrong it usually is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import OutlierMixin

from skrnn._parameters import (
    FUNCTION,
    NONE,
    fitted,
    integers,
    one_of,
    parameter,
    reals,
)
from skrnn._validation import all_finite
from skrnn.engine.losses import REGRESSION
from skrnn.engine.step_losses import StepLoss
from skrnn.engine.training import ADVICE
from skrnn.estimators.anomalies.score_reader import ScoreReader
from skrnn.estimators.anomalies.step_errors import UsualErrors, cut_off, quantile, upper_fence
from skrnn.estimators.anomalies.step_scores import LEAST_PEAK, StepScoring, of_sequences
from skrnn.estimators.anomalies.surprise import Forecast, Reconstruct, Way
from skrnn.estimators.at_steps.step_targets import StepTargets
from skrnn.estimators.at_steps.stepwise import BaseStepwiseEstimator
from skrnn.estimators.choice import NetworkChoice
from skrnn.networks import Network
from skrnn.preprocessing.forms import end_to_end
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences

Floats = NDArray[np.float64]

#: With ``contamination="auto"``: how far beyond the quartiles of the fit a sequence is outside,
#: and a step far out (Tukey, 1977); and the least that makes either abnormal.
OUTSIDE, FAR_OUT = 1.5, 3.0
LEAST_RATIO, LEAST_THRESHOLD = 1.5, 3.0


class BaseAnomalyDetector(NetworkChoice, OutlierMixin, BaseStepwiseEstimator):
    """Learn to tell steps, and measure the errors; a subclass gives the verdicts."""

    method: str = parameter(
        default="forecast",
        domain=one_of("forecast", "reconstruction"),
        doc="""What the network does. "forecast": it tells each step from those before it, none
        after; the first step has no forecast. "reconstruction": it encodes pieces of
        ``window_length`` steps as one vector each and decodes all their steps from it.""",
    )
    window_length: int = parameter(
        default=32,
        domain=integers(2),
        doc="""Steps of a piece for ``method="reconstruction"``; no sequence may be shorter. The
        last piece of a sequence overlaps the one before it where it would be shorter.""",
    )
    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*REGRESSION) | FUNCTION,
        doc="""What training makes small, in standardised features: a name, a Keras loss, or a
        function from steps and outputs (n, n_features) to one loss for each step. None is the
        mean squared error.""",
    )
    smoothing: int = parameter(
        default=1,
        domain=integers(1, 2**16),
        doc="""The score of a step is the root mean square of those of so many latest steps:
        noise of single steps weighs less, and what stays abnormal for a while more.""",
    )
    memory: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Compare scores with the largest of late: each is divided by the peak of those before
        it along the sequence, which begins with the largest of the fit and falls by half in so
        many steps. What comes again and again is then no anomaly, and one that lasts is one at
        its beginning. None compares with nothing.""",
    )
    contamination: Any = parameter(
        default="auto",
        domain=one_of("auto") | reals(0, 0.5, closed="right"),
        doc="""The share of abnormal sequences in the fit, and of abnormal steps. "auto" takes
        sequences for abnormal that err by half as much again as the median one and lie above
        Tukey's fence, 1.5 times the distance of the quartiles above the upper one; and steps
        with scores above 3 and above the fence at 3 times that distance, or with ``memory``
        above 1.""",
    )
    _attributes = f"""{BaseStepwiseEstimator._attributes.rstrip()}

    offset_ : float
        Sequences of lower ``score_samples`` are abnormal.

    threshold_ : float
        Steps of greater ``step_scores`` are abnormal.
    """
    offset_: float = fitted()
    threshold_: float = fitted()
    _scoring: StepScoring = fitted()
    _way: Way = fitted()

    # ------------------------------------------------------------------ hooks of the base

    def _read_whole(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0
    ) -> tuple[Sequences, Any, Floats]:
        way = Forecast() if self.method == "forecast" else Reconstruct(int(self.window_length))
        if reset:
            self._way = way
        elif way != self._way:
            raise ValueError(
                f"the fit before was of {self._way}, and this one is of {way}; set method and "
                "window_length back, or call fit with warm_start=False."
            )
        return super()._read_whole(X, y, sample_weight, reset=reset, purge=purge)

    def _piece_rule(self) -> tuple[int | None, bool]:
        if isinstance(self._way, Reconstruct):
            return self._way.window_length, True
        return super()._piece_rule()

    def _check_target(self, X: Any, y: Any, sequences: Sequences) -> StepTargets:
        del X, y
        table = end_to_end(sequences)
        return StepTargets(self._way.targets(table), is_flat=False)

    def _learn_target(self, y: StepTargets, weights: Floats) -> None:
        """Learn nothing: targets are scaled as the sequences are."""

    def _encode_target(self, y: StepTargets) -> NDArray[np.float32]:
        rows = self._scaling.transform_single(y.values)
        observed = np.logical_not(np.isnan(rows).all(axis=1))
        if not observed.any():
            raise ValueError(
                "X holds nothing to learn from: no step with a value observed "
                + ("follows another one." if isinstance(self._way, Forecast) else "is in it.")
            )
        return y.padded(rows, observed.astype(np.float64))

    def _n_outputs(self, y: StepTargets) -> int:
        return y.table.n_features

    def _predicted(self, outputs: Floats) -> Floats:
        return self._scaling.inverse_transform(outputs)

    def _loss(self) -> StepLoss:
        loss = "mse" if self.loss is None else self.loss
        return StepLoss(REGRESSION[loss] if isinstance(loss, str) else loss, skips_missing=True)

    def _checked_network(self) -> Network:
        return self._way.network(super()._checked_network)

    _streamed: ClassVar[Mapping[str, str]] = {"step_scores": "_predicted"}

    def _stream_reader(self, n: int, method: str) -> ScoreReader:
        del method
        return ScoreReader(self._scoring, self._scaling, n)

    # ------------------------------------------------------------------ scores

    def _scores(self, sequences: Sequences) -> Floats:
        """Return the score of each step in order, NaN where there is none."""
        table = end_to_end(sequences)
        return self._scoring.scores(self._errors(table), table.lengths)

    def _errors(self, table: Sequences) -> Floats:
        """Return errors at each step of sequences that lie end to end, (n, n_features), scaled."""
        predicted = self._way.told(table, self._finite_or_infinite)  # refuses steps beyond float32
        with np.errstate(over="ignore"):
            return self._scaling.transform(table.steps) - predicted

    def _finite_or_infinite(self, sequences: Sequences) -> Floats:
        """Return outputs at each step, infinite where the network overflowed.

        NaN marks steps that are not predicted, which overflowing ones are.
        """
        outputs = self._outputs_at_steps(sequences)
        return outputs if all_finite(outputs) else np.where(np.isnan(outputs), np.inf, outputs)

    def _measure(self, X: Any, sample_weight: Any) -> Self:
        """Learn from sequences what errors and scores are usual."""
        sequences, _, weights = self._read_whole(X, None, sample_weight, reset=False)
        table = end_to_end(sequences)
        errors, per_step = self._errors(table), np.repeat(weights, table.lengths)
        _check_errors(errors[per_step > 0])
        spread = Standardiser.fit(self._scaling.transform(table.steps), per_step).scale
        usual = UsualErrors.of(errors, spread, per_step)
        scoring = StepScoring(usual, int(self.smoothing), None)
        scores = scoring.scores(errors, table.lengths)
        there = np.logical_not(np.isnan(scores)) & (per_step > 0)
        if self.memory is not None:
            scoring = replace(
                scoring, memory=int(self.memory), peak=max(LEAST_PEAK, scores[there].max())
            )
            scores = scoring.scores(errors, table.lengths)
        self._scoring = scoring
        self._draw_lines(
            (of_sequences(scores, table.lengths), weights), (scores[there], per_step[there])
        )
        return self

    def _draw_lines(self, wholes: tuple[Floats, Floats], steps: tuple[Floats, Floats]) -> None:
        """Learn what is abnormal from scores, and their weights, of sequences and of steps."""
        if self.contamination != "auto":
            self.offset_ = -cut_off(*wholes, float(self.contamination))
            self.threshold_ = cut_off(*steps, float(self.contamination))
            return
        least = LEAST_RATIO * quantile(*wholes, 0.5)
        self.offset_ = -max(least, upper_fence(*wholes, OUTSIDE))
        if self.memory is not None:
            self.threshold_ = 1.0  # the peak itself
        else:
            self.threshold_ = max(LEAST_THRESHOLD, upper_fence(*steps, FAR_OUT))


def _check_errors(errors: Floats) -> None:
    """Raise unless the errors of the fit can say what is usual."""
    if np.isinf(errors).any():
        raise FloatingPointError(
            "the network's outputs for the sequences of the fit are not finite, so that no error "
            f"is usual; {ADVICE}"
        )
    if np.isnan(errors).all():
        raise ValueError("no step can be measured: none with an observed value is predicted.")
