"""The translator: from a sequence, or a vector, to a sequence of another length."""

from __future__ import annotations

import warnings
from functools import partial
from operator import add
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skrnn._all_or_nothing import all_or_nothing
from skrnn._conversion import check_order
from skrnn._parameters import validate
from skrnn._target_validation import check_weights, require_both
from skrnn._validation import check_outputs
from skrnn.engine.decoding import Decoder, Outcome, in_chunks, roll_out, search
from skrnn.engine.schedules import constant, schedule
from skrnn.estimators.determination import r2
from skrnn.estimators.holding_out import hold_out_at_random
from skrnn.estimators.observing import CallbackSupportMixin, reports, with_callbacks
from skrnn.estimators.translators.languages import Rows
from skrnn.estimators.translators.number_languages import NumberLanguage
from skrnn.estimators.translators.translating import TranslatingEstimator


def _attends(translator: Any) -> bool:
    """Tell whether a translator looks at the steps of its source."""
    return bool(translator.attention) and translator.source != "vector"


class SequenceTranslator(CallbackSupportMixin, TranslatingEstimator):
    """Predict a sequence from a sequence of another length, or from a vector.

    An encoder reads the source; a decoder gives the target step by step, until it says that the
    target ends (Sutskever, Vinyals and Le, 2014, arXiv:1409.3215; Bahdanau, Cho and Bengio,
    2015, arXiv:1409.0473). Texts, tokens of any kind and numbers stand on either side.

    Each token depends on those before it, of which the decoder sees the true ones in training
    (teacher forcing; Williams and Zipser, 1989, doi:10.1162/neco.1989.1.2.270) and its own
    afterwards. Numbers are not fed back, so that errors do not add up.

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
    >>> model = SequenceTranslator(target="words", epochs=60, random_state=0).fit(X[4:], y[4:])
    >>> model.predict(["12", "14"])
    ['one two', 'one four']
    """

    @all_or_nothing
    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train the network and return the fitted translator.

        Parameters
        ----------
        X : list or array-like
            Sources: a list of texts, of lists of tokens, or of arrays (n_steps_i, n_features);
            an array (n_samples, n_steps) or (n_samples, n_steps, n_features); or, with
            ``source="vector"``, an array or DataFrame (n_samples, n_features).
        y : list or array-like
            Targets, in the same forms; a target of numbers may have one axis, (n_steps_i,).
            Texts and lists of tokens may be empty, but not all. If all targets of numbers have
            one length, so have the predictions.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each step of a target counts; None counts all the same.
        X_val, y_val : default=None
            Sources and targets to validate on. Without them, ``early_stopping=True`` holds out
            a part of X, drawn at random.

        Returns
        -------
        self : object
            The fitted translator.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or sample_weight is not accepted; the translator stays as it was.
        FloatingPointError
            If the loss or the weights stop being finite; the translator stays as it was.
        """
        validate(self)
        require_both(X_val, y_val)
        sources, targets, weights, is_flat = self._read(X, y, sample_weight, reset=True)
        kept, held_out = np.arange(len(sources)), np.arange(0)
        if self.early_stopping and X_val is None:
            fraction, seed = self.validation_fraction, self._seed()
            kept, held_out = hold_out_at_random(
                len(sources), fraction=fraction, strata=None, seed=seed
            )
        learning = np.isin(np.arange(len(sources)), kept) * weights
        self._learn(sources, targets, is_flat, learning)
        pairs, other = self._pairs(sources, targets), None
        if X_val is not None:
            X_val, y_val, val_weights, _ = self._read(X_val, y_val, None, reset=False)
            other = self._pairs(X_val, y_val)
        self._spec = self._make_spec([*pairs[1], *(other[1] if other else [])])
        examples, validation = self._examples(pairs, weights), None
        if other is not None:
            validation = self._examples(other, val_weights)
        elif len(held_out):
            examples, validation = examples.take(kept), examples.take(held_out)
        epochs = int(self.epochs)
        rate = schedule(self.schedule, float(self.learning_rate), epochs)
        watching = reports(self, epochs, X, y, sample_weight)
        self._train(examples, epochs, rate, validation, going_on=False, watching=watching)
        return self

    @all_or_nothing
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Take one pass over new examples at a constant rate.

        Tokens, scaling and network come from the first call; the optimizer's state is kept from
        one call to the next.

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
            As in ``fit``, and for tokens that the first call did not have; the translator stays
            as it was.
        """
        validate(self)
        going_on = hasattr(self, "weights_")
        sources, targets, weights, is_flat = self._read(X, y, sample_weight, reset=not going_on)
        if not going_on:
            self._learn(sources, targets, is_flat, weights)
        elif isinstance(self._target, NumberLanguage):
            self._target = self._target.with_more(targets, weights)
        pairs = self._pairs(sources, targets)
        spec = self._make_spec(pairs[1])
        self._spec = self._spec_to_go_on(spec) if going_on else spec
        rate = constant(float(self.learning_rate))
        examples = self._examples(pairs, weights)
        self._train(examples, 1, rate, None, going_on=going_on, continuing=True)
        return self

    def predict(self, X: Any) -> Any:
        """Return a target for each source.

        Parameters
        ----------
        X : list or array-like
            Sources, in a form that ``fit`` takes, of any length.

        Returns
        -------
        list or ndarray
            In the form of y: a list of texts, of lists of tokens, or of arrays (n_steps_i,) or
            (n_steps_i, n_values); an array (n_samples, n_steps) or (n_samples, n_steps,
            n_values) where all targets of the fit had one length.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X is not accepted, or holds a token that the fit did not have.

        Warns
        -----
        UserWarning
            If predictions were cut off at ``max_length_`` because they did not end.
        """
        outcomes = self._decoded(self._sources(X))
        return self._target.written([self._target.decode(outcome) for outcome in outcomes])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of targets that are predicted without a mistake, or R2 for numbers.

        R2 is over all steps; as many are predicted as a target has.

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
        if self.target_ != "numbers":
            predicted = [self._target.decode(outcome) for outcome in self._decoded(sources)]
            right = [given == true for given, true in zip(predicted, targets, strict=True)]
            return float(np.average(right, weights=weights))
        lengths = np.array([len(target) for target in targets])
        rows = np.concatenate(self._decoded(sources, lengths))
        values = self._numbers().scaling.decode(rows.astype(np.float64))
        per_step = np.repeat(weights, lengths)
        return r2(np.concatenate(targets), values, per_step)

    @available_if(_attends)
    def attention_weights(self, X: Any, y: Any = None) -> list[NDArray[np.float64]]:
        """Return which steps of its source each step of a target looks at.

        Parameters
        ----------
        X : list or array-like
            Sources.
        y : list or array-like, default=None
            Targets; None takes those predicted.

        Returns
        -------
        list of ndarray of shape (n_target_steps_i, n_source_steps_i)
            Weights that sum to 1 over the steps of the source. Of texts and tokens, the last row
            is that of the end.
        """
        sources = self._sources(X)
        if y is None:
            rows = [outcome.reshape(len(outcome), -1) for outcome in self._decoded(sources)]
        else:
            rows = self._target.encode(self._read_target(y, len(sources), reset=False)[0])
        return [
            self._looks(*pair) for pair in zip(sources, map(self._target.given, rows), strict=True)
        ]

    def _looks(self, source: Rows, given: Rows) -> NDArray[np.float64]:
        """Return how each step of a target attends to a source."""
        decoder = Decoder(self._translator, self.weights_, [source], 1)
        looks = []
        for row in given:
            decoder(row[None])
            looks.append(decoder.attended[0, 0])
        return np.stack(looks).astype(np.float64)

    def _sources(self, X: Any) -> list[Rows]:
        """Return X, which the fitted translator is to predict for, as the network sees it."""
        check_is_fitted(self)
        return self._source.encode(self._read_source(X, reset=False))

    def _decoded(
        self, sources: list[Rows], lengths: NDArray[np.int64] | None = None
    ) -> list[NDArray[Any]]:
        """Return numbers of tokens, or values, for each source; of values so many, if told."""
        width = self._checked_beam()

        def decode(first: int, last: int) -> list[Outcome]:
            decoder = Decoder(self._translator, self.weights_, sources[first:last], width)
            check_outputs(decoder.summary, lambda row: first + row // width)
            if self.target_ != "numbers":
                return search(decoder, width, self.max_length_)
            numbers = self._numbers()
            wanted = self.max_length_ if lengths is None else lengths[first:last]
            if lengths is None and numbers.n_steps is not None:
                wanted = np.full(decoder.n_sources, numbers.n_steps)
            return roll_out(decoder, numbers.n_values, wanted)

        outcomes = in_chunks(decode, len(sources), width)
        for row, (outcome, _) in enumerate(outcomes):
            check_outputs(outcome[None], partial(add, row))
        n_cut = sum(not ended for _, ended in outcomes)
        if n_cut:
            warnings.warn(
                f"{n_cut} of {len(outcomes)} predictions did not end within max_length_="
                f"{self.max_length_} and were cut off there; train for longer, or set max_length.",
                stacklevel=3,
            )
        return [outcome for outcome, _ in outcomes]
