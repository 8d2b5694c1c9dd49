"""The anomaly detector: sequences, and steps of them, that are not as a network learnt."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skrnn._all_or_nothing import all_or_nothing
from skrnn.estimators.anomalies.detecting import BaseAnomalyDetector
from skrnn.estimators.anomalies.step_scores import of_sequences
from skrnn.estimators.at_steps.events import runs
from skrnn.estimators.at_steps.step_targets import in_form_of, names_of

Floats = NDArray[np.float64]


class SequenceAnomalyDetector(BaseAnomalyDetector):
    """Find sequences, and steps of them, that are not as the sequences of the fit.

    A network learns, without labels, to forecast each step from those before it, or to
    reconstruct pieces of sequences from one vector (Malhotra et al., 2016, arXiv:1607.00148).
    Where it errs by more than usual, something is abnormal.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

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
    >>> model.intervals(odd)[["sequence", "start"]].iloc[0].tolist()
    [0, 20]
    """

    @all_or_nothing
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, *, X_val: Any = None) -> Self:
        """Train the network, learn what errors are usual, and return the fitted detector.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences, mostly normal ones: (n_samples, n_steps) or
            (n_samples, n_steps, n_features), a list of arrays (n_steps_i, n_features), or a
            DataFrame indexed by instance and time. One long series is a list of one array.
        y : ignored
            There for scikit-learn's sake.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each step of a sequence counts; None counts all the same.
        X_val : default=None
            Sequences to validate on, in the forms of X. Scores, ``offset_`` and ``threshold_``
            are then measured on them (Malhotra et al., 2016, arXiv:1607.00148), where the errors
            are those of unseen data; otherwise on X.

        Returns
        -------
        self : object
            The fitted detector.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or sample_weight is not accepted, every sequence is of one step, or
            one is shorter than ``window_length`` where pieces are reconstructed; the detector
            stays as it was.
        FloatingPointError
            If the loss or the weights stop being finite; the detector stays as it was.
        """
        super().fit(X, y, sample_weight, X_val=X_val, y_val=X_val)
        return self._measure(*((X, sample_weight) if X_val is None else (X_val, None)))

    @all_or_nothing
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Take one pass over new sequences at a constant rate, and measure the usual on them.

        Scaling and network come from the first call; the optimizer's state is kept from one call
        to the next.

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
            As in ``fit``; the detector stays as it was.
        """
        return self._partial_fit(X, y, sample_weight)._measure(X, sample_weight)

    def score_samples(self, X: Any) -> Floats:
        """Return how normal each sequence is: minus the root mean square of its step scores.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences of any length, in any form that ``fit`` takes, with the fit's features.

        Returns
        -------
        ndarray of float64 of shape (n_samples,)
            The lower the more abnormal; about -1 for what is usual; 0 for a sequence without a
            step to score.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X has other features than in the fit, holds NaN, or has a sequence shorter than
            ``window_length`` where pieces are reconstructed.
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
        """Return how abnormal each step is.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``score_samples``.

        Returns
        -------
        array (n_samples, n_steps), list of arrays (n_steps_i,), or Series
            In the form of X; a list for windows of which some are incomplete. A score is the error
            of the step: of each feature less the fit's median error, in units of their median
            absolute deviation times 1.4826, which is a standard deviation where errors are normal;
            joined over features by the root mean square; then smoothed as the parameters say. It
            is 0 where the step was not predicted, as the first one, or not observed; and
            1e100, the worst, where values are so far from the fit that the network overflows.
        """
        sequences = self._sequences(X)
        return in_form_of(X, sequences, np.nan_to_num(self._scores(sequences)))

    def intervals(self, X: Any) -> pd.DataFrame:
        """Return the runs of steps with scores above ``threshold_``.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``score_samples``.

        Returns
        -------
        DataFrame
            One row for each run: ``sequence``, its number or its name in a panel; ``start``, its
            first step; ``end``, the step after its last; ``score``, the greatest of its steps.
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
