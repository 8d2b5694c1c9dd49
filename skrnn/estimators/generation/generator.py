"""Public class of the generator: sampling of new sequences, and their probability."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skrnn._rollback import rollback_on_error
from skrnn._typing import BaseEstimator, CallbackSupportMixin, available_if, with_callbacks
from skrnn._validation import check_weights
from skrnn.engine.batches import Examples
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.model_spec import ModelSpec
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.base import WARM_START, BaseNetworkEstimator
from skrnn.estimators.generation.codec import StepCodec
from skrnn.estimators.generation.corpus import TEXTS, Corpus, read_corpus
from skrnn.estimators.generation.examples import examples, read_and_next, read_to_the_last
from skrnn.estimators.generation.piano_rolls import PianoRollCodec
from skrnn.estimators.generation.token_codec import TokenCodec
from skrnn.estimators.network_parameter import NetworkParameterMixin
from skrnn.estimators.sklearn_callbacks import reports
from skrnn.estimators.stream_task import OutputReader, StreamTask
from skrnn.estimators.trainer import Start
from skrnn.estimators.validation_split import VALIDATION, hold_out
from skrnn.networks.base import WIDTH, ModelBuilder, StreamingNetwork, resolved
from skrnn.numpy_runtime.build import iterate_outputs
from skrnn.parameters import NONE, fitted, integers, one_of, parameter, reals, require, validate
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.preprocessing.vocabulary import HANDLE_UNKNOWN, MIN_COUNT, ids_of, parameters_of


def _has_tokens(generator: Any) -> bool:
    """Tell whether a generator has one token at each step, or may once it is fitted."""
    return getattr(generator, "input_type_", generator.input_type) != "piano_roll"


def _has_characters(generator: Any) -> bool:
    """Tell whether a generator is one of texts, or may be once it is fitted."""
    return getattr(generator, "input_type_", generator.input_type) in ("auto", *TEXTS)


class SequenceGenerator(
    CallbackSupportMixin, NetworkParameterMixin, BaseEstimator, BaseNetworkEstimator
):
    """Model the next step of texts, sequences of tokens or piano rolls, and generate new ones.

    At each step the network gives the probability of each token as the next one (Bengio et
    al., 2003, jmlr.org/papers/v3/bengio03a.html; Mikolov et al., 2010,
    doi:10.21437/Interspeech.2010-343); of piano rolls, the probability of each key, independent
    of the others (Boulanger-Lewandowski et al., 2012, arXiv:1206.6392).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import SequenceGenerator
    >>> line = "to be or not to be, "
    >>> generator = SequenceGenerator(chunk_length=50, batch_size=4, random_state=0)
    >>> generator.fit(line * 40).generate(12, prompt="to be or ", temperature=0)
    'not to be, t'
    >>> bool(generator.bits_per_character(line * 5) < 0.5)
    True
    """

    input_type: str = parameter(
        default="auto",
        domain=one_of("auto", "characters", "words", "tokens", "piano_roll"),
        doc="""Type of the steps of X: a character or a word of a text ("characters", "words"; a
        word or punctuation mark includes the space before it), a hashable token ("tokens"), or
        a row of keys that are 0 or 1 ("piano_roll"). "auto" reads texts as characters, 2-D arrays
        as piano rolls, and other sequences as tokens.""",
    )
    embedding_dim: int = parameter(
        default=32, domain=WIDTH, doc="Size of the embedding of each token."
    )
    chunk_length: int | None = parameter(
        default=100,
        domain=integers(1) | NONE,
        doc="""Split training sequences into chunks of at most this many steps; sequences are
        scored whole. None does not split them.""",
    )
    min_count: int = MIN_COUNT
    handle_unknown: str = HANDLE_UNKNOWN
    validation: str = VALIDATION
    warm_start: bool = WARM_START
    _attributes = """
    input_type_ : str
        Type of the steps of X: "characters", "words", "tokens" or "piano_roll".

    vocabulary_ : dict of hashable to int
        Id of each token of the fit, from 0, in increasing order: its column in
        ``predict_proba``. The next id is the unknown token and, after a fit on a list, the id after
        it is the end of a sequence. Piano rolls have no vocabulary.
    """
    _attributes += BaseNetworkEstimator._attributes
    input_type_: str = fitted()
    #: What a `Stream` may return.
    stream_methods: ClassVar[tuple[str, ...]] = ("predict_proba",)

    @property
    def vocabulary_(self) -> Mapping[Any, int]:
        """Return the id of each token."""
        return ids_of(self.network_.encoder)

    @rollback_on_error
    @with_callbacks
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, *, X_val: Any = None) -> Self:
        """Fit the generator.

        Parameters
        ----------
        X : str, or list of str, of sequences, or of arrays (n_steps_i, n_keys)
            A single text, an excerpt without a beginning and an end of its own; or a list of
            texts, of sequences of hashable tokens or of piano rolls of 0 and 1, whose beginnings
            are learned and, except for piano rolls, their ends.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence, for all of its steps; None weights all equally. A single text
            is one sequence.
        X_val : default=None
            Sequences to validate on, in the forms of X. Without them, ``early_stopping=True`` holds
            out part of X; of a single text, the last part.

        Returns
        -------
        self : object
            The fitted generator.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or sample_weight is not accepted; the generator is left unchanged.
        FloatingPointError
            If the loss or the weights stop being finite; the generator is left unchanged.
        """
        validate(self)
        resumes = self.warm_start and self._has_network()
        self._train(
            self._read(X, sample_weight, reset=not resumes),
            Start.FROM_WEIGHTS if resumes else Start.NEW,
            validation_data=None if X_val is None else lambda: self._corpus(X_val),
            observers=lambda epochs: reports(self, epochs, X, y, sample_weight),
        )
        return self

    @rollback_on_error
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on new sequences at a constant learning rate.

        The first call sets the vocabulary and builds the network; the state of the optimizer is
        kept between calls.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``, and of the same input type in each call: single texts, whose ends are
            not learned, or lists.

        Returns
        -------
        self : object
            The fitted generator.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``; the generator is left unchanged.
        """
        validate(self)
        data = self._read(X, sample_weight, reset=not self._has_network())
        self._train(data, Start.CONTINUE)
        return self

    def to_keras(self) -> Any:
        """Return a new Keras model with the fitted weights.

        Its inputs are token ids: those of ``vocabulary_``, of the unknown token and of the
        beginning of a sequence; or keys, with a column that marks the beginning. Its outputs are
        logits.

        Returns
        -------
        keras.Model
            Inputs float (batch, n_steps, n_features) and int (batch,).

        Raises
        ------
        NotFittedError
            If the generator is not fitted.
        ValueError
            If it has several networks, which ``networks_[0].to_keras()`` and so on return.
        """
        check_is_fitted(self)
        return self.network_.to_keras()

    def generate(
        self,
        n_steps: int = 200,
        prompt: Any = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        n_samples: int | None = None,
        random_state: Any = None,
    ) -> Any:
        """Sample a sequence, optionally continuing a prompt.

        Parameters
        ----------
        n_steps : int, default=200
            Maximum number of steps to generate; fewer if the sequence ends before.
        prompt : str, list of tokens or array (n_steps, n_keys), default=None
            Steps to continue; they are not part of the result. None begins a new sequence.
        temperature : float, default=1.0
            Divides the logits: below 1 favors probable tokens, above 1 flattens the
            distribution. 0 is greedy: always the most probable token, and each key with a
            probability above 0.5.
        top_k : int, default=None
            Sample from the ``top_k`` most probable tokens only; of piano rolls, at most the
            ``top_k`` most probable keys sound. None allows all.
        n_samples : int, default=None
            Return a list of ``n_samples`` sequences; None returns a single sequence, not a list.
        random_state : int, RandomState or None, default=None
            Seed of the sampling; None draws from numpy's global generator.

        Returns
        -------
        str, list of tokens or ndarray of int (n_steps, n_keys); or a list of them
            In the form of the sequences of the fit. Unknown tokens are never drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If an argument is not accepted, or the prompt holds an unknown token and
            ``handle_unknown="error"``.
        """
        check_is_fitted(self)
        owner = f"{type(self).__name__}.generate"
        require(integers(0), "n_steps", n_steps, owner)
        require(reals(0), "temperature", temperature, owner)
        require(integers(1) | NONE, "top_k", top_k, owner)
        require(integers(1) | NONE, "n_samples", n_samples, owner)
        require(self._parameters["random_state"].domain, "random_state", random_state, owner)
        random, codec = check_random_state(random_state), self._codec
        n_rows = n_samples or 1
        stages = self.network_.streaming(n_rows)
        for step in codec.prompt(prompt):
            outputs = stages(np.tile(step, (n_rows, 1)))
        drawn = np.empty((n_rows, n_steps, codec.n_features), dtype=np.float32)
        has_ended = np.zeros(n_rows, dtype=bool)
        for position in range(n_steps):
            drawn[:, position] = step = codec.draw(outputs, temperature, top_k, random)
            has_ended |= codec.is_end(step)
            if has_ended.all():
                break
            outputs = stages(step)
        sequences = [codec.decode(row) for row in drawn]
        return sequences[0] if n_samples is None else sequences

    def predict_proba(self, X: Any) -> list[NDArray[np.float64]]:
        """Return the probabilities of the next step, after each step of each sequence.

        Parameters
        ----------
        X
            As in ``fit``, of the same input type.

        Returns
        -------
        list of ndarray of shape (n_steps_i, n_tokens) or (n_steps_i, n_keys)
            For each sequence (a single text is one) the probability of each token, in the order
            of ``vocabulary_``, of the unknown token and, after a fit on a list, of the end; or of
            each key.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X is not accepted.
        """
        corpus = self._corpus(X)
        inputs = read_to_the_last(self._codec, corpus.sequences)
        found = [np.empty((n, self._codec.n_outputs)) for n in inputs.lengths]
        for rows, steps, outputs in iterate_outputs(self.network_.streaming, inputs):
            for row, part in zip(rows, self._codec.probabilities(outputs), strict=True):
                place = found[row][steps]
                place[:] = part[: len(place)]
        return [part[1:] for part in found]

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return the log-likelihood of each sequence, in nats.

        Parameters
        ----------
        X
            As in ``fit``, of the same input type. Unknown tokens count as one token.

        Returns
        -------
        ndarray of shape (n_samples,)
            With all its steps and, after a fit on a list of tokens or texts, its end.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X is not accepted.
        """
        return self._log_likelihoods(self._corpus(X))[0]

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the mean log-likelihood of a step; higher is better.

        Parameters
        ----------
        X
            As in ``score_samples``. Each sequence is read from its beginning to its end.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence, for all of its steps.

        Returns
        -------
        float
            Minus the cross-entropy in bits per token; of piano rolls in nats per step.

        Raises
        ------
        NotFittedError, ValueError, TypeError
            As ``score_samples`` does.
        """
        corpus = self._corpus(X)
        totals, lengths = self._log_likelihoods(corpus)
        weights = check_weights(X, sample_weight, len(totals))
        nats = float((weights @ totals) / (weights @ lengths))
        return nats if self.input_type_ == "piano_roll" else nats / math.log(2)

    @available_if(_has_tokens)
    def perplexity(self, X: Any) -> float:
        """Return the perplexity: 2 to the mean number of bits per token.

        Parameters
        ----------
        X
            As in ``score``, of which this is 2 ** -score.
        """
        return float(2.0 ** -self.score(X))

    @available_if(_has_characters)
    def bits_per_character(self, X: Any) -> float:
        """Return the cross-entropy in bits per character, which compares characters with words.

        Parameters
        ----------
        X
            As in ``score``. The bits of the ends of texts count as well.
        """
        corpus = self._corpus(X)
        totals, _ = self._log_likelihoods(corpus)
        n_characters = sum(len("".join(sequence)) for sequence in corpus.sequences)
        return float(-totals.sum() / n_characters / math.log(2))

    def _read(self, X: Any, sample_weight: Any, *, reset: bool) -> Corpus:
        """Return the training sequences whose weight is not 0."""
        if reset:
            corpus = read_corpus(X, self.input_type)
        else:
            self._refuse_changed(input_type=self.input_type_, **parameters_of(self._codec))
            corpus = self._corpus(X)
            self._codec.refuse_other_ends(corpus)
        self.input_type_ = corpus.input_type
        return corpus.weighted(check_weights(X, sample_weight, len(corpus)))

    def _corpus(self, X: Any) -> Corpus:
        check_is_fitted(self)
        return read_corpus(X, self.input_type_)

    def _log_likelihoods(self, corpus: Corpus) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the log-likelihood of each sequence, in nats, and its number of steps."""
        inputs, targets = read_and_next(self._codec, corpus.sequences)
        totals = np.zeros(len(inputs))
        for rows, steps, outputs in iterate_outputs(self.network_.streaming, inputs):
            following, real = targets.gather(rows, int(targets.lengths[rows].max()))
            wanted = self._codec.targets(following[:, steps])
            found = self._codec.log_likelihood(outputs.astype(np.float64), wanted)
            totals[rows] += np.where(real[:, steps], found, 0.0).sum(axis=1)
        return totals, inputs.lengths

    # ------------------------------------------------------------------ hooks of the base

    @property
    def _codec(self) -> StepCodec:
        """Return the codec of the fit."""
        codec: StepCodec = self.network_.target
        return codec

    @property
    def _advice(self) -> str:
        return ""

    def _split(self, data: Corpus) -> tuple[Corpus, Corpus]:
        if data.is_one_text:
            data = data.cut(self.chunk_length or len(data.sequences[0]))
        training, validation = hold_out(
            np.arange(len(data)),
            latest=data.is_one_text or self.validation == "latest",
            fraction=self.validation_fraction,
            random_state=self.random_state,
        )
        return data.take(training), data.take(validation)

    def _prepare(
        self, data: Corpus, split: tuple[Corpus, Corpus] | None
    ) -> FittedNetwork[StepCodec, StepCodec]:
        corpus = data if split is None else split[0]
        codec = (
            PianoRollCodec.learn(corpus)
            if corpus.input_type == "piano_roll"
            else TokenCodec.learn(
                corpus, int(self.min_count), self.handle_unknown, split[1] if split else None
            )
        )
        longest = max(map(len, corpus.sequences)) + codec.has_end
        longest = min(longest, self.chunk_length or longest)
        spec = ModelSpec(
            network=self._network_of(codec, longest),
            n_steps=None,
            n_features=codec.n_features,
            n_outputs=codec.n_outputs,
            **self._compiled_in(StepLoss(codec.loss)),
        )
        return FittedNetwork(spec, codec, codec, longest)

    def _resume(
        self, data: Corpus, split: tuple[Corpus, Corpus] | None
    ) -> FittedNetwork[StepCodec, StepCodec]:
        network = self._network_of(self._codec, self.network_.longest)
        return self._respecified(network, StepLoss(self._codec.loss))

    def _examples(
        self, data: Corpus, split: tuple[Corpus, Corpus] | None
    ) -> tuple[Examples, Examples | None]:
        if split is None:
            return examples(self._codec, data, self.chunk_length), None
        training, validation = (examples(self._codec, part, self.chunk_length) for part in split)
        return training, validation

    def _network_of(self, codec: StepCodec, longest: int) -> ModelBuilder:
        """Return the network for sequences of up to ``longest`` steps."""
        network = resolved(self._own_network(), longest)
        if not isinstance(network, StreamingNetwork) or network.looks_ahead:
            raise ValueError(
                f"network={self._network_name()} was given; a generator needs a causal network "
                "that runs one step at a time: a unidirectional recurrent network or a TCN."
            )
        return codec.network(network, int(self.embedding_dim))

    # ------------------------------------------------------------------ streams

    def _stream_task(self, n: int, method: str) -> StreamTask:
        """Return what a `Stream` of ``n`` sequences needs."""
        codec = self._codec
        return StreamTask(
            self.network_,
            AffineScaling.identity(codec.n_features),
            masks=False,
            read=partial(_read_step, codec),
            reader=OutputReader(codec.probabilities),
            opening=list(codec.edge()),
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _read_step(codec: StepCodec, x: Any, n_streams: int | None) -> NDArray[Any]:
    """Return a step of a stream, or of several, as the network reads it."""
    if n_streams is None:
        return codec.encode_steps([x])[0]
    if not isinstance(x, Iterable):
        raise TypeError(
            f"the step is {reprlib.repr(x)}; give a list of {n_streams}, one for each stream."
        )
    return codec.encode_steps(x)
