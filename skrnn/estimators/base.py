"""What every estimator shares: parameters of training, fit, partial_fit and raw prediction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skrnn._parameters import plain, validate
from skrnn.engine.feed import Examples, Inputs
from skrnn.engine.program import Program, lease
from skrnn.engine.progress import ProgressBar
from skrnn.engine.schedules import Rate, constant, schedule
from skrnn.engine.spec import Spec
from skrnn.engine.training import Plan, State, predict, train
from skrnn.estimators.all_or_nothing import all_or_nothing
from skrnn.estimators.holding_out import hold_out
from skrnn.estimators.observing import CallbackSupportMixin, Report, with_callbacks
from skrnn.estimators.parameters import TrainingParameters
from skrnn.estimators.repeats import merge_repeats
from skrnn.networks.base import Network
from skrnn.preprocessing.scaling import Standardiser
from skrnn.sequences import Sequences, SequenceShape, check_shape, read_sequences


class BaseSequenceEstimator(CallbackSupportMixin, BaseEstimator, TrainingParameters):
    """Fit a network to sequences; a subclass says what the targets are.

    A subclass gives `_learn_target`, `_encode_target` and ``loss``, and turns the outputs
    of `_outputs` into predictions.
    """

    _attributes = """
    n_features_in_ : int
        Columns of X, or features of a step.

    feature_names_in_ : ndarray of str
        Names of the columns, where X was a DataFrame with string names.

    weights_ : tuple of ndarray
        The weights of the network.

    history_ : dict of str to list of float
        ``loss`` and, with validation, ``val_loss`` of each epoch.

    n_iter_ : int
        Epochs trained.

    backend_ : str
        The Keras backend of the fit.
    """
    loss: Any
    _spec: Spec
    _shape: SequenceShape
    _scaling: Standardiser
    weights_: tuple[NDArray[Any], ...]
    history_: dict[str, list[float]]
    n_iter_: int
    backend_: str
    _optimizer_state: list[NDArray[Any]] | None

    @abstractmethod
    def _learn_target(self, y: Any, weights: NDArray[np.float64]) -> None:
        """Learn from the targets of a first fit what `_encode_target` needs."""

    @abstractmethod
    def _encode_target(self, y: Any) -> NDArray[np.float32]:
        """Return checked targets as the network is to give them, (n_samples, n_outputs)."""

    @abstractmethod
    def _check_target(self, y: Any, n_samples: int) -> Any:
        """Return y as an array, or raise."""

    @abstractmethod
    def _loss(self) -> str | Callable[..., Any]:
        """Return the loss in force."""

    def _weigh(self, y: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sample weights, times whatever the task adds to them."""
        del y
        return weights

    def _strata(self, y: Any) -> Any:
        """Return labels whose shares a random validation part keeps, or None."""
        del y

    def _n_epochs(self) -> int:
        """Return how many epochs a fit takes."""
        return int(self.epochs)

    @all_or_nothing
    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train the network and return the fitted estimator.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays (n_steps_i, n_features), or a DataFrame indexed by instance and time.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sequence counts; None counts all the same.
        X_val, y_val : default=None
            Sequences and targets to validate on, in the forms of X and y. Without them,
            ``early_stopping=True`` holds out a part of X.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or sample_weight is not accepted; the estimator stays as
            it was.
        FloatingPointError
            If the loss stops being finite; the estimator stays as it was.
        """
        validate(self)
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together; one of them was given alone.")
        going_on = self.warm_start and hasattr(self, "weights_")
        sequences, targets, weights = self._read(X, y, sample_weight, reset=not going_on)
        if self.batch_size is None and not self.early_stopping:
            rows, weights = merge_repeats(sequences, targets, weights)
            sequences, targets = sequences.take(rows), targets[rows]
        kept, held_out = np.arange(len(sequences)), None
        if self.early_stopping and X_val is None:
            kept, held_out = self._hold_out(targets)
        if not going_on:
            self._prepare(sequences, targets, weights, kept)
        examples, validation = self._examples(sequences, targets, weights), None
        if held_out is not None:
            examples, validation = examples.take(kept), examples.take(held_out)
        elif X_val is not None:
            validation = self._examples(*self._read(X_val, y_val, None, reset=False))
        epochs = self._n_epochs()
        report = Report(self, epochs, X, y, sample_weight)
        rate = schedule(self.schedule, float(self.learning_rate), epochs)
        self._train(examples, epochs, rate, validation, going_on=going_on, report=report)
        report.end()
        return self

    @all_or_nothing
    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """Take one pass at a constant rate, preparing the network at the first call."""
        validate(self)
        fitted = hasattr(self, "weights_")
        sequences, y, weights = self._read(X, y, sample_weight, reset=not fitted)
        if not fitted:
            self._prepare(sequences, y, weights, np.arange(len(sequences)))
        examples = self._examples(sequences, y, weights)
        rate = constant(float(self.learning_rate))
        epochs = min(1, self._n_epochs())
        self._train(examples, epochs, rate, None, going_on=fitted, continuing=True)
        return self

    def to_keras(self) -> Any:
        """Return a new Keras model with the fitted weights.

        Its inputs are sequences padded with zeros on the right, scaled as in ``fit``, and
        their lengths; its outputs are in the units of the loss: scaled targets, or one
        logit for each class.

        Returns
        -------
        keras.Model
            Inputs float (batch, n_steps, n_features) and int (batch,).
        """
        check_is_fitted(self)
        program = Program(self._spec)
        program.load(self.weights_)
        program.steps.write_back()
        return program.model

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool
    ) -> tuple[Sequences, Any, NDArray[np.float64]]:
        """Return what a user passed, checked, with the weights in force.

        A sequence that weighs nothing takes no part in anything.
        """
        sequences = read_sequences(self, X, reset=reset)
        if not reset:
            check_shape(self, sequences, self._shape)
        y = self._check_target(y, len(sequences))
        weights = _check_sample_weight(
            sample_weight,
            np.empty((len(sequences), 1)),
            dtype=np.float64,
            ensure_non_negative=True,
        )
        weights = self._weigh(y, weights)
        if not (weights > 0).any():
            raise ValueError("all weights are 0; at least one sequence has to count.")
        counted = np.flatnonzero(weights)
        return sequences.take(counted), y[counted], weights[counted]

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
        counted = np.zeros(len(weights))
        counted[kept] = weights[kept]
        network = self._make_network()
        validate(network)
        self._shape = SequenceShape(sequences.n_steps, sequences.n_features)
        if network.needs_fixed_length and sequences.n_steps is None:
            raise ValueError(
                f"X has sequences of {sequences.lengths.min()} to {sequences.longest} steps, "
                f"but network={self._network_name()} ignores lengths; use one that takes "
                "(inputs, lengths), or give sequences of one length."
            )
        self._scaling = (
            Standardiser.fit(sequences.steps, sequences.step_weights(counted))
            if self.scale_input
            else Standardiser.identity(sequences.n_features)
        )
        self._learn_target(y, counted)
        indicator = self.missing == "mask"
        self._spec = Spec(
            network=network.resolve(sequences.longest),
            n_steps=sequences.n_steps if network.needs_fixed_length else None,
            n_features=sequences.n_features * (2 if indicator else 1),
            n_outputs=self._encode_target(y[:1]).shape[1],
            loss=self._loss(),
            optimizer=self.optimizer,
            global_clipnorm=self.global_clipnorm,
        )

    def _make_network(self) -> Network:
        """Return the network that this estimator's own parameters describe."""
        kind = next(
            kind
            for kind in type(self).__mro__
            if issubclass(kind, Network) and not issubclass(kind, BaseEstimator)
        )
        return kind(**{name: plain(getattr(self, name)) for name in kind._parameters})

    def _network_name(self) -> str:
        return type(self).__name__

    def _inputs(self, sequences: Sequences) -> Inputs:
        network = self._spec.network
        indicator = self._spec.n_features > self._shape.n_features
        if indicator and not network.keeps_missing_steps:
            sequences = sequences.without_missing_steps()
        return Inputs(sequences, self._scaling, indicator)

    def _examples(self, sequences: Sequences, y: Any, weights: NDArray[np.float64]) -> Examples:
        return Examples(self._inputs(sequences), self._encode_target(y), weights)

    def _hold_out(self, y: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows to learn from and those to validate on."""
        return hold_out(
            len(y),
            rule=self.validation,
            fraction=self.validation_fraction,
            strata=self._strata(y),
            seed=self._seed(),
        )

    def _train(
        self,
        examples: Examples,
        epochs: int,
        rate: Rate,
        validation: Examples | None,
        *,
        going_on: bool,
        continuing: bool = False,
        report: Report | None = None,
    ) -> None:
        """Train, from new weights or from those of the fit before, and take over the result.

        ``continuing`` keeps the optimizer's state and the count of epochs as well.
        """
        n_done = self.n_iter_ if going_on else 0
        seed = self._seed(n_done)
        plan = Plan(
            epochs=epochs,
            batch_size=None if self.batch_size is None else int(self.batch_size),
            shuffle=bool(self.shuffle),
            rate=rate,
            early_stopping=bool(self.early_stopping) and not continuing,
            patience=int(self.patience),
            seed=seed,
        )
        with lease(self._spec) as program:
            start = State(program.fresh_state(seed, self._spec.network.rates()))
            if going_on:
                start.values = program.with_weights(start.values, self.weights_)
                start.optimizer = self._optimizer_state if continuing else None
            observers: list[Any] = [ProgressBar(epochs)] if self.verbose else []
            observers += [report] if report else []
            callbacks = self.callbacks or ()
            state = train(program, start, examples, plan, validation, callbacks, observers)
            self.weights_ = program.weights_of(state.values)
        self._optimizer_state = state.optimizer if continuing else None
        self._take_history(state, n_done if continuing else 0)

    def _take_history(self, state: State, n_done: int) -> None:
        """Record the losses and the number of epochs, after those done before."""
        import keras

        before = self.history_ if n_done else {}
        self.history_ = {
            name: [*before.get(name, []), *values] for name, values in state.history.items()
        }
        self.n_iter_ = n_done + len(state.history["loss"])
        self.backend_ = keras.backend.backend()

    def _seed(self, n_done: int = 0) -> int:
        """Return the seed of a fit that goes on after ``n_done`` epochs."""
        drawn = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        if n_done == 0:
            return int(drawn)
        return int(np.random.SeedSequence([drawn, n_done]).generate_state(1)[0] >> 1)

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the network's outputs for X, (n_samples, n_outputs)."""
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        check_shape(self, sequences, self._shape)
        with lease(self._spec) as program:
            program.load(self.weights_)
            return predict(program, self._inputs(sequences))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.input_tags.three_d_array = True
        return tags
