"""Scaling of sequences, by statistics of the fit or by those of each sequence itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skrnn._all_or_nothing import all_or_nothing
from skrnn._parameters import Domain, one_of, parameter, reals, satisfying, singles, validate
from skrnn._target_validation import check_weights
from skrnn._validation import Floats, all_finite, fail_overflow
from skrnn.preprocessing.forms import as_list, end_to_end, over_new_steps
from skrnn.preprocessing.measures import Measure
from skrnn.preprocessing.output import OwnOutput, as_names
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences, SequenceShape, Windows, check_shape, read_sequences
from skrnn.sequences.parameters import InputParameters


def _rising_pair(text: str, number: Domain) -> Domain:
    """Accept two numbers of which the second is greater."""
    return satisfying(
        text,
        lambda value: (
            isinstance(value, tuple | list)
            and len(value) == 2
            and all(map(number.contains, value))
            and value[0] < value[1]
        ),
    )


class SequenceScaler(
    OneToOneFeatureMixin,
    OwnOutput,
    TransformerMixin,
    BaseEstimator,
    InputParameters,
    auto_wrap_output_keys=None,
):
    """Scale sequences feature by feature, and give them back in the form they came in.

    ``per="feature"`` learns one centre and one scale for each feature from all steps of all
    sequences of the fit, so that a longer sequence counts for more. ``per="sequence"`` scales
    each sequence by its own statistics and learns nothing: instance normalisation, which
    frees a model from the level and the spread of a series (Kim et al., 2022, "Reversible
    instance normalization for accurate time-series forecasting against distribution shift",
    https://openreview.net/forum?id=cGDAkQo1C0p).

    Missing values, NaN, take no part in statistics and stay missing. Where a feature never
    varies, its spread counts as 1, as in scikit-learn. Results are float32 for float32 and
    float64 else.
    The networks of this package standardise each feature themselves, ``scale_input=True``; a
    scaler is for other ways of scaling, and for other models. Scikit-learn's own scalers take
    each column of a 2-D X, that is each time, by itself.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    center_, scale_ : ndarray of float64 of shape (n_features,)
        What is subtracted from each feature of a step and what the rest is divided by. Only
        with ``per="feature"``.

    n_features_in_ : int
        Columns of X, or features of a step.

    feature_names_in_ : ndarray of str
        Names of the columns, where X was a DataFrame with string names.

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

    method: str = parameter(
        default="standard",
        domain=one_of("standard", "minmax", "robust"),
        doc="""What is centre and scale: mean and standard deviation ("standard"), what takes
        smallest and greatest value to ``feature_range`` ("minmax"), or the median and the
        distance of the quantiles of ``quantile_range`` ("robust").""",
    )
    per: str = parameter(
        default="feature",
        domain=one_of("feature", "sequence"),
        doc="""Whose statistics are used: those of the feature over the whole fit, or those of
        the feature in the sequence at hand.""",
    )
    feature_range: tuple[float, float] = parameter(
        default=(0, 1),
        domain=_rising_pair(
            "two numbers (low, high), low < high", singles(-np.inf, closed="neither")
        ),
        doc='The range of scaled features, for ``method="minmax"``.',
    )
    quantile_range: tuple[float, float] = parameter(
        default=(25.0, 75.0),
        domain=_rising_pair(
            "two numbers (low, high), 0 <= low < high <= 100", reals(0, 100, closed="both")
        ),
        doc='Quantiles in percent, for ``method="robust"``.',
    )
    missing = "mask"

    @all_or_nothing
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn centre and scale of each feature, or only their number per sequence.

        Parameters
        ----------
        X : array-like, DataFrame, list or Windows
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays or DataFrames (n_steps_i, n_features), a DataFrame indexed by instance and
            time, or windows of a series.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each step of a sequence counts; 0 leaves the sequence out. With
            ``method="robust"`` weights that differ are numbers of repeats, whole ones.

        Returns
        -------
        self : object
            The fitted scaler.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or sample_weight is not accepted; the scaler stays as it was.
        """
        del y
        validate(self)
        for name in ("center_", "scale_"):
            self.__dict__.pop(name, None)
        sequences = read_sequences(self, X, reset=True)
        weights = check_weights(X, sample_weight, len(sequences))
        measure = Measure(self.method, self.feature_range, self.quantile_range)
        learnt = measure.of_features(sequences, weights) if self.per == "feature" else None
        self._shape = SequenceShape(None, sequences.n_features)
        self._measure = measure
        if learnt is not None:
            self.center_, self.scale_ = learnt.mean, learnt.scale
        return self

    def transform(self, X: Any) -> Any:
        """Return the scaled sequences.

        Parameters
        ----------
        X : array-like, DataFrame, list or Windows
            Sequences of any length, in any form that ``fit`` takes, with the fit's features.
            A 2-D X has the columns of the fit, if that was 2-D.

        Returns
        -------
        ndarray, DataFrame, list or Windows
            In the form of X: an array for a 2-D DataFrame; DataFrames with the same labels
            for a panel and for a list of DataFrames; for windows, windows of the scaled
            series, or with ``per="sequence"`` a list of arrays, which knows nothing of time:
            validate on it with ``validation="latest"``.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X has other features than in the fit, or holds infinity.
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        check_shape(self, sequences, self._shape)
        return self._rescaled(X, sequences, sequences, Standardiser.transform)

    def inverse_transform(self, X: Any, reference: Any = None) -> Any:
        """Return sequences in their own units.

        Parameters
        ----------
        X : array-like, DataFrame, list or Windows
            Scaled sequences, such as those of ``transform``, or forecasts. Neither their form,
            their number of steps nor their names need be those of the fit.
        reference : array-like, DataFrame, list or Windows, default=None
            With ``per="sequence"``, and only there, the unscaled sequences whose statistics
            are to be used, one for each of X. Their lengths may differ from those of X.

        Returns
        -------
        ndarray, DataFrame, list or Windows
            In the form of X, as ``transform`` keeps it.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X has other features than in the fit, or holds infinity; if ``reference`` is
            needed and missing, or is not of as many sequences as X.
        """
        check_is_fitted(self)
        sequences = read_sequences(self._reader(), X, reset=True)
        check_shape(self, sequences, self._shape)
        measured = sequences if self._knows_features() else self._refer(reference, len(sequences))
        return self._rescaled(X, sequences, measured, Standardiser.inverse_transform)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns of X, which are those of the result.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names; None takes those of the fit.

        Returns
        -------
        ndarray of str of shape (n_features_in_,)
        """
        names: NDArray[np.object_] = super().get_feature_names_out(as_names(input_features))
        return names

    def _reader(self) -> Self:
        """Return what can read sequences without leaving a trace in this scaler."""
        return type(self)(n_channels=self.n_channels, layout=self.layout)

    def _knows_features(self) -> bool:
        """Tell whether the fit was one per feature."""
        return hasattr(self, "center_")

    def _refer(self, reference: Any, n_samples: int) -> Sequences:
        """Return the sequences to take statistics from, one for each of n_samples."""
        if reference is None:
            raise ValueError(
                f"{type(self).__name__} was fitted with per='sequence', which learns no "
                "statistics; pass the unscaled sequences to take them from: "
                "inverse_transform(X, reference=sequences)."
            )
        sequences = read_sequences(self._reader(), reference, reset=True)
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
            scaling = Standardiser(self.center_, self.scale_)
        else:
            each = self._measure.of_each(measured)
            sequences = end_to_end(sequences)
            scaling = Standardiser(
                np.repeat(each.mean, sequences.lengths, axis=0),
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
