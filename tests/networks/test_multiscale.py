"""Networks with kernels of several lengths equal their convolutions in float64."""

import numpy as np
import pytest

from skrnn import networks
from skrnn.networks import layers
from tests.networks.references import (
    N_FEATURES,
    apply,
    convolve,
    encoder,
    layers_of,
    normalize,
    ragged_batch,
    weights_of,
)


def same(sequence, kernel, dilation=1):
    """Return a convolution without bias at every step, half of the kernel after the step."""
    beside = dilation * (len(kernel) - 1)
    after, none = beside - beside // 2, np.zeros(kernel.shape[2])
    ends = range(after, len(sequence) + after)
    return np.array([convolve(sequence, kernel, none, end=end, dilation=dilation) for end in ends])


def responses(series):
    """Return the responses of rises, falls and peaks in a series, step by step."""
    outputs = []
    for sign in (1, -1):
        for length in (2, 4, 8, 16, 32, 64):
            taps = [sign * (-1) ** (tap + 1) for tap in range(length)]
            outputs.append(same(series[:, None], np.reshape(taps, (-1, 1, 1)).astype(float)))
    for quarter in (1, 2, 4, 8, 16):
        rising = [((tap + 1) / quarter) ** 2 for tap in range(quarter)]
        half = np.array(rising + rising[::-1])
        taps = np.concatenate([-half, 2 * half, -half])
        outputs.append(same(series[:, None], taps[:, None, None]))
    return np.maximum(np.concatenate(outputs, axis=1), 0)


def kernels_by_length(model):
    """Return the kernels of the learned convolutions by their length, in the order of layers."""
    found = {}
    for layer in layers_of(model, layers.Conv1D):
        found.setdefault(layer.kernel_size[0], []).append(weights_of(layer)[0])
    return found


LONG_AND_SHORT = [90, 1, 7, 13]


@pytest.mark.parametrize("kernel_size", [4, 9])
def test_lite_equals_its_convolutions(kernel_size):
    network = networks.LITE(filters=3, kernel_size=kernel_size)
    model, sequences = encoder(network), ragged_batch(lengths=LONG_AND_SHORT)
    sizes = [kernel_size, kernel_size // 2, kernel_size // 4]
    learned = [kernels_by_length(model)[size][0] for size in sizes]
    pairs = [
        (weights_of(depthwise)[0], weights_of(pointwise)[0])
        for depthwise, pointwise in zip(
            layers_of(model, layers.DepthwiseConv1D), layers_of(model, layers.Dense), strict=True
        )
    ]
    expected = []
    for sequence in sequences:
        norms = iter(layers_of(model, layers.LayerNormalization))
        fixed = responses(sequence.sum(axis=1))
        inner = np.concatenate([*(same(sequence, kernel) for kernel in learned), fixed], axis=1)
        inner = np.maximum(normalize(inner, *weights_of(next(norms))), 0)
        for dilation, (depthwise, pointwise) in zip((2, 4), pairs, strict=True):
            by_feature = [
                same(inner[:, [i]], depthwise[:, [i]], dilation) for i in range(inner.shape[1])
            ]
            inner = np.concatenate(by_feature, axis=1) @ pointwise
            inner = np.maximum(normalize(inner, *weights_of(next(norms))), 0)
        expected.append(inner.mean(axis=0))
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(apply(model, sequences), expected, atol=1e-4)


def before(layer):
    """Return the layer that a layer reads."""
    return layer.input._keras_history.operation


def inception_module(sequence, convolutions, projection, norm):
    bottleneck = before(convolutions[0])
    narrow = sequence
    if isinstance(bottleneck, layers.Dense):
        narrow = sequence @ weights_of(bottleneck)[0]
    branches = [same(narrow, weights_of(layer)[0]) for layer in convolutions]
    edges = np.pad(sequence, [(1, 1), (0, 0)], constant_values=-np.inf)
    most = np.max([edges[:-2], edges[1:-1], edges[2:]], axis=0)
    branches.append(most @ weights_of(projection)[0])
    return np.maximum(normalize(np.concatenate(branches, axis=1), *weights_of(norm)), 0)


@pytest.mark.parametrize(("n_features", "n_blocks"), [(N_FEATURES, 2), (1, 1)])
def test_an_inception_network_equals_its_modules(n_features, n_blocks):
    network = networks.Inception(filters=3, kernel_size=9, n_blocks=n_blocks)
    model = encoder(network, n_features)
    sequences = [s[:, :n_features] for s in ragged_batch(lengths=[15, 1, 7, 2])]
    by_length = {size: [] for size in (9, 4, 2)}
    for layer in layers_of(model, layers.Conv1D):
        by_length[layer.kernel_size[0]].append(layer)
    dense, norms = layers_of(model, layers.Dense), layers_of(model, layers.LayerNormalization)
    of_modules = iter([norm for norm in norms if isinstance(before(norm), layers.Concatenate)])
    shortcuts = [norm for norm in norms if isinstance(before(norm), layers.Dense)]
    assert len(shortcuts) == n_blocks
    projections = iter([d for d in dense if isinstance(before(d), layers.MaxOfNeighbors)])
    parts = [*zip(*by_length.values(), projections, of_modules, strict=True)]
    assert len(parts) == 3 * n_blocks
    expected = []
    for sequence in sequences:
        for block, shortcut in enumerate(shortcuts):
            inner = sequence
            for *convolutions, projection, norm in parts[3 * block : 3 * block + 3]:
                inner = inception_module(inner, convolutions, projection, norm)
            beside = sequence @ weights_of(before(shortcut))[0]
            beside = normalize(beside, *weights_of(shortcut))
            sequence = np.maximum(beside + inner, 0)
        expected.append(sequence.mean(axis=0))
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(apply(model, sequences), expected, atol=1e-4)
