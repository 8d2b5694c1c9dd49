"""Recurrent and temporal-convolutional networks as scikit-learn estimators.

Names are imported when first used, so that ``import skrnn`` is quick; Keras comes in at
the first fit. With it come the layers of our networks, so that ``keras.saving.load_model`` knows
them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skrnn._backend import choose_backend_for_keras, when_keras_is_imported
from skrnn._version import __version__ as __version__

if TYPE_CHECKING:  # for type checkers and editors, which do not call __getattr__
    from skrnn.estimators.anomaly import SequenceAnomalyDetector
    from skrnn.estimators.classification import (
        GRUClassifier,
        LSTMClassifier,
        RNNClassifier,
        SequenceClassifier,
        TCNClassifier,
    )
    from skrnn.estimators.generation import SequenceGenerator
    from skrnn.estimators.labelling import SequenceLabeller
    from skrnn.estimators.regression import (
        GRURegressor,
        LSTMRegressor,
        RNNRegressor,
        SequenceRegressor,
        TCNRegressor,
    )
    from skrnn.forecasting.detector import SequenceDetector
    from skrnn.forecasting.forecasters import (
        GRUForecaster,
        LSTMForecaster,
        RNNForecaster,
        SequenceForecaster,
        TCNForecaster,
    )
    from skrnn.plotting import ForecastDisplay
    from skrnn.preprocessing.sequence_scaler import SequenceScaler
    from skrnn.preprocessing.sliding_window import SlidingWindow
    from skrnn.preprocessing.tokens import TokenSequences
    from skrnn.sequences.windowing import make_windows
    from skrnn.sequences.windows import Windows
    from skrnn.settings import set_compilation_cache, set_cpu_devices
    from skrnn.streaming import Stream

choose_backend_for_keras()
when_keras_is_imported(lambda: import_module("skrnn.networks.layers"))

_MODULES = ("datasets", "networks")

__all__ = [
    "ForecastDisplay",
    "GRUClassifier",
    "GRUForecaster",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "SequenceAnomalyDetector",
    "SequenceClassifier",
    "SequenceDetector",
    "SequenceForecaster",
    "SequenceGenerator",
    "SequenceLabeller",
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
    "make_windows",
    "set_compilation_cache",
    "set_cpu_devices",
]

#: Where a public name stands: by itself, or by the way it ends.
_HOMES = {
    "SequenceScaler": "preprocessing.sequence_scaler",
    "Stream": "streaming",
    "SlidingWindow": "preprocessing.sliding_window",
    "TokenSequences": "preprocessing.tokens",
    "Windows": "sequences.windows",
    "make_windows": "sequences.windowing",
    "set_compilation_cache": "settings",
    "set_cpu_devices": "settings",
    "Generator": "estimators.generation",
    "AnomalyDetector": "estimators.anomaly",
    "SequenceDetector": "forecasting.detector",
    "Labeller": "estimators.labelling",
    "Translator": "estimators.translation",
    "Regressor": "estimators.regression",
    "Classifier": "estimators.classification",
    "Forecaster": "forecasting.forecasters",
    "Display": "plotting",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        home = next(module for end, module in _HOMES.items() if name.endswith(end))
        return getattr(import_module(f"skrnn.{home}"), name)
    if name in _MODULES:
        return import_module(f"skrnn.{name}")
    raise AttributeError(f"module 'skrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
