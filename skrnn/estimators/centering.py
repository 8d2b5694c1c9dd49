"""Centering of the steps of sequences that look alike, as spectra do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.categorical import categorical_sizes
from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.centering import CenteredSteps
from skrnn.networks.wrappers.linear_skip import LinearSkip
from skrnn.parameters import BOOLEAN, one_of, parameter
from skrnn.preprocessing.deviations import Deviations
from skrnn.preprocessing.subsets import stratified_sample
from skrnn.sequences import Sequences

#: Maximum share of deviations in the standard deviation of a feature with ``center_steps="auto"``.
#: Of 34 data sets of one length of the UCR archive, three of spectra have less than .03, and the
#: others at least .13.
SMALL = 0.1

CENTER_STEPS: Any = parameter(
    default="auto",
    domain=BOOLEAN | one_of("auto"),
    doc="""Let the network read the deviation of each step from the mean of the training
    sequences at that step, divided by the root mean square of the deviations of the feature. For
    measurements in sequences of one length, without missing values in the fit. "auto" does so
    for features whose deviations are less than a tenth of their standard deviation over all
    steps: such sequences, for example spectra, all look alike, and differ in details.""",
)


def with_centered_steps(
    network: ModelBuilder,
    wanted: bool | str,
    sequences: Sequences,
    counted: NDArray[np.float64],
) -> ModelBuilder:
    """Return a network that reads centered steps, if ``center_steps`` asks for these data.

    Parameters
    ----------
    network : ModelBuilder
        The network, which may read categorical features.
    wanted : bool or "auto"
        The parameter.
    sequences : Sequences
        The training and the validation set.
    counted : ndarray of shape (n_samples,)
        Weight of each sequence in training.

    Raises
    ------
    ValueError
        If the parameter is True, and sequences differ in length or have missing values, are
        windows or tokens.
    """
    if not wanted:
        return network
    is_auto = isinstance(wanted, str)
    codes = tuple(categorical_sizes(network))
    is_possible = network.n_tokens is None and len(codes) < sequences.n_features
    found = _deviations(sequences, counted, codes) if is_possible else None
    if found is None and not is_auto:
        raise ValueError(
            "center_steps=True needs measurements without missing values, in sequences of one "
            "length that are no windows; give center_steps='auto', or False."
        )
    if found is None or (is_auto and not found.are_small(SMALL).any()):
        return network
    most = SMALL if is_auto else math.inf
    return CenteredSteps(network, sequences.longest, sequences.n_features, most, codes)


def _deviations(
    sequences: Sequences, counted: NDArray[np.float64], codes: tuple[int, ...]
) -> Deviations | None:
    """Return the deviations of sequences, None for windows, other lengths and missing values."""
    if sequences.n_steps is None or sequences.window is not None:
        return None
    rows = np.flatnonzero(counted)
    blocks = None if sequences.reader is None else sequences.reader.blocks[rows]
    rows = rows[stratified_sample(len(rows), blocks=blocks)]
    values, _ = sequences.gather(rows, sequences.longest)
    with np.errstate(over="ignore", invalid="ignore"):
        found = Deviations.of(values.astype(np.float64), counted[rows]).without(codes)
    return None if np.isnan(found.scale).any() else found


def has_centered_steps(network: ModelBuilder) -> bool:
    """Return whether a fitted network reads centered steps."""
    within = network.network if isinstance(network, LinearSkip) else network
    return isinstance(within, CenteredSteps)


def surrounded_like(before: ModelBuilder, network: ModelBuilder) -> ModelBuilder:
    """Return a network with what the one before got for its data."""
    if not isinstance(before, CenteredSteps | LinearSkip):
        return network
    return replace(before, network=surrounded_like(before.network, network))
