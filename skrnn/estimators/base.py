"""Base class of all estimators with a network: the fitted network, and the one way to train."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skrnn._rollback import after_success
from skrnn.engine.batches import Examples
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.training import Metrics
from skrnn.estimators.budget import Budget, batch_size_of, epochs_of, stops_early
from skrnn.estimators.network_parameter import name_of, network_from
from skrnn.estimators.trainer import Start, Trainer
from skrnn.estimators.training_parameters import TrainingParameters
from skrnn.networks.base import ModelBuilder, Network
from skrnn.parameters import BOOLEAN, fitted, parameter, plain, validate

WARM_START = parameter(
    default=False,
    domain=BOOLEAN,
    doc="""Let ``fit`` continue from the weights of the previous fit, keeping its scaling and
    network, with a new optimizer.""",
)


class BaseNetworkEstimator(TrainingParameters, ABC, place=1):
    """Base class of estimators that train and keep a network.

    A subclass reads its data and calls `_train`; its hooks turn data into a network and examples.
    """

    _attributes = """
    network_ : FittedNetwork
        Network, weights, and the encoders of its inputs and its target.

    networks_ : list of FittedNetwork
        Each of ``n_networks`` by itself, with its ``weights``, ``history`` and ``n_iter``.

    weights_ : tuple of ndarray
        Weights of the network, of several the first.

    n_parameters_ : int
        Number of values in ``weights_``.

    history_ : dict of str to list of float
        ``loss``, with a validation set ``val_loss``, and ``metrics`` if there are any, of each
        epoch of the first network.

    n_iter_ : int
        Number of epochs trained, of the first network.

    n_epochs_ : int
        Maximum number of epochs of the last call.

    batch_size_ : int or None
        Sequences per training step of the last call.

    backend_ : str
        Keras backend of the fit.
    """
    network_: FittedNetwork[Any, Any] = fitted()
    #: The meaning of "auto" in batch_size, epochs and early_stopping.
    _budget: ClassVar[Budget] = Budget()

    @property
    def networks_(self) -> list[FittedNetwork[Any, Any]]:
        """Return each network by itself."""
        return self.network_.networks

    @property
    def weights_(self) -> tuple[NDArray[Any], ...]:
        """Return the weights of the first network."""
        return self.network_.weights

    @weights_.setter
    def weights_(self, weights: Sequence[NDArray[Any]]) -> None:
        self.network_ = replace(self.network_, weights=tuple(weights))

    @property
    def n_parameters_(self) -> int:
        """Return the number of values in the weights of the first network."""
        return self.network_.n_parameters

    @property
    def history_(self) -> Mapping[str, list[float]]:
        """Return the losses and metrics of each epoch of the first network."""
        return self.network_.history

    @property
    def n_iter_(self) -> int:
        """Return the number of epochs that the first network was trained."""
        return self.network_.n_iter

    @property
    def n_epochs_(self) -> int:
        """Return the maximum number of epochs of the last call."""
        return self.network_.n_epochs

    @property
    def batch_size_(self) -> int | None:
        """Return the sequences per training step of the last call."""
        return self.network_.batch_size

    @property
    def backend_(self) -> str:
        """Return the Keras backend of the fit."""
        return self.network_.backend

    def summary(self) -> str:
        """Return a table of the layers, their output shapes and numbers of weights, as text.

        Keras writes it from the model that ``to_keras`` returns, and counts each dropout rate as a
        parameter that is not trained. With several networks, it is that of each of them.

        Returns
        -------
        str
            Table, to be printed.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        if not self._has_network():
            raise NotFittedError(
                f"this {type(self).__name__} has no layers before it is fitted; call fit first."
            )
        return self.network_.summary()

    # ------------------------------------------------------------------ hooks

    @property
    @abstractmethod
    def network_class(self) -> type[Network] | None:
        """Return the architecture of an estimator named after one; None if ``network`` says it."""

    @property
    @abstractmethod
    def _advice(self) -> str:
        """Return further advice for diverging training, in this estimator's parameters."""

    @abstractmethod
    def _split(self, data: Any) -> Any:
        """Return the split of the data into training set and validation set."""

    @abstractmethod
    def _prepare(self, data: Any, split: Any) -> FittedNetwork[Any, Any]:
        """Return a new network with the encoders that are learned from the data."""

    @abstractmethod
    def _resume(self, data: Any, split: Any) -> FittedNetwork[Any, Any]:
        """Return the network of the previous fit, adapted to changed parameters and new data."""

    @abstractmethod
    def _examples(self, data: Any, split: Any) -> tuple[Examples, Examples | None]:
        """Return the training set and, with a split, the validation set."""

    # ------------------------------------------------------------------ training

    def _train(
        self,
        data: Any,
        start: Start,
        *,
        validation_data: Callable[[], Any] | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        margin: float = 0.0,
        observers: Callable[[int], Sequence[Any]] | None = None,
        metrics: Callable[[Any, Any], Metrics | None] | None = None,
    ) -> Examples | None:
        """Train on data and keep the network; return the validation set, if there is one.

        ``Start.CONTINUE`` trains at a constant learning rate without validation, by default for one
        epoch at ``learning_rate``. ``validation_data`` is read once the network is prepared.
        ``margin`` is the share by which a validation loss has to be lower than the first one.
        ``metrics`` returns the metrics to measure, given the split and the validation data.
        """
        continues = start is Start.CONTINUE
        is_given = validation_data is not None
        may_stop = not continues and stops_early(self, len(data), is_given=is_given)
        split = self._split(data) if may_stop and not is_given else None
        self.network_ = self._untrained(data, split, start)
        training, validation = self._examples(data, split)
        held_out = validation_data() if validation_data else None
        if held_out is not None:
            validation, _ = self._examples(held_out, None)
        batch_size = batch_size_of(self, training)
        if epochs is None:
            epochs = 1 if continues else epochs_of(self, training, batch_size, self.epochs)
        if self.network_.target.is_trivial:
            epochs = 0
        trainer = Trainer.of(self, epochs, batch_size, early_stopping=may_stop, margin=margin)
        if continues:
            trainer = trainer.continuing(learning_rate or float(self.learning_rate))
        watching = observers(epochs * int(self.n_networks)) if observers else ()
        measured = metrics(split, held_out) if metrics else None
        self.network_ = trainer.fit(
            self.network_, training, validation, start=start, observers=watching, metrics=measured
        )
        for observer in watching:
            observer.end()
        if trainer.checkpoints:
            after_success(self, trainer.checkpoints.remove)
        return validation

    def _untrained(self, data: Any, split: Any, start: Start) -> FittedNetwork[Any, Any]:
        """Return the network to train: a new one, or that of the previous fit."""
        if start is Start.NEW or not self._has_network():
            return self._prepare(data, split)
        self._refuse_changed(n_networks=len(self.network_.networks))
        return self._resume(data, split)

    def _own_network(self) -> Network:
        """Return the network that the parameters describe; raise ValueError unless it is valid."""
        if self.network_class is None:
            network = network_from(self.network)  # type: ignore[attr-defined]
        else:
            names = self.network_class._parameters
            network = self.network_class(**{name: plain(getattr(self, name)) for name in names})
        validate(network)
        return network

    def _network_name(self) -> str:
        """Return the name of the network in messages."""
        return type(self).__name__ if self.network_class else name_of(self.network)  # type: ignore[attr-defined]

    def _has_network(self) -> bool:
        """Return whether the estimator is fitted."""
        return "network_" in vars(self)

    def _refuse_changed(self, **before: Any) -> None:
        """Raise ValueError for a parameter that is neither as in the previous fit nor "auto"."""
        for name, value in before.items():
            now = plain(getattr(self, name))
            if now not in ("auto", value):
                anew = "set warm_start=False" if getattr(self, "warm_start", False) else "call fit"
                raise ValueError(
                    f"{type(self).__name__} continues the previous fit, which had {name}={value!r},"
                    f" and {name}={now!r} was given; restore it, or {anew}."
                )

    def _respecified(self, network: ModelBuilder, loss: Any) -> FittedNetwork[Any, Any]:
        """Return the fitted network with the current parameters of training.

        Raises
        ------
        ValueError
            If the parameters describe another network than the fitted one.
        """
        before = self.network_.spec
        self._refuse_other_network(before.network, network)
        return self.network_.with_spec(replace(before, network=network, **self._compiled_in(loss)))

    def _refuse_other_network(self, before: ModelBuilder, now: ModelBuilder) -> None:
        """Raise ValueError if the network of the previous fit is not the one described now."""
        if before.key() != now.key():
            raise ValueError(
                f"{type(self).__name__} continues with the network of the previous fit, "
                f"{before!r}, but its parameters now describe {now!r}; restore them, or set "
                "warm_start=False."
            )

    def _compiled_in(self, loss: Any) -> dict[str, Any]:
        """Return the parameters of training that are compiled in."""
        return {
            "loss": loss,
            "optimizer": self.optimizer,
            "global_clipnorm": plain(self.global_clipnorm),
        }
