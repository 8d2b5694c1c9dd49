"""The parameters of forecasting, declared once for every forecaster."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from skrnn._parameters import (
    BOOLEAN,
    FUNCTION,
    NONE,
    Domain,
    integers,
    one_of,
    parameter,
    reals,
    satisfying,
    tuples_of,
)
from skrnn.engine.losses import REGRESSION
from skrnn.estimators.parameters import TrainingParameters
from skrnn.forecasting.calendar import CYCLES

NAMES: Domain = satisfying(
    "a list of column names of X",
    lambda value: isinstance(value, list | tuple) and all(isinstance(v, Hashable) for v in value),
)


class ForecastingParameters(TrainingParameters):
    """How a forecaster cuts series into windows, and what it forecasts from one."""

    window_length: int = parameter(
        default=24,
        domain=integers(1, 2**16),
        doc="""Steps of the past that a forecast looks at. What is missing of it, where a series
        is shorter, is taken as not observed.""",
    )
    horizon: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Steps that the network forecasts in one pass; later ones roll forward in blocks,
        each on the forecasts of those before. None takes the last step of ``fh`` in fit, or 12
        where that was not given; at most a third of the longest series. With
        ``strategy="recursive"`` it is how far intervals are measured.""",
    )
    strategy: str = parameter(
        default="direct",
        domain=one_of("direct", "recursive", "seq2seq"),
        doc="""How the steps of the horizon come about. "direct": all at once. "recursive": one
        step, which is fed back. "seq2seq": a recurrent decoder, which sees the value before each
        step, the true one while it trains (Sutskever, Vinyals and Le, 2014,
        arXiv:1409.3215).""",
    )
    scale: str | None = parameter(
        default="window",
        domain=one_of("series", "window", "last", "global") | NONE,
        doc="""The units in which the network sees a series. "series": standardised by the mean
        and standard deviation of its rows in fit. "window": further, each window minus its own
        mean and divided by its own mean absolute deviation, put back in the forecast (reversible
        instance normalisation; Kim et al., 2022). "last": further, each window minus its last
        value (Zeng et al., 2023, doi:10.1609/aaai.v37i9.26317). "global": standardised over all
        series together. None: as it is.""",
    )
    differences: int | tuple[int, ...] | None = parameter(
        default=None,
        domain=integers(1) | tuples_of(integers(1)) | NONE,
        doc="""Lags of differencing. The network forecasts what is added to the continuation of
        the series with these differences zero: to the last value for 1, to the last day for 24
        hours, to the last year and its trend for (1, 12) months. Their sum is at most
        ``window_length``.""",
    )
    segment_length: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Read, and forecast, so many steps as one: a window of 96 hours in segments of 24
        is four recurrent steps. It divides ``window_length`` (SegRNN; Lin et al., 2023,
        arXiv:2308.11200).""",
    )
    time_features: Any = parameter(
        default=None,
        domain=NONE
        | tuples_of(
            one_of(*CYCLES)
            | satisfying("a number of steps > 1", reals(1, closed="neither").contains)
        ),
        doc="""Cycles of the calendar whose sine and cosine are added to what is known of each
        step: names of parts of a date, or numbers of steps.""",
    )
    channel_independent: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Forecast each column of a multivariate series from itself alone, all with one
        network, which is told the column (Nie et al., 2023, arXiv:2211.14730).""",
    )
    past_covariates: Any = parameter(
        default=None,
        domain=NAMES | NONE,
        doc="""Columns of X that are known up to now only: ``predict`` may leave them out. All
        others are taken as known in advance.""",
    )
    static_covariates: Any = parameter(
        default=None, domain=NAMES | NONE, doc="Columns of X that are constant within a series."
    )
    loss: Any = parameter(
        default="mae",
        domain=one_of(*REGRESSION, "quantile", "gaussian", "student_t") | FUNCTION,
        doc="""What training makes small, in scaled units. The name of a regression loss, a Keras
        loss or a function from targets and forecasts (batch, n_values) to one loss for each
        window: the forecast is a point. "quantile": the pinball loss of all ``quantiles``.
        "gaussian", "student_t": the likelihood of that density, whose parameters are
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
        ),
        doc="""The levels that ``loss="quantile"`` learns; the point forecast is the median.
        Others are interpolated.""",
    )
    calibration: float | None = parameter(
        default=None,
        domain=reals(0, 1, closed="neither") | NONE,
        doc="""Share of each series, its latest part, that is not learnt from: there the errors
        of forecasts are measured at each step ahead, and intervals and quantiles corrected by
        them (split-conformal; Romano, Patterson and Candes, 2019, arXiv:1905.03222). None
        takes quantiles and densities as learnt, and measures the errors of a point forecast on
        windows that were learnt from, where they are too small if the network overfits. The
        part should hold some tens of windows: with fewer, the outermost error is the limit.""",
    )
    update_epochs: int = parameter(
        default=3,
        domain=integers(0),
        doc="""Passes that ``update(update_params=True)`` takes over the windows with new
        targets, at a tenth of ``learning_rate``.""",
    )
