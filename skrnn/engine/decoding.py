"""What a trained translator says: its decoder one step at a time, in numpy.

Each step is fed the outcome of the one before it, so there is nothing to be gained from a
compiled program, and this is the same on every backend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from skrnn.engine.stages import Array, Chain, Dense, Embedding, Rectifier
from skrnn.engine.stepping import recurrent_cell, recurrent_stages
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.translator import Translator

#: Token 0 stands before every target, and after it.
BOUNDARY = 0

#: Rows that are decoded together.
CHUNK = 256

Ints = NDArray[np.intp]

#: What was decoded, and whether it ended by itself.
Outcome = tuple[Array, bool]


class Decoder:
    """The decoder of a translator at the beginning of its targets, ``width`` of each source.

    Parameters
    ----------
    network : Translator
        The network.
    weights : tuple of ndarray
        Its weights.
    sources : sequence of ndarray of shape (n_steps_i, n_columns)
        Steps as the network sees them.
    width : int
        Targets that are tried for each source.

    Attributes
    ----------
    attended : ndarray of shape (n_sources, width, n_steps)
        How the latest step attended to the source.
    summary : ndarray of shape (n_sources * width, n)
        What the encoder says of the source of each target.
    """

    attended: Array

    def __init__(
        self, network: Translator, weights: tuple[Array, ...], sources: Sequence[Array], width: int
    ) -> None:
        self.n_sources = len(sources)
        left = iter(weights)
        self._memory, summary, lengths = _encoded(network, left, sources)
        self._width = width
        self.summary = np.repeat(summary, width, axis=0)
        self._embedding = Embedding(next(left)) if network.target.n_codes else None
        self._chain = Chain(recurrent_stages(network.decoder, left, len(self.summary)))
        self._attends = network.attention
        if self._attends:
            self._query, key, self._joining, self._bias = (next(left) for _ in range(4))
            self._keys = np.swapaxes(self._memory @ key, 1, 2) / np.sqrt(len(self._query))
            self._beyond = np.arange(self._memory.shape[1]) >= lengths[:, None, None]
        self._head = Dense(next(left), next(left))

    def __call__(self, given: Array) -> Array:
        """Take a step of every target and return the outputs.

        Parameters
        ----------
        given : ndarray of shape (n_sources * width, n_columns)
            The outcome of the step before.
        """
        x = given if self._embedding is None else self._embedding(given)
        states = self._chain(np.concatenate([self.summary, x], axis=1))
        return self._head(self._attend(states) if self._attends else states)

    def take(self, sources: Ints, targets: Ints) -> None:
        """Go on with some sources only, and with some targets of each, (n_sources, width)."""
        rows = (sources[:, None] * self._width + targets).ravel()
        for stage in self._chain.stages:
            stage.state = [part[rows] for part in stage.state]
        if len(self.summary) == len(rows):
            return
        self.summary = self.summary[rows]
        if self._attends:
            self._memory, self._keys = self._memory[sources], self._keys[sources]
            self._beyond = self._beyond[sources]

    def _attend(self, states: Array) -> Array:
        units = states.shape[1]
        queries = (states @ self._query).reshape(len(self._keys), self._width, units)
        scores = np.where(self._beyond, -1e30, queries @ self._keys)
        self.attended = softmax(scores, axis=-1)
        average = (self.attended @ self._memory).reshape(len(states), -1)
        return np.tanh(np.concatenate([average, states], axis=1) @ self._joining + self._bias)


def _encoded(
    network: Translator, left: Iterator[Array], sources: Sequence[Array]
) -> tuple[Array, Array, Array]:
    """Return the encoder's states at each step, its last ones, and the lengths of the sources."""
    lengths = np.array([len(source) for source in sources])
    if n_values := network.source.n_values:
        flat = np.stack([source.ravel()[:n_values] for source in sources])
        return flat, Rectifier()(Dense(next(left), next(left))(flat)), lengths
    x = np.zeros((len(sources), lengths.max(), sources[0].shape[1]), np.float32)
    for row, source in zip(x, sources, strict=True):
        row[: len(source)] = source
    if network.source.n_codes:
        x = next(left)[x[..., 0].astype(np.intp)]
    return _read(network.encoder, left, x, lengths)


def _read(
    encoder: Recurrent, left: Iterator[Array], x: Array, lengths: Array
) -> tuple[Array, Array, Array]:
    """Run recurrent layers over padded sequences; the twin that reads backwards comes first."""
    rows, steps = np.arange(len(x))[:, None], np.arange(x.shape[1])
    turned = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)

    def layer(x: Array, units: int) -> Array:
        cell = recurrent_cell(encoder, units, left, len(x))
        return np.stack([cell(x[:, step]).copy() for step in steps], axis=1)

    for units in encoder.layer_units():
        backward = layer(x[rows, turned], units)[rows, turned] if encoder.bidirectional else None
        forward = layer(x, units)
        x = forward if backward is None else np.concatenate([forward, backward], axis=-1)
    last = x[np.arange(len(x)), lengths - 1]
    if encoder.bidirectional:
        half = x.shape[2] // 2
        last = np.concatenate([last[:, :half], x[:, 0, half:]], axis=1)
    return x, last, lengths


def in_chunks(
    function: Callable[[int, int], list[Outcome]], n_sources: int, width: int = 1
) -> list[Outcome]:
    """Return what ``function`` gives for the sources from a first to before a last, all in turn."""
    size = max(1, CHUNK // width)
    firsts = range(0, n_sources, size)
    return [outcome for first in firsts for outcome in function(first, first + size)]


def search(decoder: Decoder, width: int, max_length: int) -> list[Outcome]:
    """Return the tokens of the most probable target of each source that a beam search finds.

    Targets grow by a token at a time, and of each source the ``width`` most probable ones so far
    are kept; one is the greedy choice.

    Parameters
    ----------
    decoder : Decoder
        At the beginning, with this width.
    width : int
        Targets that are tried for each source.
    max_length : int
        Tokens at most.

    Returns
    -------
    list of (ndarray of int of shape (n_tokens_i,), bool)
        Numbers of tokens, and whether the target ended by itself.
    """
    found: list[Outcome] = [(np.empty(0), False)] * decoder.n_sources
    active = np.arange(len(found))
    scores = np.full((len(found), width), -np.inf, np.float32)
    scores[:, 0] = 0.0  # all begin alike
    tokens = np.full((len(found), width, 1), BOUNDARY)
    ended = np.zeros((len(found), width), bool)
    for _ in range(max_length + 1):
        logits = decoder(tokens[:, :, -1].reshape(-1, 1))
        gains = log_softmax(logits, axis=1).reshape(len(active), width, -1)
        gains[ended] = -np.inf
        gains[ended, BOUNDARY] = 0.0  # what has ended stays as it is
        scores, kept, chosen = _best(scores[:, :, None] + gains)
        rows = np.arange(len(active))[:, None]
        tokens = np.concatenate([tokens[rows, kept], chosen[:, :, None]], axis=2)
        ended = chosen == BOUNDARY
        # What is ahead of all others stays there: they can only become less probable.
        done = ended[:, 0]
        for row in np.flatnonzero(done).tolist():
            found[active[row]] = _without_end(tokens[row, 0, 1:]), True
        going = np.flatnonzero(~done)
        decoder.take(going, kept[going])
        active, scores, tokens, ended = active[going], scores[going], tokens[going], ended[going]
        if not len(active):
            return found
    for row in range(len(active)):
        best = int(ended[row].argmax())  # one that has ended, if any has
        target = _without_end(tokens[row, best, 1:])
        found[active[row]] = target[:max_length], bool(ended[row, best])
    return found


def roll_out(decoder: Decoder, n_values: int, lengths: NDArray[np.int64] | int) -> list[Outcome]:
    """Return the values that the decoder gives, step by step; it is told which one is the first.

    Parameters
    ----------
    decoder : Decoder
        At the beginning, with one target of each source.
    n_values : int
        Values at a step; an output after them says whether the target ends there.
    lengths : int or ndarray of shape (n_sources,)
        Steps of each target; or at most, for targets that end by themselves.

    Returns
    -------
    list of (ndarray of shape (n_steps_i, n_values), bool)
        Values, and whether the target ended by itself or has the length asked for.
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
    """Return the best of (n, width, n_codes) scores in order: as many, their row, their code."""
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
