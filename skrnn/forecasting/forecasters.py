"""Forecasters, one class for each network."""

from __future__ import annotations

from typing import Any, ClassVar

from skrnn import networks
from skrnn.estimators.network_parameter import NetworkParameterMixin
from skrnn.forecasting.base import BaseSequenceForecaster


class RNNForecaster(BaseSequenceForecaster, networks.RecurrentParameters):
    """Forecast time series with a simple recurrent network (RNN).

    The network is a simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMForecaster, GRUForecaster, TCNForecaster : Forecasters with other networks.
    SequenceForecaster : Forecaster with any network.
    RNNRegressor : Predict any target of sequences, with scikit-learn's interface.
    ForecastDisplay : Plot forecasts.

    Examples
    --------
    >>> from skrnn import RNNForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = RNNForecaster(random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    network_class = networks.RNN


class LSTMForecaster(BaseSequenceForecaster, networks.RecurrentParameters):
    """Forecast time series with an LSTM network.

    The network is long short-term memory (Hochreiter and Schmidhuber, 1997,
    doi:10.1162/neco.1997.9.8.1735).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNForecaster, GRUForecaster, TCNForecaster : Forecasters with other networks.
    SequenceForecaster : Forecaster with any network.
    LSTMRegressor : Predict any target of sequences, with scikit-learn's interface.
    ForecastDisplay : Plot forecasts.

    Examples
    --------
    >>> from skrnn import LSTMForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = LSTMForecaster(random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    network_class = networks.LSTM


class GRUForecaster(BaseSequenceForecaster, networks.RecurrentParameters):
    """Forecast time series with a GRU network.

    The network is a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNForecaster, LSTMForecaster, TCNForecaster : Forecasters with other networks.
    SequenceForecaster : Forecaster with any network.
    GRURegressor : Predict any target of sequences, with scikit-learn's interface.
    ForecastDisplay : Plot forecasts.

    Examples
    --------
    >>> from skrnn import GRUForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = GRUForecaster(random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    network_class = networks.GRU


class TCNForecaster(BaseSequenceForecaster, networks.TCNParameters):
    """Forecast time series with a temporal convolutional network (TCN).

    The network is a temporal convolutional network (Bai, Kolter and Koltun, 2018,
    arXiv:1803.01271).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNForecaster, LSTMForecaster, GRUForecaster : Forecasters with other networks.
    SequenceForecaster : Forecaster with any network.
    TCNRegressor : Predict any target of sequences, with scikit-learn's interface.
    ForecastDisplay : Plot forecasts.

    Examples
    --------
    >>> from skrnn import TCNForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = TCNForecaster(random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    network_class = networks.TCN

    _small: ClassVar[dict[str, Any]] = {"filters": 2}


class SequenceForecaster(NetworkParameterMixin, BaseSequenceForecaster):
    """Forecast time series with any network.

    The network is given by name, as a network object, or as a function that builds it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNForecaster, LSTMForecaster, GRUForecaster, TCNForecaster :
        Forecasters with the parameters of one network.
    SequenceRegressor : Predict any target of sequences, with scikit-learn's interface.
    ForecastDisplay : Plot forecasts.

    Examples
    --------
    >>> from skrnn import SequenceForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = SequenceForecaster(network="dense", random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    _small: ClassVar[dict[str, Any]] = {"network": networks.GRU(units=2)}
