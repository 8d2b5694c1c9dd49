"""Public class of the translator: a sequence or vector to a sequence of another length."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn._conversion import check_order
from skrnn._rollback import rollback_on_error
from skrnn._typing import BaseEstimator, CallbackSupportMixin, available_if, with_callbacks
from skrnn._validation import check_weights, require_both, require_target
from skrnn.engine.batches import Examples
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.model_spec import ModelSpec
from skrnn.estimators.base import WARM_START, BaseNetworkEstimator
from skrnn.estimators.determination import r2
from skrnn.estimators.network_parameter import RECURRENT, NetworkParameterMixin
from skrnn.estimators.seq2seq.codecs import Rows, SequenceCodec, TargetCodec
from skrnn.estimators.seq2seq.decoding import (
    FittedTranslator,
    attention_to,
    decode_targets,
    encoder_decoder,
)
from skrnn.estimators.seq2seq.number_codecs import NumberCodec
from skrnn.estimators.seq2seq.pairs import (
    PairData,
    encode_pairs,
    learn_source,
    learn_target,
    n_decoder_steps,
    padded_examples,
)
from skrnn.estimators.seq2seq.reading import in_known_form, infer_type, read_sources, read_targets
from skrnn.estimators.sklearn_callbacks import reports
from skrnn.estimators.trainer import Start
from skrnn.estimators.validation_split import VALIDATION, hold_out, trained_on, without_purged
from skrnn.networks.base import WIDTH
from skrnn.networks.wrappers.seq2seq import EncoderDecoder, check_layers, in_both_directions
from skrnn.parameters import BOOLEAN, NONE, fitted, integers, one_of, parameter, require, validate
from skrnn.preprocessing.vocabulary import HANDLE_UNKNOWN, MIN_COUNT, ids_of, parameters_of

Indices = NDArray[np.int64]


def _attends(translator: Any) -> bool:
    """Tell whether a translator looks at the steps of its source, or may once it is fitted."""
    if translator._has_network():
        return encoder_decoder(translator.network_).attention
    return bool(translator.attention) and translator.input_type != "vector"


class SequenceTranslator(
    CallbackSupportMixin, NetworkParameterMixin, BaseEstimator, BaseNetworkEstimator
):
    """Predict a sequence from a sequence of another length, or from a vector.

    An encoder reads the source; a decoder predicts the target step by step until its end
    (Sutskever, Vinyals and Le, 2014, arXiv:1409.3215; Bahdanau, Cho and Bengio, 2015,
    arXiv:1409.0473). Source and target are texts, tokens or numeric values.

    The decoder reads the preceding tokens of the target: the true ones in training (teacher
    forcing; Williams and Zipser, 1989, doi:10.1162/neco.1989.1.2.270), its own in prediction.
    Numeric values are not fed back, so that errors do not accumulate.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import SequenceTranslator
    >>> words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    >>> X = [f"{a}{b}" for a in range(1, 10) for b in range(1, 10)]
    >>> y = [f"{words[int(x[0]) - 1]} {words[int(x[1]) - 1]}" for x in X]
    >>> model = SequenceTranslator(target_type="words", epochs=60, random_state=0).fit(X[4:], y[4:])
    >>> model.predict(["12", "14"])
    ['one two', 'one four']
    """

    input_type: str = parameter(
        default="auto",
        domain=one_of("auto", "characters", "words", "tokens", "values", "vector"),
        doc="""Type of X: texts, read as "characters" or as "words", which are split at white
        space; lists of hashable "tokens"; sequences of numeric "values"; or one "vector" per row,
        without time steps. "auto" reads texts as characters, integers as tokens, and floats,
        3-D arrays and lists of 2-D arrays as values.""",
    )
    target_type: str = parameter(
        default="auto",
        domain=one_of("auto", "characters", "words", "tokens", "values"),
        doc="Type of y, as for ``input_type``. Predictions have the same form.",
    )
    network: Any = RECURRENT
    bidirectional: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="""Read the source in both directions (Schuster and Paliwal, 1997,
        doi:10.1109/78.650093).""",
    )
    attention: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="""Let each step of the decoder attend to all steps of the encoder (Luong, Pham and
        Manning, 2015, arXiv:1508.04025), in addition to the encoder's last state.""",
    )
    embedding_dim: int = parameter(
        default=32, domain=WIDTH, doc="Size of the embedding of each token."
    )
    min_count: int = MIN_COUNT
    handle_unknown: str = HANDLE_UNKNOWN
    beam_width: int = parameter(
        default=1,
        domain=integers(1, 2**10),
        doc="""Number of hypotheses that beam search keeps in ``predict``; 1 is greedy decoding.
        For tokens only.""",
    )
    max_length: int | None = parameter(
        default=None,
        domain=integers(1, 2**16) | NONE,
        doc="""Length at which a prediction that does not end is cut off, with a warning; None
        is twice the longest target of the fit.""",
    )
    validation: str = VALIDATION
    purge: int = parameter(
        default=0,
        domain=integers(0),
        doc="""Number of the last pairs that ``fit`` excludes from training, and of pairs left out
        before the validation set with ``validation="latest"``. If pairs are consecutive windows
        of one series and the ``horizon`` steps after each, the last horizon - 1 targets are not
        yet complete when the steps after X begin.""",
    )
    warm_start: bool = WARM_START
    _attributes = f"""
    input_type_, target_type_ : str
        Types of X and y.

    vocabulary_, target_vocabulary_ : dict of hashable to int
        Id of each token of X, and of y, from 1, the most frequent first. Id 0 is the unknown
        token in X, and the end of the target in y. Values and vectors have no vocabulary.

    max_length_ : int
        Length at which a prediction is cut off.
    {BaseNetworkEstimator._attributes}"""
    network_: FittedTranslator = fitted()
    input_type_: str = fitted()
    target_type_: str = fitted()
    max_length_: int = fitted()

    @property
    def vocabulary_(self) -> Mapping[Any, int]:
        """Return the id of each token of X."""
        return ids_of(self.network_.encoder)

    @property
    def target_vocabulary_(self) -> Mapping[Any, int]:
        """Return the id of each token of y."""
        return ids_of(self.network_.target)

    @rollback_on_error
    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Fit the translator.

        Parameters
        ----------
        X : list or array-like
            Sources: a list of texts, of lists of tokens, or of arrays (n_steps_i, n_features);
            an array (n_samples, n_steps) or (n_samples, n_steps, n_features); or, with
            ``input_type="vector"``, an array or DataFrame (n_samples, n_features).
        y : list or array-like
            Targets, in the same forms; a target with one value per step may be 1-D, (n_steps_i,).
            Texts and lists of tokens may be empty, but not all of them. If all targets are
            values and have one length, predictions have that length, too.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each pair, for all steps of its target; None weights all equally.
        X_val, y_val : default=None
            Sources and targets to validate on, in the forms of X and y. Without them,
            ``early_stopping=True`` holds out part of X.

        Returns
        -------
        self : object
            The fitted translator.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or sample_weight is not accepted; the translator is left
            unchanged.
        FloatingPointError
            If the loss or the weights stop being finite; the translator is left unchanged.
        """
        validate(self)
        require_both(X_val, y_val)
        resumes = self.warm_start and self._is_resumable()
        data = self._read(X, y, sample_weight, reset=not resumes, purge=int(self.purge))
        if X_val is not None:
            data = replace(data, validation=self._read(X_val, y_val, None, reset=False))
        self._train(
            data,
            Start.FROM_WEIGHTS if resumes else Start.NEW,
            validation_data=None if X_val is None else lambda: data.validation,
            observers=lambda epochs: reports(self, epochs, X, y, sample_weight),
        )
        return self

    @rollback_on_error
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on new pairs at a constant learning rate.

        The first call sets the vocabularies and the scaling and builds the network; the state of
        the optimizer is kept between calls.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        self : object
            The fitted translator.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``, and for tokens of y that the first call did not have; the translator
            is left unchanged.
        """
        validate(self)
        data = self._read(X, y, sample_weight, reset=not self._is_resumable())
        self._train(data, Start.CONTINUE)
        return self

    def predict(self, X: Any) -> Any:
        """Predict the target of each source.

        Parameters
        ----------
        X : list or array-like
            Sources of any length, in any form that ``fit`` accepts.

        Returns
        -------
        list or ndarray
            In the form of y: a list of texts, of lists of tokens, or of arrays (n_steps_i,) or
            (n_steps_i, n_values); an array (n_samples, n_steps) or (n_samples, n_steps,
            n_values) if all targets of the fit had one length.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X is not accepted, or holds an unknown token and ``handle_unknown="error"``.

        Warns
        -----
        UserWarning
            If predictions were cut off at ``max_length_`` because they did not end.
        """
        outcomes = self._decoded(self._sources(X))
        target = self.network_.target
        return target.to_user_format([target.decode(outcome) for outcome in outcomes])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the fraction of targets that are predicted exactly, or R2 for values.

        R2 is over all steps, for predictions as long as the targets.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
            1 is best.
        """
        sources = self._sources(X)
        targets, _ = self._read_target(y, len(sources), reset=False)
        check_order(X, y, "y")
        weights = check_weights(X, sample_weight, len(sources))
        target = self.network_.target
        if not isinstance(target, NumberCodec):
            predicted = [target.decode(outcome) for outcome in self._decoded(sources)]
            right = [given == true for given, true in zip(predicted, targets, strict=True)]
            return float(np.average(right, weights=weights))
        target.check(targets)
        lengths = np.array(list(map(len, targets)))
        rows = np.concatenate(self._decoded(sources, lengths))
        values = target.scaling.decode(rows.astype(np.float64))
        per_step = np.repeat(weights, lengths)
        return r2(np.concatenate(targets), values, per_step)

    @available_if(_attends)
    def attention_weights(self, X: Any, y: Any = None) -> list[NDArray[np.float64]]:
        """Return the attention weights of each step of a target over the steps of its source.

        Parameters
        ----------
        X : list or array-like
            Sources.
        y : list or array-like, default=None
            Targets; None uses the predicted ones.

        Returns
        -------
        list of ndarray of shape (n_target_steps_i, n_source_steps_i)
            Weights that sum to 1 over the steps of the source. For texts and tokens, the last row
            belongs to the end of the target.
        """
        sources = self._sources(X)
        if y is None:
            rows = [
                outcome[:, None] if outcome.ndim == 1 else outcome
                for outcome in self._decoded(sources)
            ]
        else:
            rows = self.network_.target.encode(self._read_target(y, len(sources), reset=False)[0])
        return [
            attention_to(self.network_, source, self.network_.target.decoder_inputs(target))
            for source, target in zip(sources, rows, strict=True)
        ]

    def _is_resumable(self) -> bool:
        """Return whether there is a fit to continue; raise ValueError for other types of data."""
        if self._has_network():
            types = {"input_type": self.input_type_, "target_type": self.target_type_}
            self._refuse_changed(**types, **parameters_of(self.network_.encoder))
        return self._has_network()

    def _read(self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0) -> PairData:
        """Return the pairs whose weight is not 0, without the last ``purge`` ones."""
        sources = self._read_source(X, reset=reset)
        targets, is_flat = self._read_target(y, len(sources), reset=reset)
        check_order(X, y, "y")
        weights = check_weights(X, sample_weight, len(sources))
        if purge:
            weights = without_purged(np.arange(len(sources)), weights, purge)
        rows = np.flatnonzero(weights)
        return PairData(
            [sources[row] for row in rows], [targets[row] for row in rows], weights[rows], is_flat
        )

    def _read_source(self, X: Any, *, reset: bool) -> list[Any]:
        """Return what to encode of each source."""
        X = in_known_form(X, "X")
        kind = infer_type(X, "X", self.input_type if reset else self.input_type_)
        if reset:
            self.input_type_ = kind
        return read_sources(self, X, kind, reset=reset)

    def _read_target(self, y: Any, n_sources: int, *, reset: bool) -> tuple[list[Any], bool]:
        """Return what to encode of each target, and whether each step has one number."""
        require_target(self, y)
        y = in_known_form(y, "y")
        kind = infer_type(y, "y", self.target_type if reset else self.target_type_)
        if reset:
            self.target_type_ = kind
        return read_targets(y, kind, n_sources)

    def _sources(self, X: Any) -> list[Rows]:
        """Return X, which the fitted translator is to predict for, as the network sees it."""
        check_is_fitted(self)
        return self.network_.encoder.encode(self._read_source(X, reset=False))

    def _decoded(
        self, sources: list[Rows], lengths: NDArray[np.int64] | None = None
    ) -> list[NDArray[Any]]:
        """Return the target decoded for each source, as token ids or ``lengths`` values."""
        width = self._check_beam(self.network_.target)
        outcomes = decode_targets(self.network_, sources, width, self.max_length_, lengths)
        n_cut = sum(not ended for _, ended in outcomes)
        if n_cut:
            warnings.warn(
                f"{n_cut} of {len(outcomes)} predictions did not end within max_length_="
                f"{self.max_length_} and were cut off there; train for longer, or set max_length.",
                stacklevel=3,
            )
        return [outcome for outcome, _ in outcomes]

    def _check_beam(self, target: TargetCodec) -> int:
        """Return the width of the beam, which may change between predictions."""
        width = self.beam_width
        require(self._parameters["beam_width"].domain, "beam_width", width, type(self).__name__)
        if width > 1 and isinstance(target, NumberCodec):
            raise ValueError(f"beam_width={width} is for tokens, and y holds numbers; give 1.")
        return int(width)

    # ------------------------------------------------------------------ hooks of the base

    @property
    def _advice(self) -> str:
        return ""

    def _split(self, data: PairData) -> tuple[Indices, Indices]:
        return hold_out(
            np.arange(len(data)),
            latest=self.validation == "latest",
            fraction=self.validation_fraction,
            random_state=self.random_state,
            gap=int(self.purge),
        )

    def _prepare(self, data: PairData, split: tuple[Indices, Indices] | None) -> FittedTranslator:
        counted, longest = trained_on(data.weights, split), data.longest_target
        self.max_length_ = int(self.max_length or 2 * longest)
        target = learn_target(self.target_type_, data, counted)
        self._check_beam(target)
        source = learn_source(
            self.input_type_,
            data,
            counted,
            min_count=int(self.min_count),
            handle_unknown=self.handle_unknown,
        )
        spec = self._spec_for(self._encoder_decoder(source, target, data), target)
        return FittedNetwork(spec, source, target)

    def _resume(self, data: PairData, split: tuple[Indices, Indices] | None) -> FittedTranslator:
        before = encoder_decoder(self.network_)
        self.max_length_ = int(self.max_length or max(self.max_length_, 2 * data.longest_target))
        target = self.network_.target.with_more(data.targets, trained_on(data.weights, split))
        now = self._encoder_decoder(self.network_.encoder, target, data)
        n_steps = max(before.n_steps, now.n_steps)
        now = now.with_steps(n_steps)
        self._refuse_other_network(before.with_steps(n_steps), now)
        return replace(self.network_.with_spec(self._spec_for(now, target)), target=target)

    def _examples(
        self, data: PairData, split: tuple[Indices, Indices] | None
    ) -> tuple[Examples, Examples | None]:
        pairs = encode_pairs(self.network_.encoder, self.network_.target, data)
        n_steps = encoder_decoder(self.network_).n_steps
        return padded_examples(pairs, data.weights, n_steps).split(split)

    def _encoder_decoder(
        self, source: SequenceCodec, target: TargetCodec, data: PairData
    ) -> EncoderDecoder:
        """Return the network for targets as long as those of the data."""
        decoder = check_layers(self._own_network(), self._network_name())
        return EncoderDecoder(
            encoder=in_both_directions(decoder) if self.bidirectional else decoder,
            decoder=decoder,
            source=source.side,
            target=target.decoder_input_spec,
            n_steps=n_decoder_steps(target, data),
            embedding_dim=int(self.embedding_dim),
            attention=bool(self.attention),
        )

    def _spec_for(self, network: EncoderDecoder, target: TargetCodec) -> ModelSpec:
        return ModelSpec(
            network=network,
            n_steps=None,
            n_features=max(network.source.n_columns, network.target.n_columns),
            n_outputs=target.n_outputs,
            **self._compiled_in(target.loss),
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags
