"""Interface of codecs: steps encoded for networks, and the draw of the next one (temperature)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.generation.corpus import Corpus, read_one
from skrnn.networks.base import ModelBuilder, StepNetwork

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class StepCodec(ABC):
    """Codec of a step: between the user's form and what the network reads and predicts.

    Attributes
    ----------
    input_type : str
        "characters", "words", "tokens" or "piano_roll".
    is_excerpt : bool
        Sequences are cut out of one text: they begin and end anywhere.
    """

    input_type: str
    is_excerpt: bool

    #: The loss of the network.
    loss: ClassVar[str]
    #: There always is something to learn: where a sequence begins.
    is_trivial: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Return how many numbers the network reads at a step."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Return how many numbers the network gives at a step."""

    @property
    @abstractmethod
    def has_end(self) -> bool:
        """Tell whether the end of a sequence is predicted as well."""

    @abstractmethod
    def network(self, network: StepNetwork, embedding_dim: int) -> ModelBuilder:
        """Return a network, given by the user, with what comes before and behind it."""

    @abstractmethod
    def edge(self) -> Floats:
        """Return the step before the first one, which also is the one after the last."""

    @abstractmethod
    def encode(self, sequence: Any, name: str) -> Floats:
        """Return a sequence, passed as ``name``, as network inputs (n_steps, n_features)."""

    @abstractmethod
    def encode_steps(self, steps: Any) -> Floats:
        """Return one step each of several sequences as the network reads them."""

    @abstractmethod
    def decode(self, steps: Floats) -> Any:
        """Return steps (n_steps, n_features), as they were drawn, as the user sees them."""

    @abstractmethod
    def is_end(self, steps: Floats) -> NDArray[np.bool_]:
        """Tell at which steps (n, n_features), as they were drawn, a sequence has ended."""

    @abstractmethod
    def targets(self, steps: Floats) -> Floats:
        """Return the part of steps (..., n_features) that is to be predicted."""

    @abstractmethod
    def log_likelihood(self, outputs: Floats, targets: Floats) -> Floats:
        """Return how likely outputs (..., n_outputs) say that targets are, in nats."""

    @abstractmethod
    def probabilities(self, outputs: Floats) -> Floats:
        """Return the probabilities that outputs say."""

    @abstractmethod
    def combined(self, outputs: Sequence[Floats]) -> Floats:
        """Return outputs with the mean of the probabilities of several networks."""

    @abstractmethod
    def draw(
        self,
        outputs: Floats,
        temperature: float,
        top_k: int | None,
        random: np.random.RandomState,
    ) -> Floats:
        """Return a next step (n, n_features), drawn for each row of outputs (n, n_outputs)."""

    def refuse_other_ends(self, corpus: Corpus) -> None:
        """Raise ValueError for further training on a text after a list, or on a list after a text.

        Only the sequences of a list have ends that are learned.
        """
        if self.is_excerpt and not corpus.is_one_text:
            raise ValueError(
                "X is a list, whose sequences have ends, and the previous fit was on a single "
                "text, which has none to learn; give a single text, such as ''.join(X), or fit on "
                "lists from the beginning: [text]."
            )
        if corpus.is_one_text and not self.is_excerpt:
            raise ValueError(
                "X is a single text, which has no end of its own, and the previous fit was on a "
                "list, whose sequences have ends; give a list, [X], if its end is one to learn, "
                "or fit on single texts from the beginning."
            )

    def prompt(self, prompt: Any) -> Floats:
        """Return the steps that sampling begins behind."""
        if prompt is None or (isinstance(prompt, str | list | tuple) and len(prompt) == 0):
            return self.edge()
        sequence = read_one(prompt, self.input_type, "prompt")
        return np.concatenate([self.edge(), self.encode(sequence, "prompt")])


def largest(values: Floats, k: int) -> NDArray[np.bool_]:
    """Mark the ``k`` largest values of each row."""
    marked = np.zeros(values.shape, dtype=bool)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    np.put_along_axis(marked, order, True, axis=1)
    return marked
