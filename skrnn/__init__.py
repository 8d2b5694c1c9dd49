"""Recurrent and temporal-convolutional networks as scikit-learn estimators.

Names are imported when first used, so that ``import skrnn`` is quick; Keras comes in at
the first fit.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "RNNRegressor": "estimators.regression",
    "LSTMRegressor": "estimators.regression",
    "GRURegressor": "estimators.regression",
    "TCNRegressor": "estimators.regression",
    "SequenceRegressor": "estimators.regression",
    "RNNClassifier": "estimators.classification",
    "LSTMClassifier": "estimators.classification",
    "GRUClassifier": "estimators.classification",
    "TCNClassifier": "estimators.classification",
    "SequenceClassifier": "estimators.classification",
}
_MODULES = ("datasets", "networks")

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"skrnn.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"skrnn.{name}")
    raise AttributeError(f"module 'skrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
