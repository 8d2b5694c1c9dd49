"""The Keras layers that networks are built from, and the few that Keras lacks."""

from skrnn._backend import choose_backend

choose_backend()

from keras.layers import (  # noqa: E402  (the backend is chosen first)
    Activation,
    Add,
    Concatenate,
    Dense,
    Embedding,
    Flatten,
    LayerNormalization,
    MultiHeadAttention,
    Reshape,
)

from skrnn.networks.layers.attention import Attend, BesideEachStep, StepsAfter  # noqa: E402
from skrnn.networks.layers.convolution import Conv1D, convolution_front  # noqa: E402
from skrnn.networks.layers.decoding import ParallelDecoder, RecurrentDecoder  # noqa: E402
from skrnn.networks.layers.dropout import Dropout  # noqa: E402
from skrnn.networks.layers.horizons import (  # noqa: E402
    DistributionParameters,
    Extrapolate,
    FixedLengths,
    NormalizeWindow,
    OneHot,
    Segments,
)
from skrnn.networks.layers.lattice import (  # noqa: E402
    AlignEnds,
    LatticeConv1D,
    Thin,
    lattice_blocks,
)
from skrnn.networks.layers.lengths import RealSteps, RepeatAlong, Reverse, ZeroPadding  # noqa: E402
from skrnn.networks.layers.pooling import pool  # noqa: E402
from skrnn.networks.layers.positions import Positions  # noqa: E402
from skrnn.networks.layers.recurrent import GRU, LSTM, SimpleRNN  # noqa: E402
from skrnn.networks.layers.states import Carried, InitialState  # noqa: E402

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Add",
    "AlignEnds",
    "Attend",
    "BesideEachStep",
    "Carried",
    "Concatenate",
    "Conv1D",
    "Dense",
    "DistributionParameters",
    "Dropout",
    "Embedding",
    "Extrapolate",
    "FixedLengths",
    "Flatten",
    "InitialState",
    "LatticeConv1D",
    "LayerNormalization",
    "MultiHeadAttention",
    "NormalizeWindow",
    "OneHot",
    "ParallelDecoder",
    "Positions",
    "RealSteps",
    "RecurrentDecoder",
    "RepeatAlong",
    "Reshape",
    "Reverse",
    "Segments",
    "SimpleRNN",
    "StepsAfter",
    "Thin",
    "ZeroPadding",
    "convolution_front",
    "lattice_blocks",
    "pool",
]
