"""What learns the next step of sequences: parameters, fit, and the hooks of a stream."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skrnn._all_or_nothing import all_or_nothing
from skrnn._parameters import NONE, fitted, integers, one_of, parameter, validate
from skrnn.engine.feed import Examples
from skrnn.engine.schedules import constant, schedule
from skrnn.engine.spec import Spec
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.choice import NetworkChoice
from skrnn.estimators.generators.alphabets import Alphabet
from skrnn.estimators.generators.framing import cut, examples
from skrnn.estimators.generators.keys import Keys
from skrnn.estimators.generators.materials import Material, read_material
from skrnn.estimators.generators.tokens import Tokens
from skrnn.estimators.holding_out import hold_out_at_random, hold_out_latest
from skrnn.estimators.stream_readers import Streamable
from skrnn.estimators.trainable import Trainable
from skrnn.networks.base import WIDTH, Network
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.tcn import TCN
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import SequenceShape


class NextStepModel(NetworkChoice, Streamable, BaseEstimator, Trainable):
    """Fit a causal network to the next step of sequences."""

    tokens: str = parameter(
        default="auto",
        domain=one_of("auto", "characters", "words", "items", "rolls"),
        doc="""What a step is. "characters" or "words" of texts, a word or a mark with the space
        before it; "items", each a hashable token of a sequence; "rolls", a row of keys, each 0
        or 1. "auto" takes characters of texts, rolls for arrays of two axes, else items.""",
    )
    embedding_dim: int = parameter(
        default=32, domain=WIDTH, doc="Numbers that the network learns for each token."
    )
    chunk_length: int | None = parameter(
        default=100,
        domain=integers(1) | NONE,
        doc="""Learn from pieces of at most so many steps, into which longer sequences are cut;
        sequences are scored whole. None cuts nothing.""",
    )
    min_count: int = parameter(
        default=1,
        domain=integers(1),
        doc="How often a token has to occur in the fit; rarer ones are one unknown token.",
    )
    _attributes = """
    kind_ : str
        "characters", "words", "items" or "rolls".

    tokens_ : list of length n_tokens
        What the columns of ``predict_proba`` stand for: the tokens of the fit, sorted if they can
        be; "[UNK]", any other token; and, after a fit on a list, "[END]", the end of a sequence.
        Of rolls, the numbers of the keys.
    """
    _attributes += Trainable._attributes
    kind_: str = fitted()
    tokens_: list[Any] = fitted()
    _alphabet: Alphabet = fitted()

    @all_or_nothing
    def fit(self, X: Any, y: Any = None, *, X_val: Any = None) -> Self:
        """Train the network and return the fitted generator.

        Parameters
        ----------
        X : str, or list of str, of sequences, or of arrays (n_steps_i, n_keys)
            One text, which begins and ends anywhere; or texts, sequences of hashable tokens or
            rolls of 0 and 1, whose beginnings are learnt and, but for rolls, their ends.
        y : object, default=None
            Ignored.
        X_val : default=None
            What to validate on, in a form of X. Without it, ``early_stopping=True`` holds out
            sequences drawn at random, or the last part of one text.

        Returns
        -------
        self : object
            The fitted generator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or X is not accepted; the generator stays as it was.
        FloatingPointError
            If the loss or the weights stop being finite; the generator stays as it was.
        """
        del y
        validate(self)
        material, held_out = read_material(X, self.tokens), None
        if X_val is not None:
            held_out = read_material(X_val, material.kind)
        elif self.early_stopping:
            material, held_out = self._hold_out(material)
        self._prepare(material)
        examples = self._examples(material)
        validation = None if held_out is None else self._examples(held_out)
        epochs = int(self.epochs)
        rate = schedule(self.schedule, float(self.learning_rate), epochs)
        self._train(examples, epochs, rate, validation, going_on=False)
        return self

    @all_or_nothing
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Take one pass over new sequences at a constant rate.

        The tokens are those of the first call; the optimizer's state is kept from one call to
        the next.

        Parameters
        ----------
        X, y
            As in ``fit``, and of the same kind in each call.

        Returns
        -------
        self : object
            The fitted generator.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``; the generator stays as it was.
        """
        del y
        validate(self)
        going_on = hasattr(self, "weights_")
        material = read_material(X, self.kind_ if going_on else self.tokens)
        if going_on:
            self._go_on()
        else:
            self._prepare(material)
        rate = constant(float(self.learning_rate))
        examples = self._examples(material)
        self._train(examples, 1, rate, None, going_on=going_on, continuing=True)
        return self

    def to_keras(self) -> Any:
        """Return a new Keras model with the fitted weights.

        Its inputs are the numbers of tokens, in the order of ``tokens_`` and one more for the
        beginning, or keys with a column that marks the beginning; its outputs are logits.

        Returns
        -------
        keras.Model
            Inputs float (batch, n_steps, n_features) and int (batch,).
        """
        check_is_fitted(self)
        return self._new_keras_model()

    # ------------------------------------------------------------------ learning

    def _hold_out(self, material: Material) -> tuple[Material, Material]:
        """Return what to learn from and what to validate on."""
        sequences = material.sequences
        if material.is_one_text:
            sequences = cut(sequences[0], self.chunk_length or len(sequences[0]))
            kept, held_out = hold_out_latest(
                np.arange(len(sequences)), fraction=self.validation_fraction, gap=0
            )
        else:
            kept, held_out = hold_out_at_random(
                len(sequences), fraction=self.validation_fraction, strata=None, seed=self._seed()
            )
        first, second = ([sequences[row] for row in rows] for rows in (kept, held_out))
        return replace(material, sequences=first), replace(material, sequences=second)

    def _prepare(self, material: Material) -> None:
        """Learn from a first fit all that is no weight of the network."""
        self._alphabet = alphabet = (
            Keys.learn(material)
            if material.kind == "rolls"
            else Tokens.learn(material, int(self.min_count))
        )
        self.kind_, self.tokens_ = material.kind, alphabet.names
        longest = max(map(len, material.sequences)) + alphabet.has_end
        self._longest = min(longest, self.chunk_length or longest)
        self._spec = Spec(
            network=self._resolved_network(),
            n_steps=None,
            n_features=alphabet.n_features,
            n_outputs=alphabet.n_outputs,
            **self._compiled_in(),
        )

    def _examples(self, material: Material) -> Examples:
        return examples(self._alphabet, material, self.chunk_length)

    def _loss(self) -> StepLoss:
        return StepLoss(self._alphabet.loss)

    def _checked_network(self) -> Network:
        network = super()._checked_network()
        if not isinstance(network, Recurrent | TCN) or network.looks_ahead:
            raise ValueError(
                f"network={self._network_name()} was given; what comes next is learnt by a network "
                "in which nothing depends on later steps, and which goes on one step at a time: "
                "an RNN, LSTM or GRU in one direction, or a TCN."
            )
        return self._alphabet.network(network, int(self.embedding_dim))

    # ------------------------------------------------------------------ what a stream asks for

    _streamed: ClassVar[Mapping[str, str]] = {"predict_proba": "_probabilities"}
    _missing = "error"

    @property
    def _shape(self) -> SequenceShape:  # type: ignore[override]
        return SequenceShape(None, self._alphabet.n_features)

    @property
    def _scaling(self) -> Standardiser:
        return Standardiser.identity(self._alphabet.n_features)

    def _opening(self) -> NDArray[Any]:
        return self._alphabet.edge()

    def _read_step(self, x: Any, n_streams: int | None) -> NDArray[Any]:
        if n_streams is None:
            return self._alphabet.encode_steps([x])[0]
        if not isinstance(x, Iterable):
            raise TypeError(
                f"the step is {reprlib.repr(x)}; give a list of {n_streams}, one for each stream."
            )
        return self._alphabet.encode_steps(x)

    def _probabilities(self, outputs: NDArray[Any]) -> NDArray[Any]:
        return self._alphabet.probabilities(outputs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
