"""Scaling of sequences by statistics of the fit or of each sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn._rollback import rollback_on_error
from skrnn._typing import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from skrnn._validation import Floats, all_finite, check_weights, fail_overflow
from skrnn.parameters import (
    Domain,
    Parametrized,
    one_of,
    parameter,
    reals,
    satisfying,
    singles,
    validate,
)
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.preprocessing.sequence_containers import as_list, end_to_end, over_new_steps
from skrnn.preprocessing.set_output import OwnOutput, as_names
from skrnn.preprocessing.statistics import Statistic
from skrnn.sequences import (
    LAYOUT,
    N_CHANNELS,
    InputFormat,
    Sequences,
    SequenceShape,
    Windows,
    check_shape,
    read_sequences,
)


def _rising_pair(text: str, number: Domain) -> Domain:
    """Accept two increasing numbers."""
    return satisfying(
        text,
        lambda value: (
            isinstance(value, tuple | list)
            and len(value) == 2
            and all(map(number.contains, value))
            and value[0] < value[1]
        ),
        "tuple (low, high)",
    )


class SequenceScaler(
    OneToOneFeatureMixin,
    OwnOutput,
    TransformerMixin,
    BaseEstimator,
    Parametrized,
    auto_wrap_output_keys=None,
):
    """Scale the features of sequences, and keep the form of X.

    ``per="feature"`` learns one center and one scale per feature from all steps of all
    training sequences, so that longer sequences weigh more. ``per="sequence"`` scales each
    sequence by its own statistics and learns nothing: instance normalization, which makes a
    model independent of the level and scale of a series (Kim et al., 2022, "Reversible
    instance normalization for accurate time-series forecasting against distribution shift",
    https://openreview.net/forum?id=cGDAkQo1C0p).

    NaN is ignored in statistics and stays NaN. A constant feature has scale 1, as in
    scikit-learn. Results are float32 for float32 input, else float64. The estimators of this
    package standardize each feature themselves (``scale_input=True``); use a scaler for other
    kinds of scaling and for other models. The scalers of scikit-learn treat each column of a
    2-D X, that is each time step, as a feature of its own.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    center_, scale_ : ndarray of float64 of shape (n_features,)
        Value subtracted from each feature, and value by which the difference is divided. With
        ``per="feature"`` only.

    n_features_in_ : int
        Number of columns of a 2-D X, else of features per step.

    feature_names_in_ : ndarray of str
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    SlidingWindow : Windows of a series, which this scaler accepts.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceScaler
    >>> X = [np.array([[1.0], [3.0]]), np.array([[10.0], [20.0], [30.0]])]
    >>> scaler = SequenceScaler(method="minmax").fit(X)
    >>> scaler.center_, scaler.scale_
    (array([1.]), array([29.]))
    >>> by_itself = SequenceScaler(method="minmax", per="sequence").fit(X)
    >>> [sequence.ravel().tolist() for sequence in by_itself.transform(X)]
    [[0.0, 1.0], [0.0, 0.5, 1.0]]
    >>> [sequence.ravel().tolist() for sequence in by_itself.inverse_transform([[[0.5]]] * 2, X)]
    [[2.0], [20.0]]
    """

    n_channels: int | None = N_CHANNELS
    layout: str = LAYOUT
    method: str = parameter(
        default="standard",
        domain=one_of("standard", "minmax", "robust"),
        doc=""""standard" centers by the mean and scales by the standard deviation; "minmax"
        maps the minimum and maximum to ``feature_range``; "robust" centers by the median and
        scales by the distance of the quantiles of ``quantile_range``.""",
    )
    per: str = parameter(
        default="feature",
        domain=one_of("feature", "sequence"),
        doc="""Use the statistics of each "feature" over the whole fit, or those of the feature
        within each "sequence".""",
    )
    feature_range: tuple[float, float] = parameter(
        default=(0, 1),
        domain=_rising_pair(
            "two numbers (low, high), low < high", singles(-np.inf, closed="neither")
        ),
        doc='Range of scaled features, for ``method="minmax"``.',
    )
    quantile_range: tuple[float, float] = parameter(
        default=(25.0, 75.0),
        domain=_rising_pair(
            "two numbers (low, high), 0 <= low < high <= 100", reals(0, 100, closed="both")
        ),
        doc='Quantiles in percent, for ``method="robust"``.',
    )
    missing = "mask"

    @rollback_on_error
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn the center and scale of each feature; with ``per="sequence"``, only their number.

        Parameters
        ----------
        X : array-like, DataFrame, list or Windows
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays or DataFrames (n_steps_i, n_features), a DataFrame indexed by instance and
            time, or windows of a series.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence, for all of its steps; 0 leaves the sequence out. With
            ``method="robust"``, unequal weights have to be integers, the numbers of repeats.

        Returns
        -------
        self : object
            The fitted scaler.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or sample_weight is not accepted; the scaler is left unchanged.
        """
        validate(self)
        for name in ("center_", "scale_"):
            self.__dict__.pop(name, None)
        sequences = read_sequences(self, X, InputFormat.of(self), reset=True)
        weights = check_weights(X, sample_weight, len(sequences))
        measure = Statistic(self.method, self.feature_range, self.quantile_range)
        learned = measure.of_features(sequences, weights) if self.per == "feature" else None
        self._shape = SequenceShape(None, sequences.n_features)
        self._measure = measure
        if learned is not None:
            self.center_, self.scale_ = learned.center, learned.scale
        return self

    def transform(self, X: Any) -> Any:
        """Scale sequences.

        Parameters
        ----------
        X : array-like, DataFrame, list or Windows
            Sequences of any length, in any form that ``fit`` accepts, with the same features.
            After a fit on a 2-D X, a 2-D X has the same columns.

        Returns
        -------
        ndarray, DataFrame, list or Windows
            Scaled sequences in the form of X: an array for a 2-D DataFrame; DataFrames with the
            same labels for a panel and for a list of DataFrames; for windows, windows of the
            scaled series or, with ``per="sequence"``, a list of arrays. That list has no times:
            validate on it with ``validation="latest"``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X has other features than in the fit, or holds infinity.
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, InputFormat.of(self), reset=False)
        check_shape(self, sequences, self._shape)
        return self._rescaled(X, sequences, sequences, AffineScaling.transform)

    def inverse_transform(self, X: Any, reference: Any = None) -> Any:
        """Transform scaled sequences back to their original units.

        Parameters
        ----------
        X : array-like, DataFrame, list or Windows
            Scaled sequences, such as those of ``transform``, or forecasts. Their form, number of
            steps and names may differ from the fit.
        reference : array-like, DataFrame, list or Windows, default=None
            Unscaled sequences whose statistics are used, one for each sequence of X; needed with
            ``per="sequence"`` and ignored otherwise. Their lengths may differ from those of X.

        Returns
        -------
        ndarray, DataFrame, list or Windows
            Unscaled sequences in the form of X, as for ``transform``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X has other features than in the fit, or holds infinity; if ``reference`` is
            needed and missing, or has another number of sequences than X.
        """
        check_is_fitted(self)
        sequences = read_sequences(self._reader(), X, InputFormat.of(self), reset=True)
        check_shape(self, sequences, self._shape)
        measured = sequences if self._knows_features() else self._refer(reference, len(sequences))
        return self._rescaled(X, sequences, measured, AffineScaling.inverse_transform)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the output columns, which are those of X.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; None uses those of the fit.

        Returns
        -------
        ndarray of str of shape (n_features,)
            Names of the columns.
            Names of the columns.
        """
        names: NDArray[np.object_] = super().get_feature_names_out(as_names(input_features))
        return names

    def _reader(self) -> Self:
        """Return an unfitted scaler, so that reading sets no attributes of this one."""
        return type(self)(n_channels=self.n_channels, layout=self.layout)

    def _knows_features(self) -> bool:
        """Return whether the fit was per feature."""
        return hasattr(self, "center_")

    def _refer(self, reference: Any, n_samples: int) -> Sequences:
        """Return the sequences to take statistics from, one for each of n_samples."""
        if reference is None:
            raise ValueError(
                f"{type(self).__name__} was fitted with per='sequence', which learns no "
                "statistics; pass the unscaled sequences to take them from: "
                "inverse_transform(X, reference=sequences)."
            )
        sequences = read_sequences(self._reader(), reference, InputFormat.of(self), reset=True)
        check_shape(self, sequences, self._shape)
        if len(sequences) != n_samples:
            raise ValueError(
                f"reference has {len(sequences)} sequences and X has {n_samples}; give the "
                "unscaled sequence of each one of X, in the same order."
            )
        return sequences

    def _rescaled(
        self, X: Any, sequences: Sequences, measured: Sequences, change: Callable[..., Any]
    ) -> Any:
        """Return X after ``change`` by the fit's statistics or those of ``measured``."""
        if self._knows_features():
            scaling = AffineScaling(self.center_, self.scale_)
        else:
            each = self._measure.of_each(measured)
            sequences = end_to_end(sequences)
            scaling = AffineScaling(
                np.repeat(each.center, sequences.lengths, axis=0),
                np.repeat(each.scale, sequences.lengths, axis=0),
            )
        with np.errstate(over="ignore"):
            steps = change(scaling, sequences.steps).astype(sequences.steps.dtype, copy=False)
        if not all_finite(steps):
            _refuse_infinite(sequences, steps)
        if isinstance(X, Windows) and not self._knows_features():
            return as_list(replace(sequences, steps=steps))
        return over_new_steps(X, sequences, steps, self.layout)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _refuse_infinite(sequences: Sequences, steps: Floats) -> None:
    """Raise ValueError if a step became infinite that some sequence holds."""
    found = sequences.first_marked(np.isinf(steps))
    if found is not None:
        number, value = found
        where, dtype = f"sequence {number} has it first", steps.dtype.name
        fail_overflow("Input X", value, where, dtype)
