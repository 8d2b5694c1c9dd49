"""What has a network and trains it: shared by scikit-learn's estimators and sktime's."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skrnn._parameters import fitted, plain, validate
from skrnn.engine.feed import Examples, Lessons
from skrnn.engine.program import Program, lease
from skrnn.engine.progress import ProgressBar
from skrnn.engine.schedules import Rate
from skrnn.engine.spec import Spec
from skrnn.engine.training import Plan, State, refuse_infinite, train
from skrnn.estimators.parameters import TrainingParameters
from skrnn.networks.base import Network

Method = TypeVar("Method", bound=Callable[..., Any])


def advising(method: Method) -> Method:
    """Add an estimator's own advice to the error of training that diverged."""

    @functools.wraps(method)
    def training(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(estimator, *args, **kwargs)
        except FloatingPointError as error:
            error.args = (" ".join([str(error), *estimator._remedies()]),)
            raise

    return training  # type: ignore[return-value]


class Trainable(TrainingParameters):
    """Make the network that the parameters describe, train it, and keep its weights.

    A subclass keeps the spec of its network as ``_spec``, or tells it by a property.
    """

    _attributes = """
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
    weights_: tuple[NDArray[Any], ...] = fitted()
    history_: dict[str, list[float]] = fitted()
    n_iter_: int = fitted()
    backend_: str = fitted()
    _spec: Spec = fitted()
    _optimizer_state: list[NDArray[Any]] | None = fitted()
    _n_trained: int = fitted()
    _longest: int = fitted()

    def _new_keras_model(self) -> Any:
        """Return a new Keras model with the fitted weights, called once: Keras exports no other."""
        program = Program(self._spec)
        state = program.fresh_state(0, self._spec.network.rates())
        program.start(program.with_weights(state, self.weights_))
        program.steps.write_back()
        program.model(program.model.inputs)  # symbolic, so that nothing is compiled for it
        return program.model

    def _checked_network(self) -> Network:
        """Return the network to train, made of what the parameters describe, once that is valid."""
        network = self._make_network()
        validate(network)
        return network

    def _make_network(self) -> Network:
        """Return the network that this estimator's own parameters describe."""
        kind = next(
            kind
            for kind in type(self).__mro__
            if issubclass(kind, Network) and not issubclass(kind, TrainingParameters)
        )
        return kind(**{name: plain(getattr(self, name)) for name in kind._parameters})

    def _resolved_network(self) -> Network:
        """Return the network that the parameters describe, for the fit's longest sequence."""
        return self._checked_network().resolve(self._longest)

    def _network_name(self) -> str:
        return type(self).__name__

    def _go_on(self) -> None:
        """Take over changed parameters for a fit that goes on with the weights of another.

        Raises
        ------
        ValueError
            If they describe another network than the one fitted.
        """
        network = self._resolved_network()
        if network.key() != self._spec.network.key():
            raise ValueError(
                f"{type(self).__name__} goes on with the network of the fit before, "
                f"{self._spec.network!r}, but its parameters now say {network!r}; set them "
                "back, or call fit with warm_start=False."
            )
        before = self._spec
        self._spec = replace(before, network=network, **self._compiled_in())
        self._forget_another_optimizer(before)

    def _forget_another_optimizer(self, before: Spec) -> None:
        """Let the optimizer start new if it belongs to a program other than the one in force."""
        if self._spec.key != before.key:
            self._optimizer_state = None

    def _compiled_in(self) -> dict[str, Any]:
        """Return the parameters of training that a program is compiled for."""
        return {
            "loss": self._loss(),
            "optimizer": self.optimizer,
            "global_clipnorm": self.global_clipnorm,
        }

    def _loss(self) -> str | Callable[..., Any]:
        """Return the loss in force."""
        raise NotImplementedError

    def _remedies(self) -> list[str]:
        """Return what else to do where training diverged, in this estimator's parameters."""
        off = [name for name in ("scale_input", "scale_target") if getattr(self, name, 1) is False]
        return [f"Set {' and '.join(f'{name}=True' for name in off)}."] if off else []

    @advising
    def _train(
        self,
        examples: Examples,
        epochs: int,
        rate: Rate,
        validation: Examples | None,
        *,
        going_on: bool,
        continuing: bool = False,
        watching: Sequence[Any] = (),
    ) -> None:
        """Train, from new weights or from those of the fit before, and take over the result.

        ``continuing`` keeps the optimizer's state and the count of epochs as well.
        """
        n_done = getattr(self, "_n_trained", self.n_iter_) if going_on else 0
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
        spec, lessons, validation = self._to_train(examples, validation)
        with lease(spec) as program:
            start = State(program.fresh_state(seed, self._spec.network.rates()))
            if going_on:
                start.values = program.with_weights(start.values, self.weights_)
                kept = getattr(self, "_optimizer_state", None)
                start.optimizer = kept if continuing else None
            observers = [*([ProgressBar(epochs)] if self.verbose else []), *watching]
            callbacks = self.callbacks or ()
            state = train(program, start, lessons, plan, validation, callbacks, observers)
            weights = program.weights_of(state.values)
        refuse_infinite(weights)
        self.weights_ = weights
        self._optimizer_state = state.optimizer if continuing else None
        self._n_trained = n_done + len(state.history["loss"])
        self._take_history(state, n_done=self.n_iter_ if going_on and continuing else 0)
        for observer in observers:
            observer.end()

    def _to_train(
        self, examples: Examples, validation: Examples | None
    ) -> tuple[Spec, Lessons, Examples | None]:
        """Return the spec of the program that learns, and the examples as it takes them.

        Its weights are those of the network that predicts.
        """
        return self._spec, examples, validation

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
