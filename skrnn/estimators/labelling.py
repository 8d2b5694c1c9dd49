"""The labeller: from a sequence to a class, several labels or a number at every step."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from skrnn._parameters import BOOLEAN, FUNCTION, NONE, fitted, one_of, parameter
from skrnn._target_validation import check_weights, require_target
from skrnn.engine.losses import CLASSIFICATION, MULTILABEL, REGRESSION
from skrnn.engine.step_losses import StepLoss
from skrnn.estimators.at_steps.events import EventRule
from skrnn.estimators.at_steps.finding_events import FindsEvents, has_probabilities
from skrnn.estimators.at_steps.step_targets import StepTargets, read_step_targets
from skrnn.estimators.at_steps.step_tasks import Classes, Labels, Numbers, StepTask, task_of
from skrnn.estimators.at_steps.truncated import TruncatedBackpropagation
from skrnn.estimators.choice import NetworkChoice
from skrnn.estimators.classes import CLASS_WEIGHT, LearnsClasses, refuse_probabilities
from skrnn.estimators.determination import r2
from skrnn.networks import Network
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.steps import EveryStep
from skrnn.sequences import Sequences


class SequenceLabeller(NetworkChoice, TruncatedBackpropagation, FindsEvents, LearnsClasses):
    """Predict a class, several labels or a number at every step of sequences.

    The network is any architecture that has features at each step: by name, as a network
    object or as a function to a KerasTensor (batch, n_steps, n_features).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceLabeller
    >>> X = np.random.default_rng(0).normal(size=(32, 20, 1))  # 32 sequences, 20 steps
    >>> y = np.where(X[:, :, 0] > 0, "up", "down")  # a label for each step
    >>> model = SequenceLabeller(random_state=0).fit(X, y)
    >>> model.predict(X).shape
    (32, 20)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    task: str = parameter(
        default="auto",
        domain=one_of("auto", "classes", "labels", "numbers"),
        doc="""What stands at each step: one of several "classes"; any number of "labels", each
        0 or 1; or one or more "numbers". "auto" takes y of one value a step for classes,
        unless it holds fractions, and of several for labels if all are 0 or 1.""",
    )
    causal: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Let no output depend on steps after its own, for live use. Otherwise a network
        given by name reads sequences in both directions (Schuster and Paliwal, 1997,
        doi:10.1109/78.650093); a network object is taken as it is.""",
    )
    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*CLASSIFICATION, *MULTILABEL, *REGRESSION) | FUNCTION,
        doc="""What training makes small: a name, a Keras loss, or a function from targets and
        outputs (n, n_outputs) to one loss for each step. None is the cross-entropy, the binary
        one for labels, and the mean squared error for numbers, which are standardised.""",
    )
    class_weight: Any = CLASS_WEIGHT
    _attributes = f"""{LearnsClasses._attributes.rstrip()}

    task_ : str
        "classes", "labels" or "numbers".

    classes_ : ndarray of shape (n_classes,)
        The classes, sorted, where there are classes.

    event_rule_ : EventRule
        ``threshold`` and ``min_length`` of an event, where there are classes or labels.
    """
    task_: str = fitted()
    _task: StepTask = fitted()

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train the network and return the fitted labeller.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays (n_steps_i, n_features), or a DataFrame indexed by instance and time. One
            long series is a list of one array.
        y : array-like, Series, DataFrame or list
            Targets, in the form of X: an array (n_samples, n_steps) or
            (n_samples, n_steps, n_targets), a list of arrays (n_steps_i,) or
            (n_steps_i, n_targets), or a row for each row of a panel.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each step of a sequence counts; None counts all the same.
        X_val, y_val : default=None
            Sequences and targets to validate on, in the forms of X and y. Without them,
            ``early_stopping=True`` holds out a part of X, or of its pieces.

        Returns
        -------
        self : object
            The fitted labeller.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or sample_weight is not accepted; the labeller stays as it was.
        FloatingPointError
            If the loss or the weights stop being finite; the labeller stays as it was.
        """
        return super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val)

    def predict(self, X: Any) -> Any:
        """Return the class, the labels or the numbers at each step.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences of any length, in any form that ``fit`` takes, with the fit's features.

        Returns
        -------
        array, list of arrays, Series or DataFrame
            In the form of X, as y is: an array (n_samples, n_steps) or
            (n_samples, n_steps, n_targets), a list for a list and for windows of which some are
            incomplete, pandas with the index of a panel.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X has other features than in the fit, or holds NaN.
        """
        return self._at_each_step(X, self._predicted)

    @available_if(has_probabilities)
    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, or of each label, at each step.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        array, list of arrays or DataFrame
            In the form of X, with a last axis in the order of ``classes_``, which sums to 1, or
            of the labels, each a probability of its own.
        """
        return self._at_each_step(X, self._probabilities)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy over all steps, or R2 for numbers.

        A step with several labels is right if all of them are.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        """
        from sklearn.metrics import accuracy_score

        sequences = self._sequences(X)
        targets = self._check_target(X, y, sequences)
        sequences, outputs = self._step_outputs(sequences)
        targets = targets.shortened(sequences.lengths)
        weights = targets.per_step(check_weights(X, sample_weight, len(sequences)))
        predicted = self._predicted(outputs)
        if self.task_ == "numbers":
            return r2(targets.values, predicted, weights)
        return float(accuracy_score(targets.values, predicted, sample_weight=weights))

    # ------------------------------------------------------------------ hooks of the base

    def _read_whole(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, purge: int = 0
    ) -> tuple[Sequences, Any, NDArray[np.float64]]:
        require_target(self, y)
        return super()._read_whole(X, y, sample_weight, reset=reset, purge=purge)

    def _check_target(self, X: Any, y: Any, sequences: Sequences) -> StepTargets:
        return read_step_targets(X, y, sequences)

    def _learn_target(self, y: StepTargets, weights: NDArray[np.float64]) -> None:
        values, per_step = y.values, y.per_step(weights)
        self.task_ = task_of(values) if self.task == "auto" else self.task
        if self.class_weight is not None and self.task_ != "classes":
            raise ValueError(
                f"class_weight={self.class_weight!r} is for classes, and y holds {self.task_} at "
                "each step; give None, or sample_weight in fit."
            )
        if self.task_ == "numbers":
            self._task = Numbers.learn(values, per_step)
            return
        self.event_rule_ = self._rule(EventRule())
        if self.task_ == "labels":
            self._task = Labels(y.table.n_features, y.is_flat)
            return
        if values.ndim > 1:
            raise ValueError(
                f"y has {values.shape[1]} values at each step, and task='classes' takes one class."
            )
        self._learn_classes(values)
        counted = values[per_step > 0]
        self._task = Classes.learn(self.classes_, counted, self.class_weight, self.background)

    def _learn_more_of_target(self, y: StepTargets, weights: NDArray[np.float64]) -> None:
        if isinstance(self._task, Numbers):
            self._check_width(y)
            self._task = self._task.with_more(y.values, y.per_step(weights))

    def _check_width(self, y: StepTargets) -> None:
        """Raise ValueError for another number of targets at a step than in the fit."""
        if y.table.n_features != self._task.n_outputs:
            raise ValueError(
                f"y has {y.table.n_features} targets at each step, and had "
                f"{self._task.n_outputs} before."
            )

    def _encode_target(self, y: StepTargets) -> NDArray[np.float32]:
        if self.task_ == "classes":
            self._refuse_unknown(y.values)
        else:
            self._check_width(y)
        return y.padded(*self._task.encode(y.values))

    def _n_outputs(self, y: StepTargets) -> int:
        del y
        return self._task.n_outputs

    def _n_epochs(self) -> int:
        """Return 0 where there is nothing to tell apart."""
        return int(self.epochs) if self.task_ != "classes" or len(self.classes_) > 1 else 0

    def _loss(self) -> StepLoss:
        accepted = self._task.losses
        loss = next(iter(accepted)) if self.loss is None else self.loss
        if not isinstance(loss, str):
            if self.task_ != "numbers":
                refuse_probabilities(loss)
            return StepLoss(loss)
        if loss not in accepted:
            raise ValueError(
                f"loss={loss!r} is not for {self.task_} at each step; give one of "
                f"{', '.join(map(repr, accepted))}, a Keras loss, or a function."
            )
        return StepLoss(REGRESSION.get(loss, loss))

    def _checked_network(self) -> Network:
        network = super()._checked_network()
        if network.looks_ahead and self.causal:
            raise ValueError(
                f"network={self._network_name()} looks at later steps, and causal=True lets "
                "no output depend on them; give a recurrent network in one direction, or a TCN."
            )
        both_ways = isinstance(self.network, str) and not (self.causal or network.looks_ahead)
        if both_ways and isinstance(network, Recurrent):
            return EveryStep(network.set_params(bidirectional=True), both_ways=False)
        return EveryStep(network, both_ways)

    def _predicted(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        return self._task.decode(outputs)

    def _probabilities(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._probable_task().probabilities(outputs)
