"""Decoding of a translator's targets: tokens by beam search, values, attention weights."""

from __future__ import annotations

from functools import partial
from operator import add

import numpy as np
from numpy.typing import NDArray

from skrnn._validation import check_outputs
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.estimators.seq2seq.codecs import Rows, SequenceCodec, TargetCodec
from skrnn.estimators.seq2seq.number_codecs import NumberCodec
from skrnn.networks.wrappers.seq2seq import EncoderDecoder
from skrnn.numpy_runtime.beam_search import Outcome, beam_search, decode_values, in_chunks
from skrnn.numpy_runtime.ensemble import DecoderEnsemble

FittedTranslator = FittedNetwork[SequenceCodec, TargetCodec]


def encoder_decoder(fitted: FittedTranslator) -> EncoderDecoder:
    """Return the architecture of a fitted translator."""
    network = fitted.spec.network
    assert isinstance(network, EncoderDecoder)
    return network


def start_decoding(fitted: FittedTranslator, sources: list[Rows], width: int) -> DecoderEnsemble:
    """Return the decoders of the networks in NumPy, at the beginning of their targets."""
    network = encoder_decoder(fitted)
    decoders = [network.start_decoding(one.weights, sources, width) for one in fitted.networks]
    return DecoderEnsemble(decoders, fitted.combined)


def decode_targets(
    fitted: FittedTranslator,
    sources: list[Rows],
    width: int,
    max_length: int,
    lengths: NDArray[np.int64] | None = None,
) -> list[Outcome]:
    """Return the token ids, or the values, for each source, and whether they ended.

    Parameters
    ----------
    fitted : FittedNetwork
        The translator.
    sources : list of ndarray of shape (n_steps_i, n_columns)
        Steps as the network sees them.
    width : int
        Targets of tokens that are tried for each source.
    max_length : int
        Length at which a target that does not end is cut off.
    lengths : ndarray of shape (n_sources,) or None
        How many steps of values to give; None gives as many as the target has.

    Raises
    ------
    ValueError
        If an output is not finite.
    """
    target = fitted.target

    def decode(first: int, last: int) -> list[Outcome]:
        decoder = start_decoding(fitted, sources[first:last], width)
        check_outputs(decoder.summary, lambda row: first + row // width)
        if not isinstance(target, NumberCodec):
            return beam_search(decoder, width, max_length)
        wanted: int | NDArray[np.int64] = max_length
        if lengths is not None:
            wanted = lengths[first:last]
        elif target.n_steps is not None:
            wanted = np.full(decoder.n_sources, target.n_steps)
        return decode_values(decoder, target.n_values, wanted)

    outcomes = in_chunks(decode, len(sources), width)
    for row, (outcome, _) in enumerate(outcomes):
        check_outputs(outcome[None], partial(add, row))
    return outcomes


def attention_to(fitted: FittedTranslator, source: Rows, given: Rows) -> NDArray[np.float64]:
    """Return how much each step of a target attends to each step of its source.

    Parameters
    ----------
    fitted : FittedNetwork
        The translator.
    source : ndarray of shape (n_source_steps, n_columns)
        Steps as the network sees them.
    given : ndarray of shape (n_target_steps, n_columns)
        What the decoder sees at each step.
    """
    decoder = start_decoding(fitted, [source], 1)
    weights = []
    for row in given:
        decoder(row[None])
        weights.append(decoder.attended[0, 0])
    return np.stack(weights).astype(np.float64)
