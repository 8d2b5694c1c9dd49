"""Agreement of the processes that train one model: each has to have the same fit."""

from __future__ import annotations

from typing import Any

from skrnn.engine.compiled_model import CompiledModel
from skrnn.engine.fingerprint import fingerprint
from skrnn.engine.training import State


def refuse_other_fit(compiled: CompiledModel, random_state: Any, start: Any) -> None:
    """Raise ValueError if processes that train one model would not do the same.

    Parameters
    ----------
    compiled : CompiledModel
        Compiled model of the fit.
    random_state : int, RandomState or None
        Of the estimator.
    start : object
        Data, seeds, weights and settings, on which training depends.
    """
    if compiled.steps.n_processes == 1:
        return
    if random_state is None:
        raise ValueError(
            "random_state=None was given to a fit over several processes, each of which would draw "
            "other weights; give an int, such as random_state=0."
        )
    _refuse_different(compiled, start, "data or parameters; give all of them the same")


def refuse_other_state(compiled: CompiledModel, state: State) -> None:
    """Raise ValueError if processes would go on from different epochs or weights."""
    if compiled.steps.n_processes > 1:
        advice = "states of training; let all of them read checkpoints from one folder"
        _refuse_different(compiled, (state.n_epochs, state.values), advice)


def _refuse_different(compiled: CompiledModel, value: Any, advice: str) -> None:
    if not compiled.steps.agrees(fingerprint(value)):
        raise ValueError(
            f"{compiled.steps.n_processes} processes that train one model have different {advice}."
        )
