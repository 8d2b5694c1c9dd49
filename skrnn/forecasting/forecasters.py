"""The forecasters, one for each network."""

from __future__ import annotations

from typing import Any

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


def _tried(**small: Any) -> list[dict[str, Any]]:
    """Return settings of a small network for sktime's suite."""
    return [{**_QUICK, **small, **settings} for settings in _TRIED]


class RNNForecaster(BaseSequenceForecaster, networks.RNN):
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

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
        del parameter_set
        return _tried(units=2)


class LSTMForecaster(BaseSequenceForecaster, networks.LSTM):
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

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
        del parameter_set
        return _tried(units=2)


class GRUForecaster(BaseSequenceForecaster, networks.GRU):
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

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
        del parameter_set
        return _tried(units=2)


class TCNForecaster(BaseSequenceForecaster, networks.TCN):
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

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
        del parameter_set
        return _tried(filters=2)


class SequenceForecaster(NetworkChoice, BaseSequenceForecaster):
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

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's tests; the sets do not differ."""
        del parameter_set
        return _tried(network=networks.GRU(units=2))
