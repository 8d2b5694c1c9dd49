"""Parameters of forecasters, declared once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from skrnn.engine.losses import REGRESSION
from skrnn.estimators.base import BaseNetworkEstimator
from skrnn.estimators.metrics import MetricsMixin
from skrnn.forecasting.calendar import CYCLES
from skrnn.parameters import (
    BOOLEAN,
    FUNCTION,
    NONE,
    Domain,
    combination_check,
    integers,
    one_of,
    parameter,
    reals,
    redeclared,
    satisfying,
    tuples_of,
)

NAMES: Domain = satisfying(
    "a list of column names of X",
    lambda value: isinstance(value, list | tuple) and all(isinstance(v, Hashable) for v in value),
    "list of column names",
)


class ForecastingParameters(MetricsMixin, BaseNetworkEstimator):
    """Parameters of the windows and forecasts of a forecaster.

    Declarations only; `BaseSequenceForecaster` uses them.
    """

    _attributes = f"""{BaseNetworkEstimator._attributes.rstrip()}

    window_length_ : int
        Past steps that a forecast uses.

    seasons_ : tuple of int or None
        Lengths of the seasons of exponential smoothing, in steps; None without it.

    segment_length_ : int or None
        Steps read as one.

    time_features_ : tuple
        Calendar cycles.
    """
    learning_rate: float = redeclared("learning_rate", of=BaseNetworkEstimator, default=0.003)

    window_length: int | str = parameter(
        default="auto",
        domain=integers(1, 2**16) | one_of("auto"),
        doc="""Past steps that a forecast uses. Steps before the start of a shorter series
        count as not observed. "auto" is five seasons of most series, or two of a longer one
        beside it, such as the week of hourly series; at least 24 steps, and at most the longest
        series.""",
    )
    horizon: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Steps forecast in one pass; later steps are forecast recursively, in blocks that use
        the forecasts before them. None is the last step of ``fh`` in fit, or 12 if fit had no
        ``fh``; at most a third of the longest series. With ``strategy="recursive"``, intervals
        are measured up to this step.""",
    )
    strategy: str = parameter(
        default="direct",
        domain=one_of("direct", "recursive", "seq2seq"),
        doc="""Multi-step strategy. "direct": all steps at once. "recursive": one step, which
        is fed back. "seq2seq": a recurrent decoder that reads the previous value at each step,
        in training the true one (Sutskever, Vinyals and Le, 2014, arXiv:1409.3215); it has the
        layers of an RNN, LSTM, GRU, MinGRU or SLSTM network, and a GRU layer for one that is not
        recurrent.""",
    )
    normalization: str | None = parameter(
        default="window",
        domain=one_of("series", "window", "last", "global") | NONE,
        doc="""Normalization of each series. "series": standardize by the mean and standard
        deviation of its rows in fit. "window": in addition, subtract the mean of each window
        and divide by its mean absolute deviation, undone in the forecast (reversible instance
        normalization; Kim et al., 2022). "last": as "series", and subtract the last value of
        each window (Zeng et al., 2023, doi:10.1609/aaai.v37i9.26317). "global": standardize
        over all series together. None: no normalization.""",
    )
    differences: int | tuple[int, ...] | str | None = parameter(
        default="auto",
        domain=integers(1) | tuples_of(integers(1)) | NONE | one_of("auto"),
        doc="""Lags of differencing. The network forecasts the difference from a naive
        continuation of the series: the last value for 1, the same hour of the previous day for
        24, the previous year with its trend for (1, 12) in monthly data. The lags sum to at
        most ``window_length``. "auto" takes exponential smoothing in place of a naive
        continuation: a weighted mean of rules, with and without seasons and a trend, whose weights
        for each series follow from the errors of its past forecasts; a linear map of the window
        is learned beside the network, and both start at zero.""",
    )
    segment_length: int | str | None = parameter(
        default="auto",
        domain=integers(1) | NONE | one_of("auto"),
        doc="""Read and forecast this many steps as one: a window of 96 hours in segments of 24
        is four recurrent steps. Has to divide ``window_length`` (SegRNN; Lin et al., 2023,
        arXiv:2308.11200). "auto" is a season of four steps or more, if the window has more than
        64 steps and is a multiple of it.""",
    )
    time_features: Any = parameter(
        default="auto",
        domain=NONE
        | one_of("auto")
        | tuples_of(
            one_of(*CYCLES)
            | satisfying("a number of steps > 1", reals(1, closed="neither").contains, "float")
        ),
        doc="""Calendar cycles whose sine and cosine are added to the known covariates: names
        of parts of a date, or periods in steps. "auto" takes, of day, week and year, those that are
        longer than a window and that the longest series has twice, if its times are dates or
        periods. None takes none.""",
    )
    transform: str | None = parameter(
        default="auto",
        domain=one_of("auto", "log") | NONE,
        doc="""Transformation of y. "log" takes logarithms, for positive series. "auto" takes
        them, with ``differences="auto"``, for series whose past they forecast better, and
        forecasts no negative value of a series that has none. None does neither.""",
    )
    channel_independent: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="""Forecast each column of a multivariate series from its own past alone, with one
        network for all columns that receives the column as an input (Nie et al., 2023,
        arXiv:2211.14730). False forecasts each column from all of them.""",
    )
    past_covariates: Any = parameter(
        default=None,
        domain=NAMES | NONE,
        doc="""Columns of X that are known for the past only; ``predict`` may omit them. All
        other columns are taken as known in advance.""",
    )
    static_covariates: Any = parameter(
        default=None, domain=NAMES | NONE, doc="Columns of X that are constant within a series."
    )
    categorical_covariates: Any = parameter(
        default="from_dtype",
        domain=one_of("from_dtype") | NAMES | NONE,
        doc="""Columns of X that are categorical: the network reads a learned vector, an embedding,
        in place of each (Guo and Berkhahn, 2016, arXiv:1604.06737). "from_dtype" chooses those
        that hold texts or have a categorical dtype; None has none. A category that the fit did
        not have, or a missing one, is a vector of zeros.""",
    )
    loss: Any = parameter(
        default="mae",
        domain=one_of(*REGRESSION, "quantile", "gaussian", "student_t") | FUNCTION,
        doc="""Loss to minimize, in normalized units. For point forecasts, the name of a
        regression loss, a Keras loss, or a callable from targets and forecasts (batch,
        n_values) to one loss per window. "quantile": pinball loss of all ``quantiles``.
        "gaussian", "student_t": negative log-likelihood of that density, whose parameters are
        forecast (Salinas et al., 2020, doi:10.1016/j.ijforecast.2019.07.001).""",
    )
    quantiles: tuple[float, ...] = parameter(
        default=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95),
        domain=satisfying(
            "a tuple of two or more rising levels in (0, 1), 0.5 among them",
            lambda value: (
                isinstance(value, tuple | list)
                and len(value) >= 2
                and 0.5 in value
                and all(a < b for a, b in zip([0, *value], [*value, 1], strict=True))
            ),
            "tuple of float",
        ),
        doc="""Quantile levels for ``loss="quantile"``; the median is the point forecast, other
        levels are interpolated.""",
    )
    calibration: float | None = parameter(
        default=None,
        domain=reals(0, 1, closed="neither") | NONE,
        doc="""Fraction of each series, at its end, that is held out to calibrate intervals and
        quantiles by the errors of forecasts at each step ahead (split-conformal; Romano,
        Patterson and Candes, 2019, arXiv:1905.03222). None uses quantiles and densities as
        learned, and measures the errors of point forecasts on the validation set of early
        stopping, and on windows before it if there are fewer than 100 series; without early
        stopping on the training windows, where they are too small if the network overfits. Hold
        out tens of windows: with fewer, the largest error bounds the intervals.""",
    )
    update_epochs: int = parameter(
        default=3,
        domain=integers(0),
        doc="""Epochs of ``update(update_params=True)`` over the windows with new targets, at a
        tenth of ``learning_rate``.""",
    )

    @combination_check
    def _refuse_logarithms_in_one_scaling(self) -> None:
        """Refuse logarithms together with a normalization that is not of each series."""
        if self.transform == "log" and self.normalization in (None, "global"):
            raise ValueError(
                f"transform='log' was given with normalization={self.normalization!r}, and "
                "logarithms are standardized for each series; give normalization='window', 'last' "
                "or 'series', or take the logarithm of y."
            )

    @property
    def window_length_(self) -> int:
        """Return the number of past steps that a forecast uses."""
        return self.network_.encoder.network.layout.window_length

    @property
    def segment_length_(self) -> int | None:
        """Return the number of steps that are read as one."""
        return self.network_.encoder.network.segment_length

    @property
    def time_features_(self) -> tuple[str | float, ...]:
        """Return the calendar cycles."""
        return self.network_.encoder.cycles

    @property
    def seasons_(self) -> tuple[int, ...] | None:
        """Return the lengths of seasons of exponential smoothing, None without it."""
        return self.network_.encoder.network.seasons

    @property
    def _advice(self) -> str:
        if self.normalization in ("window", "last"):
            return "Divide y by a power of ten if its values are very large or very small."
        return 'Set normalization="window", in which each window has units of its own.'
