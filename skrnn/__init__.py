"""Recurrent and temporal-convolutional networks as scikit-learn estimators.

Names are imported at their first use, so that ``import skrnn`` is quick; Keras is imported at
the first fit. The layers of our networks are imported with Keras, so that
``keras.saving.load_model`` can load them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skrnn._backend import choose_backend_for_keras, when_keras_is_imported
from skrnn._version import __version__ as __version__

if TYPE_CHECKING:  # for type checkers and editors, which do not call __getattr__
    from skrnn import datasets as datasets
    from skrnn import distributed as distributed
    from skrnn import inspection as inspection
    from skrnn import networks as networks
    from skrnn import parameters as parameters
    from skrnn.estimators.anomaly.detector import SequenceAnomalyDetector
    from skrnn.estimators.classification import (
        GRUClassifier,
        LSTMClassifier,
        RNNClassifier,
        SequenceClassifier,
        TCNClassifier,
    )
    from skrnn.estimators.generation.generator import SequenceGenerator
    from skrnn.estimators.labeling.labeler import SequenceLabeler
    from skrnn.estimators.regression import (
        GRURegressor,
        LSTMRegressor,
        RNNRegressor,
        SequenceRegressor,
        TCNRegressor,
    )
    from skrnn.estimators.seq2seq.translator import SequenceTranslator
    from skrnn.forecasting.detector import SequenceDetector
    from skrnn.forecasting.forecasters import (
        GRUForecaster,
        LSTMForecaster,
        RNNForecaster,
        SequenceForecaster,
        TCNForecaster,
    )
    from skrnn.plotting.attention import AttentionDisplay
    from skrnn.plotting.forecast import ForecastDisplay
    from skrnn.plotting.loss_curve import LossCurveDisplay
    from skrnn.plotting.prediction import PredictionDisplay
    from skrnn.plotting.steps import AnomalyDisplay, EventDisplay
    from skrnn.preprocessing.sequence_scaler import SequenceScaler
    from skrnn.preprocessing.sliding_window import SlidingWindow
    from skrnn.preprocessing.token_sequences import TokenSequences
    from skrnn.saving import trusted_types
    from skrnn.sequences.windowing import make_windows
    from skrnn.sequences.windows import Windows
    from skrnn.settings import config_context, get_config, set_config
    from skrnn.streaming import Stream

choose_backend_for_keras()
when_keras_is_imported(lambda: import_module("skrnn.networks.layers"))

_MODULES = ("datasets", "distributed", "inspection", "networks", "parameters")

__all__ = [
    "AnomalyDisplay",
    "AttentionDisplay",
    "EventDisplay",
    "ForecastDisplay",
    "GRUClassifier",
    "GRUForecaster",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMRegressor",
    "LossCurveDisplay",
    "PredictionDisplay",
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "SequenceAnomalyDetector",
    "SequenceClassifier",
    "SequenceDetector",
    "SequenceForecaster",
    "SequenceGenerator",
    "SequenceLabeler",
    "SequenceRegressor",
    "SequenceScaler",
    "SequenceTranslator",
    "SlidingWindow",
    "Stream",
    "TCNClassifier",
    "TCNForecaster",
    "TCNRegressor",
    "TokenSequences",
    "Windows",
    "config_context",
    "get_config",
    "make_windows",
    "set_config",
    "trusted_types",
]

#: Module of a public name, by the name or its ending.
_HOMES = {
    "SequenceScaler": "preprocessing.sequence_scaler",
    "Stream": "streaming",
    "SlidingWindow": "preprocessing.sliding_window",
    "TokenSequences": "preprocessing.token_sequences",
    "Windows": "sequences.windows",
    "make_windows": "sequences.windowing",
    "trusted_types": "saving",
    "config": "settings",
    "config_context": "settings",
    "Generator": "estimators.generation.generator",
    "AnomalyDetector": "estimators.anomaly.detector",
    "SequenceDetector": "forecasting.detector",
    "Labeler": "estimators.labeling.labeler",
    "Translator": "estimators.seq2seq.translator",
    "Regressor": "estimators.regression",
    "Classifier": "estimators.classification",
    "Forecaster": "forecasting.forecasters",
    "ForecastDisplay": "plotting.forecast",
    "LossCurveDisplay": "plotting.loss_curve",
    "PredictionDisplay": "plotting.prediction",
    "AnomalyDisplay": "plotting.steps",
    "EventDisplay": "plotting.steps",
    "AttentionDisplay": "plotting.attention",
}


if not TYPE_CHECKING:  # which would take any name for one that there is

    def __getattr__(name: str) -> Any:
        if name in __all__:
            home = next(module for end, module in _HOMES.items() if name.endswith(end))
            return getattr(import_module(f"skrnn.{home}"), name)
        if name in _MODULES:
            return import_module(f"skrnn.{name}")
        raise AttributeError(f"module 'skrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
