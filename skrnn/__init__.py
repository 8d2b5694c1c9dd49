"""Recurrent and temporal-convolutional networks as scikit-learn estimators.

Names are imported when first used, so that ``import skrnn`` is quick; Keras comes in at
the first fit.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors, which do not call __getattr__
    from skrnn.estimators.classification import (
        GRUClassifier,
        LSTMClassifier,
        RNNClassifier,
        SequenceClassifier,
        TCNClassifier,
    )
    from skrnn.estimators.regression import (
        GRURegressor,
        LSTMRegressor,
        RNNRegressor,
        SequenceRegressor,
        TCNRegressor,
    )

__version__ = "0.1.0"

_MODULES = ("datasets", "networks")

__all__ = [
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "SequenceClassifier",
    "SequenceRegressor",
    "TCNClassifier",
    "TCNRegressor",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        task = "regression" if name.endswith("Regressor") else "classification"
        return getattr(import_module(f"skrnn.estimators.{task}"), name)
    if name in _MODULES:
        return import_module(f"skrnn.{name}")
    raise AttributeError(f"module 'skrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
