"""Network architectures: objects with parameters that build Keras graphs, one file each."""

from skrnn.networks.base import Network
from skrnn.networks.conv import Conv
from skrnn.networks.dense import Dense
from skrnn.networks.gru import GRU
from skrnn.networks.lstm import LSTM
from skrnn.networks.rnn import RNN
from skrnn.networks.tcn import TCN
from skrnn.networks.transformer import Transformer

BY_NAME: dict[str, type[Network]] = {
    "rnn": RNN,
    "lstm": LSTM,
    "gru": GRU,
    "tcn": TCN,
    "conv": Conv,
    "dense": Dense,
    "transformer": Transformer,
}

__all__ = ["BY_NAME", "GRU", "LSTM", "RNN", "TCN", "Conv", "Dense", "Network", "Transformer"]
