"""Beam search and greedy decoding of tokens, and decoding of values.

The input of each step is the result of the previous one, so that a compiled program would be
no faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from skrnn.numpy_runtime.cells import Chain, Stage
from skrnn.numpy_runtime.weights import Array

#: Start and end token of targets.
BOUNDARY = 0

#: Rows decoded together.
CHUNK = 256

Ints = NDArray[np.intp]

#: Decoded target, and whether it has an end token.
Outcome = tuple[Array, bool]


@dataclass(frozen=True)
class Encoded:
    """Encoder states of sources.

    Attributes
    ----------
    memory : ndarray of shape (n_sources, n_steps, n_features)
        States at each step.
    summary : ndarray of shape (n_sources, n_features)
        Summary of each source.
    lengths : ndarray of shape (n_sources,)
        Steps of each source; the memory is padded.
    """

    memory: Array
    summary: Array
    lengths: Array


class Attention:
    """Attention of targets to the states of their sources, as `skrnn.networks.layers.Attend`.

    Parameters
    ----------
    encoded : Encoded
        States.
    width : int
        Targets per source.
    query, key, joining, bias : ndarray
        The weights of the layer.
    """

    def __init__(
        self, encoded: Encoded, width: int, query: Array, key: Array, joining: Array, bias: Array
    ) -> None:
        self._width, self._query, self._joining, self._bias = width, query, joining, bias
        self._memory = encoded.memory
        self._keys = np.swapaxes(self._memory @ key, 1, 2) / np.sqrt(len(query))
        self._beyond = np.arange(self._memory.shape[1]) >= encoded.lengths[:, None, None]

    def __call__(self, states: Array) -> tuple[Array, Array]:
        """Return new states, and the weights (n_sources, width, n_steps) of the steps in them."""
        units = states.shape[1]
        queries = (states @ self._query).reshape(len(self._keys), self._width, units)
        scores = np.where(self._beyond, -1e30, queries @ self._keys)
        weights = softmax(scores, axis=-1)
        average = (weights @ self._memory).reshape(len(states), -1)
        joined = np.concatenate([average, states], axis=1) @ self._joining + self._bias
        return np.tanh(joined), weights

    def take(self, sources: Ints) -> None:
        """Continue with some sources only."""
        self._memory, self._keys = self._memory[sources], self._keys[sources]
        self._beyond = self._beyond[sources]


class Decoder:
    """Decoder of targets, ``width`` per source.

    Parameters
    ----------
    encoded : Encoded
        The sources.
    width : int
        Beam width.
    embedding : Stage or None
        Embedding of target tokens; None for targets of values.
    stages : list of Stage
        The recurrent layers, for n_sources * width targets.
    attention : Attention or None
        Attention between the layers and the head.
    head : Stage
        Output layer.

    Attributes
    ----------
    n_sources : int
        Number of sources.
    attended : ndarray of shape (n_sources, width, n_steps)
        Attention weights of the latest step.
    summary : ndarray of shape (n_sources * width, n_features)
        The summary of each target's source.
    """

    attended: Array

    def __init__(
        self,
        encoded: Encoded,
        width: int,
        embedding: Stage | None,
        stages: list[Stage],
        attention: Attention | None,
        head: Stage,
    ) -> None:
        self.n_sources = len(encoded.summary)
        self.summary = np.repeat(encoded.summary, width, axis=0)
        self._width = width
        self._embedding, self._chain, self._head = embedding, Chain(stages), head
        self._attention = attention

    def __call__(self, given: Array) -> Array:
        """Advance every target by one step and return the outputs.

        Parameters
        ----------
        given : ndarray of shape (n_sources * width, n_columns)
            Result of the previous step.
        """
        x = given if self._embedding is None else self._embedding(given)
        states = self._chain(np.concatenate([self.summary, x], axis=1))
        if self._attention is not None:
            states, self.attended = self._attention(states)
        return self._head(states)

    def take(self, sources: Ints, targets: Ints) -> None:
        """Continue with some sources only, and with some targets of each, (n_sources, width)."""
        rows = (sources[:, None] * self._width + targets).ravel()
        for stage in self._chain.stages:
            stage.state = [part[rows] for part in stage.state]
        if len(self.summary) == len(rows):
            return
        self.summary = self.summary[rows]
        if self._attention is not None:
            self._attention.take(sources)


class TargetDecoder(Protocol):
    """Decoder of targets, or several as one."""

    n_sources: int

    def __call__(self, given: Array) -> Array:
        """Advance every target by one step and return the outputs."""

    def take(self, sources: Ints, targets: Ints) -> None:
        """Continue with some sources only, and with some targets of each."""


def in_chunks(
    function: Callable[[int, int], list[Outcome]], n_sources: int, width: int = 1
) -> list[Outcome]:
    """Return the results of ``function`` for successive slices of the sources."""
    size = max(1, CHUNK // width)
    firsts = range(0, n_sources, size)
    return [outcome for first in firsts for outcome in function(first, first + size)]


def beam_search(decoder: TargetDecoder, width: int, max_length: int) -> list[Outcome]:
    """Return the most probable target of each source by beam search.

    At each step, the ``width`` most probable partial targets of each source
    are kept; a width of 1 is greedy decoding.

    Parameters
    ----------
    decoder : TargetDecoder
        Decoder before its first step, with this width.
    width : int
        Beam width.
    max_length : int
        Maximum number of tokens.

    Returns
    -------
    list of (ndarray of int of shape (n_tokens_i,), bool)
        Token ids, and whether the target has an end token.
    """
    found: list[Outcome] = [(np.empty(0), False)] * decoder.n_sources
    active = np.arange(len(found))
    scores = np.full((len(found), width), -np.inf, np.float32)
    scores[:, 0] = 0.0  # all targets start equal
    tokens = np.full((len(found), width, 1), BOUNDARY)
    ended = np.zeros((len(found), width), bool)
    for _ in range(max_length + 1):
        logits = decoder(tokens[:, :, -1].reshape(-1, 1))
        gains = log_softmax(logits, axis=1).reshape(len(active), width, -1)
        gains[ended] = -np.inf
        gains[ended, BOUNDARY] = 0.0  # finished targets do not change
        scores, kept, chosen = _best(scores[:, :, None] + gains)
        rows = np.arange(len(active))[:, None]
        tokens = np.concatenate([tokens[rows, kept], chosen[:, :, None]], axis=2)
        ended = chosen == BOUNDARY
        # A finished target that leads stays first, since probabilities only fall.
        done = ended[:, 0]
        for row in np.flatnonzero(done).tolist():
            found[active[row]] = _without_end(tokens[row, 0, 1:]), True
        going = np.flatnonzero(~done)
        decoder.take(going, kept[going])
        active, scores, tokens, ended = active[going], scores[going], tokens[going], ended[going]
        if not len(active):
            return found
    for row in range(len(active)):
        best = int(ended[row].argmax())  # a finished target, if there is any
        target = _without_end(tokens[row, best, 1:])
        found[active[row]] = target[:max_length], bool(ended[row, best])
    return found


def decode_values(
    decoder: TargetDecoder, n_values: int, lengths: NDArray[np.int64] | int
) -> list[Outcome]:
    """Return values decoded step by step; the input marks the first step.

    Parameters
    ----------
    decoder : TargetDecoder
        Decoder before its first step, with one target per source.
    n_values : int
        Values per step; a further output is the logit of the end.
    lengths : int or ndarray of shape (n_sources,)
        Steps of each target, or the maximum for targets that end by themselves.

    Returns
    -------
    list of (ndarray of shape (n_steps_i, n_values), bool)
        Values, and whether the target ended by itself or has the given length.
    """
    n_sources, by_itself = decoder.n_sources, isinstance(lengths, int)
    given = np.ones((n_sources, 1), np.float32)  # the beginning
    ends = np.zeros(n_sources, np.int64) if isinstance(lengths, int) else lengths
    outputs: list[Array] = []
    for step in range(1, int(np.max(lengths)) + 1):
        outputs.append(decoder(given))
        given = np.zeros_like(given)
        if by_itself:
            ends = np.where((ends == 0) & (outputs[-1][:, -1] > 0), step, ends)
            if ends.all():
                break
    values = np.stack(outputs, axis=1)[..., :n_values]
    ended = ends > 0
    ends = np.where(ended, ends, len(outputs))
    return [(v[:end], bool(e)) for v, end, e in zip(values, ends, ended, strict=True)]


def _best(scores: Array) -> tuple[Array, Ints, Ints]:
    """Return the ``width`` best of (n, width, n_codes) scores in order, with row and code."""
    n, width, n_codes = scores.shape
    flat = scores.reshape(n, -1)
    best = np.argpartition(-flat, width - 1, axis=1)[:, :width] if width > 1 else None
    best = flat.argmax(axis=1)[:, None] if best is None else best
    order = np.argsort(-np.take_along_axis(flat, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    return np.take_along_axis(flat, best, axis=1), best // n_codes, best % n_codes


def _without_end(tokens: Ints) -> Ints:
    """Return the tokens before the first end."""
    ends = np.flatnonzero(tokens == BOUNDARY)
    return tokens[: ends[0]] if len(ends) else tokens
