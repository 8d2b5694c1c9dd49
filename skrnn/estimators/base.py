"""What every estimator shares: parameters of training, fit, partial_fit and raw prediction."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn._all_or_nothing import all_or_nothing
from skrnn._parameters import validate
from skrnn._target_validation import require_both
from skrnn._validation import check_outputs
from skrnn.engine.feed import Examples, Inputs
from skrnn.engine.program import lease
from skrnn.engine.schedules import constant, schedule
from skrnn.engine.training import predict
from skrnn.estimators.holding_out import hold_out_at_random, hold_out_latest
from skrnn.estimators.observing import CallbackSupportMixin, reports, with_callbacks
from skrnn.estimators.preparing import PreparingEstimator
from skrnn.estimators.repeats import merge_repeats
from skrnn.estimators.stream_readers import Streamable
from skrnn.estimators.trainable import Trainable
from skrnn.sequences import Sequences


class BaseSequenceEstimator(CallbackSupportMixin, Streamable, PreparingEstimator):
    """Fit a network to sequences.

    A subclass gives the hooks of `PreparingEstimator`, and turns outputs of the network into
    predictions with `_predicted` and, where it has them, `_probabilities`.
    """

    _attributes = """
    n_features_in_ : int
        Columns of X, or features of a step.

    feature_names_in_ : ndarray of str
        Names of the columns, where X was a DataFrame with string names.
    """
    _attributes += Trainable._attributes

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
            arrays (n_steps_i, n_features), a DataFrame indexed by instance and time, or
            `Windows` of a series.
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
            If the loss or the weights stop being finite; the estimator stays as it was.
        """
        validate(self)
        require_both(X_val, y_val)
        going_on = self.warm_start and hasattr(self, "weights_")
        sequences, targets, weights = self._read(
            X, y, sample_weight, reset=not going_on, purge=int(self.purge)
        )
        if self.batch_size is None and not self.early_stopping and sequences.window is None:
            rows, weights = merge_repeats(sequences, targets, weights)
            sequences, targets = sequences.take(rows), targets[rows]
        kept, held_out = np.arange(len(sequences)), None
        if self.early_stopping and X_val is None:
            kept, held_out = self._hold_out(sequences, targets)
        prepare = self._go_on_with if going_on else partial(self._prepare, sequences)
        prepare(targets, weights, kept)
        examples, validation = self._examples(sequences, targets, weights), None
        if held_out is not None:
            examples, validation = examples.take(kept), examples.take(held_out)
        elif X_val is not None:
            validation = self._examples(*self._read(X_val, y_val, None, reset=False))
        epochs = self._n_epochs()
        watching = reports(self, epochs, X, y, sample_weight)
        rate = schedule(self.schedule, float(self.learning_rate), epochs)
        self._train(
            examples,
            epochs,
            rate,
            validation,
            going_on=going_on,
            watching=watching,
        )
        if validation is not None:
            self._settle(validation)
        return self

    @all_or_nothing
    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """Take one pass at a constant rate, preparing the network at the first call."""
        validate(self)
        fitted = hasattr(self, "weights_")
        sequences, y, weights = self._read(X, y, sample_weight, reset=not fitted)
        prepare = self._go_on_with if fitted else partial(self._prepare, sequences)
        prepare(y, weights, np.arange(len(sequences)))
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
        return self._new_keras_model()

    @abstractmethod
    def _predicted(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        """Return the predictions that outputs (n, n_outputs) stand for."""

    def _settle(self, validation: Examples) -> None:
        """Choose what is left to be chosen once the network is trained."""

    def _hold_out(
        self, sequences: Sequences, y: Any
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows to learn from and those to validate on."""
        if sequences.window is not None or self.validation == "latest":
            return hold_out_latest(
                sequences.times,
                fraction=self.validation_fraction,
                gap=max(int(self.purge), sequences.reach),
                share_rows=None if sequences.ends_at is None else sequences.share_rows,
            )
        return hold_out_at_random(
            len(sequences),
            fraction=self.validation_fraction,
            strata=self._strata(y),
            seed=self._seed(),
        )

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the network's outputs for X, (n_samples, n_outputs)."""
        sequences = self._without_padding(self._sequences(X))
        outputs = self._outputs_of(self._inputs(sequences))
        check_outputs(outputs)
        return outputs

    def _outputs_of(self, inputs: Inputs) -> NDArray[np.float64]:
        """Return the network's outputs for inputs that it sees."""
        with lease(self._spec) as program:
            program.load(self.weights_)
            return predict(program, inputs)
