"""Importance of channels and of stretches of time, by permutation or occlusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state

from skrnn._validation import Floats
from skrnn.inspection.exchange import Segments, exchanged, occluded
from skrnn.inspection.reading import SequenceInput, after_windows, input_format
from skrnn.inspection.scoring import score_function, summarized
from skrnn.parameters import NONE, Domain, integers, one_of, require
from skrnn.sequences import Sequences

_DOMAINS: dict[str, Domain] = {
    "by": one_of("channel", "time", "both"),
    "method": one_of("permutation", "occlusion"),
    "n_segments": integers(1) | NONE,
    "n_repeats": integers(1),
    "n_channels": integers(1) | NONE,
    "layout": one_of("channels_last", "channels_first") | NONE,
}


def sequence_importance(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    by: Literal["channel", "time", "both"] = "channel",
    method: Literal["permutation", "occlusion"] = "permutation",
    n_segments: int | None = None,
    baseline: Any = None,
    scoring: Any = None,
    n_repeats: int = 5,
    random_state: Any = None,
    sample_weight: Any = None,
    n_channels: int | None = None,
    layout: Literal["channels_last", "channels_first"] | None = None,
) -> Bunch:
    """Return the importance of channels, or of stretches of time, of sequences.

    The importance is the decrease of the score when the values of a channel, or of a segment of
    time, are exchanged between sequences or replaced by a baseline. This is
    `sklearn.inspection.permutation_importance` for sequences, whose steps depend on each other:
    a channel or a segment is exchanged as a whole.

    Parameters
    ----------
    estimator : estimator
        Fitted regressor, classifier, labeler or pipeline, of this package or any other that
        predicts from X; an anomaly detector needs ``scoring``. In a pipeline with a
        `SlidingWindow`, the channels and steps are those of its windows.
    X : array-like, DataFrame, list or Windows
        Sequences in any form that the estimator accepts, better not those of the fit. X is not
        changed.
    y : array-like, default=None
        Targets, as in ``score``.
    by : {"channel", "time", "both"}, default="channel"
        What to rate: each channel, that is each feature of a step; each segment of time with all
        channels; or each channel in each segment.
    method : {"permutation", "occlusion"}, default="permutation"
        "permutation" takes the values of another sequence, drawn at random; NaN among them stays
        NaN. "occlusion" takes ``baseline``, for NaN as well.
    n_segments : int, default=None
        Number of segments of time, of equal length up to rounding; None is 10, or the number of
        steps of the shortest sequence, if that is less. Only for ``by="time"`` and ``by="both"``.
    baseline : float or array-like of shape (n_features,), default=None
        Value of occluded steps; None is the mean of each channel over X, and of a categorical one
        its most frequent category. NaN stands for "not observed", for estimators that accept it.
        Token ids need one, such as 1, the unknown token. Only for ``method="occlusion"``.
    scoring : str or callable, default=None
        Name of a scikit-learn scorer, or a callable (estimator, X, y) that returns a number,
        greater for better predictions; None is ``estimator.score``. For a labeler, a name is the
        score of all steps together.
    n_repeats : int, default=5
        Number of permutations. Occlusion is not random, and is computed once.
    random_state : int, RandomState instance or None, default=None
        Seed of the permutations. Each repeat uses the same one for all channels and segments.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the sequences, passed to the scorer.
    n_channels : int, default=None
        Features per step of a 2-D X, whose rows are flattened sequences; None is that of the
        estimator, or 1.
    layout : {"channels_last", "channels_first"}, default=None
        Order of the axes of a 3-D X, or of a flattened one; None is that of the estimator, or
        "channels_last".

    Returns
    -------
    result : `~sklearn.utils.Bunch`
        With the attributes

        importances : ndarray of shape (n_features, n_repeats), (n_segments, n_repeats) or \
(n_features, n_segments, n_repeats)
            Decrease of the score by channel, by segment or by both.
        importances_mean, importances_std : ndarray
            Mean and standard deviation over the repeats.
        score : float
            Score on X.
        feature_names : list of str
            Names of the channels: those of X, or x0, x1 and so on.
        segment_edges : ndarray of shape (n_segments + 1,), or None
            First step of each segment, and the number of steps. For sequences of different
            lengths, fractions of each sequence, from 0 to 1.
        by, method : str
            As given.

    Raises
    ------
    ValueError
        If an argument is not accepted, X is a single sequence, which cannot be permuted, or an
        estimator that is not a pipeline has a `SlidingWindow` inside.
    TypeError
        If the estimator has no ``score`` and no ``scoring`` is given.

    See Also
    --------
    ImportanceDisplay : Plot of the importances.
    covariate_importance : Importance of the covariates of a forecaster.

    Notes
    -----
    Permutation importance is due to Breiman (2001, doi:10.1023/A:1010933404324). Correlated
    channels can replace each other, so that each of them has a low importance. Sequences of
    different lengths exchange values at equal relative positions. Windows that lack steps at
    their start take the end of a complete window. Windows are copied, which takes
    n_windows * window_length * n_features numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import GRURegressor
    >>> from skrnn.inspection import sequence_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 3))
    >>> model = GRURegressor(epochs=20, random_state=0).fit(X, X[:, -3:, 1].mean(axis=1))
    >>> result = sequence_importance(model, X, X[:, -3:, 1].mean(axis=1), random_state=0)
    >>> int(result.importances_mean.argmax())
    1
    """
    given = locals()
    for name, domain in _DOMAINS.items():
        require(domain, name, given[name], "sequence_importance")
    _check_combination(by, method, n_segments, baseline)
    estimator, X, names = after_windows(estimator, X)
    score = score_function(estimator, y, scoring, sample_weight)
    before = score(X)
    read = SequenceInput.of(X, input_format(estimator, n_channels, layout), estimator, names)
    segments = None if by == "channel" else Segments.of(read.sequences, n_segments)
    if method == "occlusion":
        replacements = iter([occluded(read.sequences, baseline, read.categories)])
    else:
        replacements = _exchanges(read.sequences, n_repeats, random_state)
    importances = before - _scores(read, replacements, by, segments, score)
    return summarized(
        importances,
        score=before,
        feature_names=read.names,
        segment_edges=None if segments is None else segments.edges,
        by=by,
        method=method,
    )


def _check_combination(by: str, method: str, n_segments: int | None, baseline: Any) -> None:
    """Raise ValueError for an argument that has no effect."""
    if by == "channel" and n_segments is not None:
        raise ValueError(
            f'n_segments={n_segments} was given with by="channel", which has no segments; give '
            'by="time" or by="both", or leave n_segments out.'
        )
    if method == "permutation" and baseline is not None:
        raise ValueError(
            f'baseline={baseline!r} was given with method="permutation", which uses none; give '
            'method="occlusion", or leave baseline out.'
        )


def _exchanges(sequences: Sequences, n_repeats: int, random_state: Any) -> Iterator[Floats]:
    """Yield the steps of all sequences, exchanged at random, for each repeat."""
    if len(sequences) < 2:
        raise ValueError(
            "X is a single sequence, and a permutation exchanges values between several; give more "
            'sequences, split a long one and its targets into several, or use method="occlusion".'
        )
    random = check_random_state(random_state)
    for _ in range(n_repeats):
        yield exchanged(sequences, random)


def _scores(
    read: SequenceInput,
    replacements: Iterator[Floats],
    by: str,
    segments: Segments | None,
    score: Callable[[Any], float],
) -> NDArray[np.float64]:
    """Return the scores by channel, segment or both, and in the last axis by replacement."""
    shape = (read.sequences.n_features, -1) if by == "both" else (-1,)
    scores = []
    for new in replacements:
        changed = _changed(read.sequences, new, by, segments)
        scores.append(np.reshape([score(read.in_form(steps)) for steps in changed], shape))
    return np.stack(scores, axis=-1)


def _changed(
    sequences: Sequences, new: Floats, by: str, segments: Segments | None
) -> Iterator[Floats]:
    """Yield the steps with one channel, one segment, or one channel in one segment replaced."""
    every: list[Any] = [slice(None)]
    columns = every if by == "time" else range(sequences.n_features)
    rows: list[Any] = every
    if segments is not None:
        numbers: NDArray[np.int64] = np.arange(len(segments.edges) - 1)
        rows = [segments.of_steps == number for number in numbers]
    for column in columns:
        for mask in rows:
            steps = sequences.steps.copy()
            steps[mask, column] = new[mask, column]
            yield steps
