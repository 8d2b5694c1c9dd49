"""Several networks as one: averages of their outputs, streams and decoders side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import log_expit, log_softmax, logsumexp

from skrnn.numpy_runtime.beam_search import Decoder, Ints
from skrnn.numpy_runtime.cells import Composite, Stage
from skrnn.numpy_runtime.weights import Array

#: Function from the outputs of several networks to outputs that stand for all of them.
Combine = Callable[[Sequence[Array]], Array]


def average_numbers(outputs: Sequence[Array]) -> Array:
    """Return the mean of the outputs of several networks."""
    average: Array = np.mean(outputs, axis=0)
    return average


def average_classes(outputs: Sequence[Array]) -> Array:
    """Return logits (..., n_classes) whose softmax is the mean of those of several networks."""
    with np.errstate(over="ignore", invalid="ignore"):  # callers refuse infinite outputs
        logs = log_softmax(np.stack(outputs), axis=-1)
        average: Array = logsumexp(logs, axis=0) - math.log(len(outputs))
    return average


def average_labels(outputs: Sequence[Array]) -> Array:
    """Return logits whose sigmoid is the mean of those of several networks."""
    logits = np.stack(outputs)
    with np.errstate(over="ignore", invalid="ignore"):  # callers refuse infinite outputs
        average: Array = logsumexp(log_expit(logits), axis=0) - logsumexp(
            log_expit(-logits), axis=0
        )
    return average


class Ensemble(Composite):
    """Several networks for the same streams.

    Parameters
    ----------
    networks : sequence of Stage
        The networks, each with a state of its own.
    combine : callable
        Combines their outputs.
    """

    def __init__(self, networks: Sequence[Stage], combine: Combine) -> None:
        super().__init__(networks)
        self._combine = combine

    def __call__(self, x: Array) -> Array:
        """Process a step."""
        return self._combine([network(x) for network in self.stages])


class DecoderEnsemble:
    """Several decoders of the same targets, which all continue from the combined outputs.

    Parameters
    ----------
    decoders : sequence of Decoder
        The decoders, before their first step.
    combine : callable
        Combines their outputs.

    Attributes
    ----------
    n_sources : int
        Number of sources.
    summary : ndarray of shape (n_sources * width, n_features)
        The summaries of each target's source, side by side.
    """

    def __init__(self, decoders: Sequence[Decoder], combine: Combine) -> None:
        self._decoders, self._combine = decoders, combine
        self.n_sources = decoders[0].n_sources
        self.summary = np.concatenate([decoder.summary for decoder in decoders], axis=1)

    def __call__(self, given: Array) -> Array:
        """Advance every target by one step and return the outputs."""
        return self._combine([decoder(given) for decoder in self._decoders])

    @property
    def attended(self) -> Array:
        """Return the mean attention weights of the latest step (n_sources, width, n_steps)."""
        return average_numbers([decoder.attended for decoder in self._decoders])

    def take(self, sources: Ints, targets: Ints) -> None:
        """Continue with some sources only, and with some targets of each, (n_sources, width)."""
        for decoder in self._decoders:
            decoder.take(sources, targets)
