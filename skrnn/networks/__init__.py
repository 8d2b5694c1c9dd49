"""Network architectures: objects with parameters that build Keras graphs, one file each.

To write a network, use the base classes, the shared parameters,
the Keras `layers` and the numpy `cells`, which run one step at a time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skrnn.networks.base import (
    DROPOUT,
    POOLING,
    LengthDependent,
    Network,
    StepNetwork,
    StreamingNetwork,
)
from skrnn.networks.conv import Conv
from skrnn.networks.dense import Dense
from skrnn.networks.gru import GRU
from skrnn.networks.inception import Inception
from skrnn.networks.lite import LITE
from skrnn.networks.lstm import LSTM
from skrnn.networks.mingru import MinGRU
from skrnn.networks.recurrent import Recurrent, RecurrentParameters
from skrnn.networks.rnn import RNN
from skrnn.networks.slstm import SLSTM
from skrnn.networks.tcn import TCN, TCNParameters
from skrnn.networks.transformer import Transformer
from skrnn.numpy_runtime import cells

BY_NAME: dict[str, type[Network]] = {
    "rnn": RNN,
    "lstm": LSTM,
    "gru": GRU,
    "mingru": MinGRU,
    "slstm": SLSTM,
    "tcn": TCN,
    "conv": Conv,
    "lite": LITE,
    "inception": Inception,
    "dense": Dense,
    "transformer": Transformer,
}

__all__ = [
    "BY_NAME",
    "DROPOUT",
    "GRU",
    "LITE",
    "LSTM",
    "POOLING",
    "RNN",
    "SLSTM",
    "TCN",
    "Conv",
    "Dense",
    "Inception",
    "LengthDependent",
    "MinGRU",
    "Network",
    "Recurrent",
    "RecurrentParameters",
    "StepNetwork",
    "StreamingNetwork",
    "TCNParameters",
    "Transformer",
    "cells",
]


if TYPE_CHECKING:
    from skrnn.networks import layers as layers
else:

    def __getattr__(name: str) -> Any:
        if name == "layers":  # loads Keras
            return import_module("skrnn.networks.layers")
        raise AttributeError(f"module 'skrnn.networks' has no attribute {name!r}")
