"""Keras layers that networks are built from, and those that Keras lacks."""

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
    Multiply,
    Permute,
    Reshape,
)

from skrnn.networks.layers.attention import Attend, ConcatenateToSteps, StepsAfter  # noqa: E402
from skrnn.networks.layers.categories import EmbedCategories, OneHotCategories  # noqa: E402
from skrnn.networks.layers.centering import CenterSteps  # noqa: E402
from skrnn.networks.layers.convolution import Conv1D, convolution_front  # noqa: E402
from skrnn.networks.layers.decoding import ParallelDecoder, RecurrentDecoder  # noqa: E402
from skrnn.networks.layers.depthwise import DepthwiseConv1D  # noqa: E402
from skrnn.networks.layers.differences import AppendDifferences  # noqa: E402
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
    AlignRight,
    LatticeConv1D,
    Subsample,
    lattice_blocks,
)
from skrnn.networks.layers.lengths import MaskPadding, PaddingMask, RepeatVector, ReverseSequence  # noqa: E402
from skrnn.networks.layers.linear import LinearOfSteps  # noqa: E402
from skrnn.networks.layers.max_pooling import MaxOfNeighbors  # noqa: E402
from skrnn.networks.layers.mingru import MinGRU  # noqa: E402
from skrnn.networks.layers.pooling import pool  # noqa: E402
from skrnn.networks.layers.positions import Positions  # noqa: E402
from skrnn.networks.layers.recurrent import GRU, LSTM, SimpleRNN  # noqa: E402
from skrnn.networks.layers.shapes import ShapeFilters  # noqa: E402
from skrnn.networks.layers.slstm import SLSTM  # noqa: E402
from skrnn.networks.layers.smoothing import Smoothing, ValidSteps  # noqa: E402
from skrnn.networks.layers.states import InitialState, StatefulRNN  # noqa: E402

__all__ = [
    "GRU",
    "LSTM",
    "SLSTM",
    "Activation",
    "Add",
    "AlignRight",
    "AppendDifferences",
    "Attend",
    "CenterSteps",
    "Concatenate",
    "ConcatenateToSteps",
    "Conv1D",
    "Dense",
    "DepthwiseConv1D",
    "DistributionParameters",
    "Dropout",
    "EmbedCategories",
    "Embedding",
    "Extrapolate",
    "FixedLengths",
    "Flatten",
    "InitialState",
    "LatticeConv1D",
    "LayerNormalization",
    "LinearOfSteps",
    "MaskPadding",
    "MaxOfNeighbors",
    "MinGRU",
    "MultiHeadAttention",
    "Multiply",
    "NormalizeWindow",
    "OneHot",
    "OneHotCategories",
    "PaddingMask",
    "ParallelDecoder",
    "Permute",
    "Positions",
    "RecurrentDecoder",
    "RepeatVector",
    "Reshape",
    "ReverseSequence",
    "Segments",
    "ShapeFilters",
    "SimpleRNN",
    "Smoothing",
    "StatefulRNN",
    "StepsAfter",
    "Subsample",
    "ValidSteps",
    "convolution_front",
    "lattice_blocks",
    "pool",
]
