"""Trainer: from parameters and examples to a network with new, earlier or continued weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skrnn.engine.agreement import refuse_other_fit, refuse_other_state
from skrnn.engine.batches import BatchSource, Examples
from skrnn.engine.checkpoints import Checkpoint, Checkpoints
from skrnn.engine.compiled_model import CompiledModel, lease
from skrnn.engine.first_weights import first_weights
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.model_spec import ModelSpec
from skrnn.engine.progress import reporting
from skrnn.engine.schedules import constant, schedule
from skrnn.engine.tbptt import in_chunks
from skrnn.engine.training import Metrics, Plan, State, Watching, refuse_infinite, train
from skrnn.networks.wrappers.stateful import Stateful

#: Seeds are drawn below it, as scikit-learn draws those of the estimators of an ensemble.
GREATEST_SEED = np.iinfo(np.int32).max

Network = TypeVar("Network", bound=FittedNetwork[Any, Any])


class Start(Enum):
    """Starting point of training.

    NEW
        New initial weights.
    FROM_WEIGHTS
        Weights of the previous fit, with a new optimizer and a new history.
    CONTINUE
        Weights, optimizer and history of the previous call; the first call starts
        from new ones.
    """

    NEW = "new"
    FROM_WEIGHTS = "from weights"
    CONTINUE = "continue"


@dataclass(frozen=True, eq=False)
class Trainer:
    """Train networks.

    Attributes
    ----------
    plan : Plan
        Epochs, batches, learning rate and early stopping.
    random_state : int, RandomState or None
        Seed of the initial weights, shuffling and dropout.
    callbacks : sequence of keras.callbacks.Callback
        Of the user.
    verbose : int
        0 for silence, 1 for a progress bar, 2 or more for a line per epoch.
    n_networks : int
        Number of networks to train, one after the other, unless there are some to train further.
    bptt_length : int or None
        Steps of the chunks of truncated backpropagation through time; None trains on whole
        sequences.
    advice : str
        End of the message for diverging training.
    checkpoints : Checkpoints or None
        Where the state of training is saved, and taken from if it is there.
    """

    plan: Plan
    random_state: Any
    callbacks: Sequence[Any]
    verbose: int
    n_networks: int = 1
    bptt_length: int | None = None
    advice: str = ""
    checkpoints: Checkpoints | None = None

    @classmethod
    def of(
        cls,
        estimator: Any,
        epochs: int,
        batch_size: int | None,
        *,
        early_stopping: bool,
        margin: float = 0.0,
    ) -> Self:
        """Return the trainer of an estimator whose parameters are valid."""
        learning_rate = float(estimator.learning_rate)
        bptt_length = getattr(estimator, "bptt_length", None)
        monitor = getattr(estimator, "monitor", "auto")
        return cls(
            Plan(
                epochs=epochs,
                batch_size=batch_size,
                shuffle=bool(estimator.shuffle),
                rate=schedule(estimator.learning_rate_schedule, learning_rate, epochs),
                early_stopping=early_stopping,
                patience=int(estimator.patience),
                margin=margin if monitor == "auto" else 0.0,
                monitor=None if monitor == "auto" else monitor,
            ),
            estimator.random_state,
            estimator.callbacks or (),
            int(estimator.verbose),
            int(estimator.n_networks),
            None if bptt_length is None else int(bptt_length),
            estimator._advice,
            _checkpoints_of(estimator),
        )

    def continuing(self, learning_rate: float) -> Self:
        """Return the trainer with a constant learning rate and without checkpoints."""
        plan = replace(self.plan, rate=constant(learning_rate))
        return replace(self, plan=plan, checkpoints=None)

    def fit(
        self,
        network: Network,
        training: Examples,
        validation: Examples | None = None,
        *,
        start: Start,
        observers: Sequence[Any] = (),
        metrics: Metrics | None = None,
    ) -> Network:
        """Return the trained network with its history, or several of them.

        All are trained by one compiled program, each from its own seed. A network goes on from
        its checkpoint, if there is one.

        Raises
        ------
        ValueError
            If no step of the training set, or of the validation set, has a target, a checkpoint
            is damaged, or processes that train together differ in data or parameters.
        FloatingPointError
            If the loss or the weights stop being finite.
        """
        _refuse_without_targets(training, validation)
        is_new = not network.weights
        before = [network] * self.n_networks if is_new else network.networks
        seeds = draw_seeds(self.random_state, [one.n_trained for one in before])
        spec, examples, validation = self._chunked(network.spec, training, validation)
        measured = first_weights(network.spec.network, training) if is_new else {}
        continues, trained = start is Start.CONTINUE, []
        try:
            with lease(spec) as compiled:
                data = examples, validation, metrics and metrics.data
                self._open(compiled, (self.plan, seeds, [one.weights for one in before], data))
                for number, (one, seed) in enumerate(zip(before, seeds, strict=True), 1):
                    state = _start(compiled, one, measured, seed, continues=continues)
                    state, saver = self._resumed(compiled, state, number)
                    plan = replace(self.plan, seed=seed)
                    name = f"Network {number}/{len(before)}" if len(before) > 1 else ""
                    verbose = self.verbose if compiled.steps.rank == 0 else 0
                    with reporting(verbose, plan.epochs, name, state.n_epochs) as shown:
                        watching = Watching(self.callbacks, observers, metrics, saver, shown)
                        state = train(compiled, state, examples, plan, validation, watching)
                    weights = compiled.weights_of(state.values)
                    refuse_infinite(weights)
                    trained.append(one.trained(weights, state, self.plan, continues=continues))
        except FloatingPointError as error:
            error.args = (f"{error} {self.advice}".rstrip(),)
            if self.checkpoints:
                self.checkpoints.remove()  # it would fail again
            raise
        return network.joined(trained)

    def _open(self, compiled: CompiledModel, start: Any) -> None:
        """Make the folder of the checkpoints, and refuse processes that would not do the same.

        ``start`` is all that training depends on, beside the parameters of the estimator.
        """
        if self.checkpoints:
            self.checkpoints.open(compiled, start)
        refuse_other_fit(compiled, self.random_state, start)

    def _resumed(
        self, compiled: CompiledModel, state: State, number: int
    ) -> tuple[State, Checkpoint | None]:
        """Return the state of the checkpoint of a network, if there is one, and what saves it."""
        saver = self.checkpoints.of_network(number) if self.checkpoints else None
        state = saver.resumed(state, compiled) if saver else state
        refuse_other_state(compiled, state)
        return state, saver

    def _chunked(
        self, spec: ModelSpec, training: Examples, validation: Examples | None
    ) -> tuple[ModelSpec, BatchSource, Examples | None]:
        """Return the spec of the model to train, which has the same weights, and its examples."""
        if self.bptt_length is None:
            return spec, training, validation
        examples = in_chunks(training, self.bptt_length, self.plan.batch_size)
        network = Stateful(spec.network, examples.n_rows)
        if validation is not None:
            every = np.ones(len(validation), dtype=bool)
            validation = replace(validation, inputs=validation.inputs.marked(every))
        return replace(spec, network=network, n_features=spec.n_features + 1), examples, validation


def _refuse_without_targets(training: Examples, validation: Examples | None) -> None:
    """Raise ValueError if all weights are zero, as those of sequences without a target are."""
    for name, part in (("training", training), ("validation", validation)):
        if part is not None and not part.weights.any():
            raise ValueError(
                f"none of the {len(part)} sequences, or chunks of sequences, of the {name} set "
                "has a step with a target; give more or longer sequences, X_val, or "
                "early_stopping=False."
            )


def _checkpoints_of(estimator: Any) -> Checkpoints | None:
    """Return the checkpoints of fits with the parameters of an estimator."""
    if estimator.checkpoint is None:
        return None
    names = [name for name in estimator._parameters if name not in ("checkpoint", "verbose")]
    values = {name: getattr(estimator, name) for name in names}
    return Checkpoints(Path(estimator.checkpoint).expanduser(), (type(estimator), values))


def _start(
    compiled: CompiledModel,
    network: FittedNetwork[Any, Any],
    measured: Mapping[str, NDArray[Any]],
    seed: int,
    *,
    continues: bool,
) -> State:
    """Return the initial values of training; ``measured`` are weights measured for new networks."""
    state = State(compiled.fresh_state(seed, {**network.spec.network.rates(), **measured}))
    if network.weights:
        state.values = compiled.with_weights(state.values, network.weights)
    if continues:
        state.optimizer = network.optimizer_state
    return state


def draw_seeds(random_state: Any, n_trained: Sequence[int]) -> list[int]:
    """Return the seeds of training of several networks, each after its number of epochs.

    The first is that of a single network. The others are those of estimators whose
    ``random_state`` is drawn after it, as in the ensembles of scikit-learn.
    """
    first, *others = n_trained
    generator = check_random_state(random_state)
    seeds = [draw_seed(generator, first)]
    return seeds + [draw_seed(generator.randint(GREATEST_SEED), n) for n in others]


def draw_seed(random_state: Any, n_trained: int = 0) -> int:
    """Return the seed of training after ``n_trained`` epochs."""
    drawn = check_random_state(random_state).randint(GREATEST_SEED)
    if n_trained == 0:
        return int(drawn)
    return int(np.random.SeedSequence([drawn, n_trained]).generate_state(1)[0] >> 1)
