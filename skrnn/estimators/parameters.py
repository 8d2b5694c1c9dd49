"""The parameters of training, declared once for every estimator."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from skrnn._parameters import (
    BOOLEAN,
    FUNCTION,
    NONE,
    Parametrised,
    integers,
    one_of,
    parameter,
    reals,
    satisfying,
    singles,
)
from skrnn.networks.base import WIDTH
from skrnn.sequences.parameters import InputParameters

OPTIMIZERS = (
    "adam",
    "adamw",
    "sgd",
    "rmsprop",
    "nadam",
    "adamax",
    "adagrad",
    "adadelta",
    "lion",
    "lamb",
)


class TrainingParameters(Parametrised):
    """How an estimator trains its network."""

    optimizer: Any = parameter(
        default="adam",
        domain=one_of(*OPTIMIZERS)
        | satisfying("a keras.optimizers.Optimizer", lambda value: _has_method(value, "apply")),
        doc="""The optimizer. Of an instance the settings are used. Its learning rate is that of
        ``learning_rate`` and ``schedule``; an instance with another one is refused.""",
    )
    learning_rate: float = parameter(
        default=0.01,
        domain=singles(0, closed="neither"),
        doc="Step size of the optimizer, at the first step.",
    )
    schedule: Any = parameter(
        default="cosine",
        domain=one_of("cosine") | NONE | FUNCTION,
        doc="""How the learning rate goes on. "cosine" falls to zero over ``epochs`` and starts
        anew at each fit; None keeps it constant; a Keras schedule, or any callable from the
        number of a step to a rate, is taken as it is.""",
    )
    global_clipnorm: float | None = parameter(
        default=1.0,
        domain=singles(0, closed="neither") | NONE,
        doc="""Greatest norm of the gradient of all weights together; a longer one is shortened
        (Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063). None clips nothing.""",
    )
    epochs: int = parameter(
        default=50, domain=integers(1), doc="Passes over the training sequences, at most."
    )
    batch_size: int | None = parameter(
        default=32,
        domain=integers(1) | NONE,
        doc="Sequences in one step of training; None takes all of them.",
    )
    shuffle: bool = parameter(
        default=True, domain=BOOLEAN, doc="Put the sequences in a new order at each epoch."
    )
    early_stopping: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Stop when the validation loss has not fallen for ``patience`` epochs, and keep
        the weights of the best epoch.""",
    )
    validation_fraction: float = parameter(
        default=0.1, domain=reals(0, 1, closed="neither"), doc="Share of X to hold out."
    )
    patience: int = parameter(
        default=10,
        domain=integers(1),
        doc="Epochs to wait for a lower validation loss before stopping.",
    )
    callbacks: Any = parameter(
        default=None,
        domain=NONE
        | satisfying(
            "a list of keras.callbacks.Callback",
            lambda value: (
                isinstance(value, list | tuple)
                and all(_has_method(callback, "on_epoch_end") for callback in value)
            ),
        ),
        doc="Keras callbacks for ``fit`` and ``partial_fit``.",
    )
    random_state: Any = parameter(
        default=None,
        domain=NONE
        | integers(0, 2**32 - 1)
        | satisfying("a numpy RandomState", lambda value: isinstance(value, np.random.RandomState)),
        doc="""Seed of the initial weights, the order of the sequences, dropout and the
        validation part. An integer, below 2**32, gives the same fit each time and touches no
        global state; None draws from numpy's global generator.""",
    )
    verbose: int = parameter(
        default=0, domain=integers(0) | BOOLEAN, doc="1 shows a progress bar, 0 nothing."
    )

    def _check_together(self) -> None:
        """Refuse an optimizer whose own learning rate would have no effect."""
        super()._check_together()
        if isinstance(self.optimizer, str) or not hasattr(self.optimizer, "get_config"):
            return
        name, own = type(self.optimizer).__name__, self.optimizer.get_config().get("learning_rate")
        declared = inspect.signature(type(self.optimizer)).parameters.get("learning_rate")
        if isinstance(own, dict):
            raise ValueError(
                f"optimizer={name} has a schedule as its learning rate, which has no effect; give "
                f"{type(self).__name__} the schedule itself: schedule={own.get('class_name')}(...)."
            )
        if own is None or declared is None:
            return
        if not any(
            math.isclose(own, x, rel_tol=1e-6) for x in (declared.default, self.learning_rate)
        ):
            raise ValueError(
                f"optimizer={name} has learning_rate={own:g}, which has no effect: that of "
                f"{type(self).__name__} is {self.learning_rate:g}. Write {type(self).__name__}("
                f"optimizer={name}(...), learning_rate={own:g}) without a rate in the optimizer."
            )


def _has_method(value: Any, method: str) -> bool:
    """Say whether an object, which is no class, has a method."""
    return hasattr(value, method) and not isinstance(value, type)


class SequenceTrainingParameters(InputParameters, TrainingParameters):
    """How an estimator of sequences reads them, and which of them it learns from."""

    purge: int = parameter(
        default=0,
        domain=integers(0),
        doc="""How many of the latest sequences of ``fit`` are left out of the loss; of
        `Windows`, those that end in so many of the latest rows. Where a
        target lies ``delay`` rows after its window and covers ``horizon`` rows, the last
        delay + horizon - 2 of them were not known yet when the rows after X began. In a
        pipeline they remain the history of those rows.""",
    )
    validation: str = parameter(
        default="random",
        domain=one_of("random", "latest"),
        doc="""Which sequences early stopping holds out: drawn at random, by class for
        classifiers, or the last ones in order, ``purge`` ones before them left out. Of
        `Windows` it is always the latest, after a gap in which windows of both parts would
        share a row, or a target known to `make_windows`. ``X_val`` and ``y_val`` in ``fit``
        take their place.""",
    )
    embedding_dim: int | None = parameter(
        default=None,
        domain=WIDTH | NONE,
        doc="""Read X as texts: at each step the number of a token, as `TokenSequences` gives it,
        for which the network sees a learned vector of so many numbers (Bengio et al., 2003,
        doi:10.5555/944919.944966). Zeros at the end of a text are padding, on which nothing
        depends, but for a network of one length; numbers greater than those of the fit, and
        NaN where ``missing="mask"``, are read as 1, the unknown token. Nothing is scaled. None
        reads X as measurements.""",
    )
    missing: str = parameter(
        default="error",
        domain=one_of("error", "mask"),
        doc="""What NaN in X means. "error" refuses it. "mask" takes it as not observed: a
        recurrent network leaves out steps at which nothing was observed, all others see
        zeros there, and a channel is added for each feature that is 1 where it was not
        observed.""",
    )
    warm_start: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Let ``fit`` go on from the weights of the fit before, keeping its scaling and
        network, with a new optimizer.""",
    )
    scale_input: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="Standardise each feature by its mean and standard deviation over the fit's steps.",
    )
