"""The forecasters, one for each network."""

from __future__ import annotations

from typing import Any, ClassVar

from skrnn import networks
from skrnn.estimators.choice import NetworkChoice
from skrnn.forecasting.base import BaseSequenceForecaster

_QUICK = {"epochs": 1, "window_length": 4, "random_state": 0}

#: Settings for sktime's suite, which cover what makes code paths differ.
_TRIED: tuple[dict[str, Any], ...] = (
    {},
    {
        "strategy": "recursive",
        "loss": "quantile",
        "time_features": (7,),
        "channel_independent": True,
    },
    {
        "strategy": "seq2seq",
        "loss": "gaussian",
        "scale": "series",
        "differences": 1,
        "calibration": 0.3,
    },
)


class TriedForecaster(BaseSequenceForecaster):
    """Give sktime's suite settings to try, of a small network."""

    _small: ClassVar[dict[str, Any]] = {"units": 2}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
        del parameter_set
        return [{**_QUICK, **cls._small, **settings} for settings in _TRIED]


class RNNForecaster(TriedForecaster, networks.RNN):
    """Forecast series with a simple recurrent network.

    The network is a simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import RNNForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = RNNForecaster(differences=12, epochs=5, random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """


class LSTMForecaster(TriedForecaster, networks.LSTM):
    """Forecast series with an LSTM network.

    The network is long short-term memory (Hochreiter and Schmidhuber, 1997,
    doi:10.1162/neco.1997.9.8.1735).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import LSTMForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = LSTMForecaster(differences=12, epochs=5, random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """


class GRUForecaster(TriedForecaster, networks.GRU):
    """Forecast series with a GRU network.

    The network is a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import GRUForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = GRUForecaster(differences=12, epochs=5, random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """


class TCNForecaster(TriedForecaster, networks.TCN):
    """Forecast series with a temporal convolutional network.

    The network is a temporal convolutional network (Bai, Kolter and Koltun, 2018,
    arXiv:1803.01271).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import TCNForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = TCNForecaster(differences=12, epochs=5, random_state=0).fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    _small: ClassVar[dict[str, Any]] = {"filters": 2}


class SequenceForecaster(NetworkChoice, TriedForecaster):
    """Forecast series with a network of your choice.

    The network is one of the package by name, a network object with its own parameters, or a
    function of your own.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import SequenceForecaster
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()  # 144 months
    >>> model = SequenceForecaster(network="dense", differences=12, epochs=5, random_state=0)
    >>> model = model.fit(y, fh=[1, 2, 3])
    >>> model.predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    _small: ClassVar[dict[str, Any]] = {"network": networks.GRU(units=2)}
