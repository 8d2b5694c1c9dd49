"""What a translator is made of, and its way from what a user passes to examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite

from skrnn._conversion import check_order
from skrnn._parameters import BOOLEAN, NONE, fitted, integers, one_of, parameter, require
from skrnn._target_validation import check_weights, require_target
from skrnn._validation import check_table
from skrnn.engine.feed import Examples, Inputs
from skrnn.engine.sizes import STEP_MULTIPLE, padded_length
from skrnn.engine.spec import Spec
from skrnn.engine.step_losses import StepLoss, ending_loss
from skrnn.estimators.trainable import Trainable
from skrnn.estimators.translators.languages import (
    Language,
    Rows,
    TargetLanguage,
    TokenLanguage,
)
from skrnn.estimators.translators.number_languages import NumberLanguage, VectorLanguage
from skrnn.estimators.translators.reading_languages import (
    as_columns,
    in_known_form,
    kind_of,
    read_targets,
    read_tokens,
)
from skrnn.networks import GRU, LSTM, RNN
from skrnn.networks.base import DEPTH, DROPOUT, WIDTH
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.translator import Translator
from skrnn.preprocessing.forms import as_list
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences, read_sequences

_KINDS: dict[str, type[Recurrent]] = {"gru": GRU, "lstm": LSTM, "rnn": RNN}

#: Rows of the source, and what the decoder sees and is to give, for each example.
Pairs = tuple[list[Rows], list[Rows], list[Rows]]


class TranslatingEstimator(BaseEstimator, Trainable):
    """Read the two sides of a translation, learn what stands on them, and make the network."""

    source: str = parameter(
        default="auto",
        domain=one_of("auto", "characters", "words", "tokens", "numbers", "vector"),
        doc="""What X holds: texts, read by their "characters" or by the "words" between white
        space; lists of "tokens" of any hashable kind; sequences of "numbers"; or in each row a
        "vector" without an order in time. "auto" takes texts for characters, whole numbers for
        tokens, and fractions or arrays of two axes for numbers.""",
    )
    target: str = parameter(
        default="auto",
        domain=one_of("auto", "characters", "words", "tokens", "numbers"),
        doc="What y holds, in the same words. Predictions come in its form.",
    )
    network: str = parameter(
        default="gru",
        domain=one_of(*_KINDS),
        doc="The kind of recurrent layers, in the encoder and in the decoder.",
    )
    units: int = parameter(default=64, domain=WIDTH, doc="Units of each recurrent layer.")
    n_layers: int = parameter(
        default=1, domain=DEPTH, doc="Recurrent layers of the encoder, and of the decoder."
    )
    bidirectional: bool = parameter(
        default=True, domain=BOOLEAN, doc="Let the encoder read in both directions."
    )
    attention: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="""Let each step of the target look at all steps of the source (Luong, Pham and
        Manning, 2015, arXiv:1508.04025), beside what the encoder's last state says.""",
    )
    embedding_dim: int = parameter(
        default=32, domain=WIDTH, doc="Numbers in the vector learnt for each token."
    )
    dropout: float = DROPOUT
    min_count: int = parameter(
        default=1,
        domain=integers(1),
        doc="""How often a token must occur in X to be kept. From 2 on, rarer tokens, and in
        ``predict`` new ones, are all one unknown token; with 1, a new token is an error.""",
    )
    beam_width: int = parameter(
        default=1,
        domain=integers(1, 2**10),
        doc="""How many targets ``predict`` tries at once for each source, for the most probable
        one; 1 takes the most probable token at each step. For tokens only.""",
    )
    max_length: int | None = parameter(
        default=None,
        domain=integers(1, 2**16) | NONE,
        doc="""Length at which a prediction that does not end is cut off, with a warning; None
        is twice the longest target of the fit.""",
    )
    _attributes = f"""
    source_, target_ : str
        What X and y hold.

    source_tokens_, target_tokens_ : list
        The tokens, the most frequent ones first, where there are tokens.

    max_length_ : int
        Length at which a prediction is cut off.
    {Trainable._attributes}"""
    source_: str = fitted()
    target_: str = fitted()
    source_tokens_: list[Any] = fitted()
    target_tokens_: list[Any] = fitted()
    max_length_: int = fitted()
    _source: Language = fitted()
    _target: TargetLanguage = fitted()

    # What `read_sequences` asks for.
    missing: ClassVar[str] = "error"
    n_channels: ClassVar[None] = None
    layout: ClassVar[str] = "channels_last"

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool
    ) -> tuple[list[Any], list[Any], NDArray[np.float64], bool]:
        """Return sources, targets and weights other than 0, and whether a step has one number."""
        sources = self._read_source(X, reset=reset)
        targets, is_flat = self._read_target(y, len(sources), reset=reset)
        check_order(X, y, "y")
        weights = check_weights(X, sample_weight, len(sources))
        rows = np.flatnonzero(weights)
        return [sources[i] for i in rows], [targets[i] for i in rows], weights[rows], is_flat

    def _read_source(self, X: Any, *, reset: bool) -> list[Any]:
        """Return what to encode of each source."""
        X = in_known_form(X, "X")
        kind = kind_of(X, "X", self.source if reset else self.source_)
        if reset:
            self.source_ = kind
        if kind == "vector":
            vectors = check_table(self, X, reset=reset)
            assert_all_finite(vectors, input_name="X")
            return list(vectors)
        if kind == "numbers":
            return as_list(read_sequences(self, as_columns(X), reset=reset))
        return read_tokens(X, kind, "X", may_be_empty=False)

    def _read_target(self, y: Any, n_samples: int, *, reset: bool) -> tuple[list[Any], bool]:
        """Return what to encode of each target, and whether each step has one number."""
        require_target(self, y)
        y = in_known_form(y, "y")
        kind = kind_of(y, "y", self.target if reset else self.target_)
        if reset:
            self.target_ = kind
        targets: list[Any]
        if kind == "numbers":
            targets, is_flat = read_targets(y)
            if not reset:
                self._numbers().check(targets)
        else:
            targets, is_flat = read_tokens(y, kind, "y", may_be_empty=True), False
        if len(targets) != n_samples:
            raise ValueError(
                f"y has {len(targets)} targets, and X {n_samples} sources; give one for each."
            )
        return targets, is_flat

    def _learn(
        self, sources: list[Any], targets: list[Any], is_flat: bool, weights: NDArray[np.float64]
    ) -> None:
        """Learn what stands on either side."""
        self._checked_beam()
        longest = max(map(len, targets))
        self.max_length_ = 2 * longest if self.max_length is None else int(self.max_length)
        if self.target_ == "numbers":
            self._target = NumberLanguage.learn(targets, weights, "y", is_flat=is_flat)
        else:
            self._target = TokenLanguage.learn(self.target_, targets, "y")
            self.target_tokens_ = list(self._target.tokens)
        if self.source_ == "vector":
            scaling = Standardiser.fit(np.stack(sources), weights)
            self._source = VectorLanguage(scaling, n_rows=padded_length(longest + 1, STEP_MULTIPLE))
        elif self.source_ == "numbers":
            self._source = NumberLanguage.learn(sources, weights, "X")
        else:
            min_count = int(self.min_count)
            self._source = TokenLanguage.learn(self.source_, sources, "X", min_count)
            self.source_tokens_ = list(self._source.tokens)

    def _pairs(self, sources: list[Any], targets: list[Any]) -> Pairs:
        rows = self._target.encode(targets)
        given, wanted = map(self._target.given, rows), map(self._target.wanted, rows)
        return self._source.encode(sources), list(given), list(wanted)

    def _examples(self, pairs: Pairs, weights: NDArray[np.float64]) -> Examples:
        """Return sequences of what the decoder sees, padded, followed by the source."""
        sources, given, wanted = pairs
        n_steps = self._translator.n_steps
        width = max(sources[0].shape[1], given[0].shape[1])
        lengths = n_steps + np.array([len(source) for source in sources])
        sequences = Sequences.end_to_end(np.zeros((lengths.sum(), width), np.float32), lengths)
        targets = np.zeros((len(given), n_steps, wanted[0].shape[1] + 1), np.float32)
        for row, first in enumerate(sequences.starts):
            seen, source, steps = given[row], sources[row], sequences.steps[first:]
            steps[: len(seen), : seen.shape[1]] = seen
            steps[n_steps : n_steps + len(source), : source.shape[1]] = source
            targets[row, : len(seen), :-1] = wanted[row]
            targets[row, : len(seen), -1] = 1.0
        inputs = Inputs(sequences, Standardiser.identity(width), indicator=False).scaled()
        n_wanted = targets[..., -1].sum(axis=1, dtype=np.float64)
        return Examples(inputs, targets, weights * n_wanted)

    @property
    def _translator(self) -> Translator:
        network = self._spec.network
        assert isinstance(network, Translator)
        return network

    def _make_spec(self, given: Sequence[Rows]) -> Spec:
        """Return the spec of a network for targets as long as these."""
        kind = _KINDS[self.network]
        settings: dict[str, Any] = {
            "units": int(self.units),
            "n_layers": int(self.n_layers),
            "dropout": float(self.dropout),
        }
        network = Translator(
            encoder=kind(**settings, bidirectional=bool(self.bidirectional)),
            decoder=kind(**settings),
            source=self._source.side,
            target=self._target.heard,
            n_steps=padded_length(max(map(len, given)), STEP_MULTIPLE),
            embedding_dim=int(self.embedding_dim),
            attention=bool(self.attention),
        )
        return Spec(
            network=network,
            n_steps=None,
            n_features=max(network.source.n_columns, network.target.n_columns),
            n_outputs=self._target.n_outputs,
            **self._compiled_in(),
        )

    def _spec_to_go_on(self, spec: Spec) -> Spec:
        """Return the spec for training that goes on, for targets as long as those before.

        Raises
        ------
        ValueError
            If the parameters describe another network than the one fitted.
        """
        before, now = self._translator, spec.network
        assert isinstance(now, Translator)
        n_steps = max(before.n_steps, now.n_steps)
        if before.with_steps(n_steps).key() != now.with_steps(n_steps).key():
            raise ValueError(
                f"{type(self).__name__} goes on with the network of the fit before, {before!r}, "
                f"but its parameters now say {now!r}; set them back, or call fit."
            )
        return replace(spec, network=now.with_steps(n_steps))

    def _numbers(self) -> NumberLanguage:
        """Return the language of targets that are numbers."""
        assert isinstance(self._target, NumberLanguage)
        return self._target

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags

    def _checked_beam(self) -> int:
        """Return the width of the beam, which may change between predictions."""
        width = self.beam_width
        require(self._parameters["beam_width"].domain, "beam_width", width, type(self).__name__)
        if width > 1 and self.target_ == "numbers":
            raise ValueError(f"beam_width={width} is for tokens, and y holds numbers; give 1.")
        return int(width)

    def _loss(self) -> StepLoss:
        if self.target_ != "numbers":
            return StepLoss("sparse_crossentropy")
        return StepLoss(ending_loss if self._numbers().ends else "mean_squared_error")
