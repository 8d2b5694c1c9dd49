"""From what a user passes to examples for the engine: the half of an estimator before training."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skrnn._parameters import fitted
from skrnn._target_validation import check_weights, in_range
from skrnn.engine.feed import Examples, Inputs
from skrnn.engine.spec import Spec
from skrnn.estimators.holding_out import without_purged
from skrnn.estimators.parameters import SequenceTrainingParameters
from skrnn.estimators.trainable import Trainable
from skrnn.networks import Network
from skrnn.networks.embedded import Embedded
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences, SequenceShape, check_shape, read_sequences
from skrnn.sequences.tokens import count_tokens, look_like_tokens, read_tokens


class PreparingEstimator(BaseEstimator, SequenceTrainingParameters, Trainable):
    """Read, check, weigh and scale sequences and targets; a subclass says what the targets are."""

    _shape: SequenceShape = fitted()
    _scaling: Standardiser = fitted()
    _missing: str = fitted()
    _n_tokens: int | None = fitted()

    @abstractmethod
    def _learn_target(self, y: Any, weights: NDArray[np.float64]) -> None:
        """Learn from the targets of a first fit what `_encode_target` needs."""

    def _learn_more_of_target(self, y: Any, weights: NDArray[np.float64]) -> None:
        """Learn from the targets of a fit that goes on what the first could not tell."""

    @abstractmethod
    def _encode_target(self, y: Any) -> NDArray[np.float32]:
        """Return checked targets as the network is to give them, (n_samples, n_outputs)."""

    @abstractmethod
    def _check_target(self, X: Any, y: Any, sequences: Sequences) -> Any:
        """Return y as it serves the other hooks, or raise; X is as the user passed it."""

    def _n_outputs(self, y: Any) -> int:
        """Return how many numbers the network gives for the targets learnt from."""
        return self._encode_target(y[:1]).shape[1]

    def _weigh(self, y: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sample weights, times whatever the task adds to them."""
        del y
        return weights

    def _strata(self, y: Any) -> Any:
        """Return labels whose shares a random validation part keeps, or None."""
        del y

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0
    ) -> tuple[Sequences, Any, NDArray[np.float64]]:
        """Return what a user passed, checked, with the weights in force.

        A sequence that weighs nothing takes no part in anything; those of the last ``purge``
        times weigh nothing.
        """
        sequences = self._sequences(X, reset=reset)
        y = self._check_target(X, y, sequences)
        sequences = self._without_padding(sequences, reset=reset)
        weights = check_weights(X, sample_weight, len(sequences))
        if purge:
            weights = without_purged(sequences.times, weights, purge)
        if not weights.all():
            counted = np.flatnonzero(weights)
            sequences, y, weights = sequences.take(counted), y[counted], weights[counted]
        with np.errstate(over="ignore"):
            return sequences, y, in_range(self._weigh(y, weights))

    def _sequences(self, X: Any, *, reset: bool = False) -> Sequences:
        """Return X as sequences: of a first fit, or such as the fitted estimator takes."""
        if reset and self.embedding_dim is None:
            if look_like_tokens(X):
                warnings.warn(
                    f"X looks like numbers of tokens, and {type(self).__name__} reads them as "
                    "measurements; set embedding_dim, for example to 32, to read texts.",
                    stacklevel=4,
                )
            return read_sequences(self, X, reset=True)
        if reset:
            return read_tokens(self, X, reset=True)
        check_is_fitted(self)
        n_tokens = self._spec.network.n_tokens
        if n_tokens is None:
            sequences = read_sequences(self, X, reset=False)
        else:
            sequences = read_tokens(self, X, reset=False, n_tokens=n_tokens)
        check_shape(self, sequences, self._shape)
        return sequences

    def _without_padding(self, sequences: Sequences, *, reset: bool = False) -> Sequences:
        """Return texts without the zeros at their end, which a network of one length keeps."""
        if (self.embedding_dim if reset else self._spec.network.n_tokens) is None:
            return sequences
        network = self._checked_network() if reset else self._spec.network
        return sequences if network.needs_fixed_length else sequences.without_padding()

    def _prepare(
        self,
        sequences: Sequences,
        y: Any,
        weights: NDArray[np.float64],
        kept: NDArray[np.int64],
    ) -> None:
        """Learn from the data of a first fit all that is no weight of the network.

        Scaling is measured on the rows that are ``kept`` to learn from, not on those held
        out to validate on.
        """
        counted = _only(kept, weights)
        dim = self.embedding_dim
        self._n_tokens = None if dim is None else count_tokens(sequences, int(dim))
        self._longest = sequences.longest
        network = self._resolved_network()
        self._shape = self._shape_for(network, sequences)
        self._scaling = (
            Standardiser.fit_blocks(
                (sequences.steps[rows], weights) for rows, weights in sequences.blocks(counted)
            )
            if self.scale_input and self._n_tokens is None
            else Standardiser.identity(sequences.n_features)
        )
        self._learn_target(y, counted)
        self._missing = self.missing
        self._spec = Spec(
            network=network,
            n_steps=sequences.n_steps if network.needs_fixed_length else None,
            n_features=sequences.n_features * (2 if self._missing == "mask" else 1),
            n_outputs=self._n_outputs(y),
            **self._compiled_in(),
        )

    def _go_on_with(self, y: Any, weights: NDArray[np.float64], kept: NDArray[np.int64]) -> None:
        """Take over changed parameters, and the rows that are ``kept`` to learn from."""
        self._go_on()
        self._learn_more_of_target(y, _only(kept, weights))

    def _resolved_network(self) -> Network:
        network = super()._resolved_network()
        if self.embedding_dim is None:
            return network
        return Embedded(network, self._n_tokens or 0, int(self.embedding_dim))

    def _shape_for(self, network: Network, sequences: Sequences) -> SequenceShape:
        """Return what sequences to predict for have to be like, or raise if these are not."""
        takes_one_length = network.needs_fixed_length
        if takes_one_length and sequences.n_steps is None:
            raise ValueError(
                f"X has sequences of {sequences.lengths.min()} to {sequences.longest} steps, "
                f"but network={self._network_name()} ignores lengths; use one that takes "
                "(inputs, lengths), or give sequences of one length."
            )
        is_text = network.n_tokens is not None
        n_steps = sequences.n_steps if takes_one_length or not is_text else None
        takes_shorter = sequences.window is not None and not takes_one_length
        return SequenceShape(n_steps, sequences.n_features, takes_shorter)

    def _inputs(self, sequences: Sequences) -> Inputs:
        network = self._spec.network
        masks = self._missing == "mask"
        if masks and not network.keeps_missing_steps:
            sequences = sequences.without_missing_steps()
        return Inputs(sequences, self._scaling, masks, at_end=network.needs_fixed_length)

    def _examples(self, sequences: Sequences, y: Any, weights: NDArray[np.float64]) -> Examples:
        return Examples(self._inputs(sequences).scaled(), self._encode_target(y), weights)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.input_tags.three_d_array = True
        return tags


def _only(kept: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights with zero for all rows but those that are kept."""
    counted = np.zeros(len(weights))
    counted[kept] = weights[kept]
    return counted
