"""Parameters of training that all estimators share."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import numpy as np

from skrnn._compat.sklearn import has_callbacks
from skrnn.parameters import (
    BOOLEAN,
    FUNCTION,
    NONE,
    Parametrized,
    combination_check,
    integers,
    one_of,
    parameter,
    reals,
    satisfying,
    singles,
)
from skrnn.settings import FOLDER

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


def _in_place_of_a_rate(value: Any) -> str:
    """Return where a schedule belongs that is given as a learning rate."""
    if not callable(value):
        return singles(0, closed="neither").bound(value)
    kind = value if isinstance(value, type) else type(value)
    written = f"{kind.__name__}(...)" if hasattr(value, "get_config") else "..."
    return f"; a schedule takes its place: write learning_rate_schedule={written}"


class TrainingParameters(Parametrized, place=1):
    """Parameters of training, declared for all estimators."""

    optimizer: Any = parameter(
        default="adam",
        domain=one_of(*OPTIMIZERS)
        | satisfying("a keras.optimizers.Optimizer", lambda value: _has_method(value, "apply")),
        doc="""Optimizer: a name, or a Keras optimizer whose settings are used. Its learning
        rate has to be its default or ``learning_rate``.""",
    )
    learning_rate: float = parameter(
        default=0.01,
        domain=replace(singles(0, closed="neither"), bound=_in_place_of_a_rate),
        doc="Initial learning rate.",
    )
    learning_rate_schedule: Any = parameter(
        default="cosine",
        domain=one_of("cosine") | NONE | FUNCTION,
        doc="""Learning-rate schedule. "cosine" decays to zero over ``epochs`` and restarts at
        each fit; None keeps the learning rate constant; a Keras schedule, or any callable from
        the number of the training step to a learning rate, is used as given.""",
    )
    global_clipnorm: float | None = parameter(
        default=1.0,
        domain=singles(0, closed="neither") | NONE,
        doc="""Clip gradients to this global norm (Pascanu, Mikolov and Bengio, 2013,
        arXiv:1211.5063). None disables clipping.""",
    )
    epochs: int | str = parameter(
        default="auto",
        domain=integers(1) | one_of("auto"),
        doc="""Maximum number of passes over the training sequences. "auto" is 50 or, for large
        sets, as many as take 20,000 training steps. Regressors and classifiers train for 1,500
        steps or 15 epochs, whichever is more; labelers and anomaly detectors for 500 steps or
        15 epochs; forecasters for 500 steps or 10 epochs, and at most 10,000 steps. A batch
        larger than that of ``batch_size="auto"`` counts as several steps.""",
    )
    batch_size: int | str | None = parameter(
        default="auto",
        domain=integers(1) | one_of("auto") | NONE,
        doc="""Sequences per training step. "auto" is 32; regressors, labelers and anomaly detectors
        use a tenth of the sequences, rounded up to a power of two from 4 to 64; classifiers a
        fifth, from 16 to 64, but TCN classifiers a tenth, from 4 to 64, and at most 4,096 time
        steps together; forecasters a tenth of the windows, from 32 to 256. None uses all of
        them.""",
    )
    shuffle: bool = parameter(
        default=True, domain=BOOLEAN, doc="Shuffle the training sequences at each epoch."
    )
    early_stopping: bool | str = parameter(
        default="auto",
        domain=BOOLEAN | one_of("auto"),
        doc="""Stop when the validation loss has not fallen for ``patience`` epochs, and
        restore the weights of the best epoch. "auto" is True with validation data passed to
        ``fit`` and, except for generators and translators, with 5,000 sequences or more, for
        forecasters with series of ten times or more; else False. Forecasters hold out at least
        the horizon.""",
    )
    validation_fraction: float = parameter(
        default=0.1,
        domain=reals(0, 1, closed="neither"),
        doc="Fraction of the training data held out for validation.",
    )
    patience: int = parameter(
        default=10,
        domain=integers(1),
        doc="Epochs without a lower validation loss before training stops.",
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
        doc="""Keras callbacks for ``fit`` and ``partial_fit``. With several networks they are
        called from the beginning to the end of the training of each, one after the other.""",
    )
    n_networks: int = parameter(
        default=1,
        domain=integers(1, 1000),
        doc="""Number of networks that are trained from different seeds, one after the other, and
        whose predictions are averaged (Lakshminarayanan, Pritzel and Blundell, 2017,
        arXiv:1612.01474): numbers, probabilities, anomaly scores, and forecasts and their
        quantiles in scaled units. The first is the network of ``n_networks=1``; each stops early
        by itself, on the same validation set. Fits and predictions take as many times as long.""",
    )
    random_state: Any = parameter(
        default=None,
        domain=NONE
        | integers(0, 2**32 - 1)
        | satisfying(
            "a numpy RandomState",
            lambda value: isinstance(value, np.random.RandomState),
            "RandomState",
        ),
        doc="""Seed of the initial weights, shuffling, dropout and the validation split. An
        integer, below 2**32, makes fits reproducible and does not touch global random state;
        None draws from numpy's global generator.""",
    )
    checkpoint: Any = parameter(
        default=None,
        domain=FOLDER,
        doc="""Folder in which ``fit`` saves the state of training after epochs, at most every
        second, so that after a crash the same call goes on from there, as if nothing had
        happened. A fit has a folder of its own inside, which is removed when it succeeds. It
        needs an integer ``random_state``, and no callbacks; ``partial_fit`` and ``update``
        save nothing. None saves nothing.""",
    )
    verbose: int = parameter(
        default=0,
        domain=integers(0) | BOOLEAN,
        doc="""Progress of the fit: 0 shows nothing; 1 a bar, in terminals and notebooks, with the
        losses of the last epoch; 2 prints a line per epoch, which suits log files.""",
    )

    @combination_check
    def _refuse_checkpoint(self) -> None:
        """Refuse checkpoints of fits that could not go on from them."""
        if self.checkpoint is None:
            return
        given = f"checkpoint={self.checkpoint!r} was given to {type(self).__name__}"
        if self.callbacks or has_callbacks(self):
            raise ValueError(
                f"{given} with callbacks, whose own state it does not hold, so that they could "
                "not go on after a crash; leave out the callbacks, or set checkpoint=None."
            )
        if self.random_state is None or isinstance(self.random_state, np.random.RandomState):
            raise ValueError(
                f"{given} with random_state={self.random_state!r}, by which the same fit cannot "
                "be recognized after a crash; give an int, such as random_state=0, or set "
                "checkpoint=None."
            )

    @combination_check
    def _refuse_ignored_learning_rate(self) -> None:
        """Refuse an optimizer whose own learning rate would have no effect."""
        if isinstance(self.optimizer, str) or not hasattr(self.optimizer, "get_config"):
            return
        name, own = type(self.optimizer).__name__, self.optimizer.get_config().get("learning_rate")
        declared = inspect.signature(type(self.optimizer)).parameters.get("learning_rate")
        if isinstance(own, dict):
            raise ValueError(
                f"optimizer={name} has a schedule as its learning rate, which has no effect; give "
                f"{type(self).__name__} the schedule itself: "
                f"learning_rate_schedule={own.get('class_name')}(...)."
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
    """Return whether a value is an object, not a class, with a method."""
    return hasattr(value, method) and not isinstance(value, type)
