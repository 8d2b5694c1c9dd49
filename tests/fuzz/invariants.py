"""Invariants after every call of the package, whatever its arguments.

`observe` makes one call and returns what came of it, with a `Fault` for each that is broken of:

- a result is finite, or the call raises an error of the package, scikit-learn or sktime;
- the arguments, the parameters and everything global are as they were;
- a call that failed, or only reads, leaves the object as it was;
- nothing warns but the package itself, and nothing takes longer than `LIMIT` seconds.
"""

from __future__ import annotations

import dis
import faulthandler
import os
import pickle
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import sklearn

from tests.fuzz.comparing import finite, frozen, same

#: Seconds after which a call counts as one that never ends.
LIMIT = 60

#: Whose words a user may be given.
SPEAKERS = ("skrnn", "sklearn", "sktime", "skbase")

#: What a call may be refused with. NotFittedError is a ValueError.
REFUSALS = (ValueError, TypeError, FloatingPointError, AttributeError, NotImplementedError)

#: Deprecations of libraries among each other, which `pyproject.toml` excuses as well.
EXCUSED = ("__array__ implementation doesn't accept a copy keyword",)


#: What sktime's base classes write down when they predict, and are meant to.
SKTIMES_OWN = ("_fh", "_X_metadata", "_y_metadata")


@dataclass(frozen=True)
class Fault:
    """A broken invariant.

    Attributes
    ----------
    invariant : str
        Which one.
    detail : str
        What was found.
    place : str
        Where the error or warning was raised, or what changed; empty where neither is known.
    """

    invariant: str
    detail: str
    place: str = ""


@dataclass
class Outcome:
    """What came of a call: a result or an error, and the broken invariants."""

    result: Any = None
    error: BaseException | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return what the tally calls it."""
        if self.faults:
            return f"FAULT: {self.faults[0].invariant}"
        return "result" if self.error is None else f"refused: {type(self.error).__name__}"


class NeverEndsError(BaseException):
    """A call that takes longer than the limit; no Exception, so that nothing swallows it."""


def observe(
    function: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    twins: Sequence[Any] = (),
    owner: Any = None,
    reads: bool = False,
    draws: bool = False,
    may_be_nan: bool = False,
    limit: float = LIMIT,
) -> Outcome:
    """Call a function and return what came of it.

    Parameters
    ----------
    function, args, kwargs
        The call.
    twins : sequence
        What the arguments are to be equal to afterwards, made in the same way; those of ``args``,
        then those of ``kwargs``.
    owner : object
        Whose attributes are watched.
    reads : bool
        The call changes nothing of its owner, and gives the same a second time.
    draws : bool
        The call may draw from numpy's global generator.
    may_be_nan : bool
        The result may hold NaN, since the arguments do.
    """
    kwargs = dict(kwargs or {})
    outcome = Outcome()
    before, globals_before = _State.of(owner), _globals(draws)
    with _watched_warnings() as strange:
        filters = _filters()
        _call(outcome, function, args, kwargs, limit)
        if _filters() != filters:
            outcome.faults.append(Fault("warnings' filters changed", ""))
    outcome.faults += [Fault("warning from below", *warning) for warning in strange]
    for name, value in _globals(draws).items():
        if not same(value, globals_before[name]):
            outcome.faults.append(Fault("something global changed", "", name))
    for given, twin in zip([*args, *kwargs.values()], twins, strict=bool(twins)):
        if not same(given, twin):
            outcome.faults.append(Fault("an argument changed", f"{twin!r:.80} is {given!r:.80}"))
    failed = outcome.error is not None
    outcome.faults += before.changes(owner, all_of_it=reads or failed, failed=failed)
    if outcome.error is None and not may_be_nan and not finite(outcome.result):
        outcome.faults.append(Fault("a result is not finite", f"{outcome.result!r:.200}"))
    if reads and not outcome.faults:
        _again(outcome, function, args, kwargs, limit)
    return outcome


def _call(outcome: Outcome, function: Any, args: Any, kwargs: Any, limit: float) -> None:
    try:
        with _limited(limit):
            outcome.result = function(*args, **kwargs)
    except NeverEndsError as error:
        outcome.error = error
        outcome.faults.append(Fault("a call never ends", "", place_of(error.__traceback__)))
    except Exception as error:
        outcome.error = error
        fault = unclear(error)
        if fault is not None:
            outcome.faults.append(fault)


def _again(outcome: Outcome, function: Any, args: Any, kwargs: Any, limit: float) -> None:
    """Call a second time, and compare."""
    second = Outcome()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _call(second, function, args, kwargs, limit)
    if type(second.error) is not type(outcome.error):
        detail = f"{outcome.error!r:.100}, then {second.error!r:.100}"
        outcome.faults.append(Fault("a second call differs", detail))
    elif outcome.error is None and not same(outcome.result, second.result):
        detail = f"{outcome.result!r:.100}, then {second.result!r:.100}"
        outcome.faults.append(Fault("a second call differs", detail))


# ------------------------------------------------------------------ errors


def unclear(error: Exception) -> Fault | None:
    """Return the fault of an error that was not raised for the user, or None.

    Such an error comes from a library below, or from Python itself; what we, scikit-learn or
    sktime say is raised by a ``raise`` statement in the innermost frame.
    """
    last = _innermost(error.__traceback__)
    detail = f"{type(error).__name__}: {str(error)[:200]}"
    place = place_of(error.__traceback__)
    code = last.tb_frame.f_code.co_code
    if _package(last.tb_frame) not in SPEAKERS or not _raises(code[last.tb_lasti]):
        return Fault("an error from below", detail, place)
    if not isinstance(error, REFUSALS):
        return Fault("an error of a kind that refuses nothing", detail, place)
    if len(str(error)) < 15:
        return Fault("an error without a message", detail, place)
    return None


def place_of(trace: TracebackType | None) -> str:
    """Return the innermost frame and, where that is another one, the innermost of the package."""
    frames = [(_package(f), f.f_code) for f, _ in traceback.walk_tb(trace)]
    own = [code for package, code in frames if package == "skrnn"]
    inner = [code for _, code in frames]
    return " < ".join(dict.fromkeys(_where(codes[-1]) for codes in (inner, own) if codes))


def _where(code: Any) -> str:
    parts = code.co_filename.replace("\\", "/").split("/")
    return f"{'/'.join(parts[-2:])}:{code.co_name}"


def _innermost(trace: TracebackType | None) -> TracebackType:
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).split(".")[0]


def _raises(opcode: int) -> bool:
    return dis.opname[opcode] in ("RAISE_VARARGS", "RERAISE")


# ------------------------------------------------------------------ warnings


@contextmanager
def _watched_warnings() -> Iterator[list[tuple[str, str]]]:
    """Collect the warnings that are not a UserWarning of these packages, with their places."""
    strange: list[tuple[str, str]] = []
    original = warnings.warn

    with warnings.catch_warnings(record=True) as shown:

        def warn(
            message: Any, category: Any = None, stacklevel: int = 1, *args: Any, **kwargs: Any
        ) -> None:
            before = len(shown)
            original(message, category, stacklevel + 1, *args, **kwargs)
            frame = sys._getframe(1)
            for one in shown[before:]:  # nothing, where a library hides its own warnings
                spoken = _package(frame) in SPEAKERS
                if not (spoken and issubclass(one.category, UserWarning)):
                    strange.append((_as_text(one), _where(frame.f_code)))
            del shown[before:]

        warnings.simplefilter("always")
        warnings.warn = warn
        try:
            yield strange
        finally:
            warnings.warn = original
    # Other warnings come from code in C, or by a name imported from warnings.
    for one in shown:
        spoken = any(f"/{name}/" in one.filename for name in SPEAKERS)
        if not (spoken and issubclass(one.category, UserWarning)):
            strange.append((_as_text(one), "/".join(one.filename.split("/")[-2:])))
    strange[:] = [warning for warning in strange if not any(text in warning[0] for text in EXCUSED)]


def _filters() -> list[Any]:
    """Return the filters, but for those of sktime, which adds two whenever it reads a horizon."""
    return [one for one in warnings.filters if one[2] is not FutureWarning]


def _as_text(warning: Any) -> str:
    return f"{warning.category.__name__}: {warning.message!s:.150}"


# ------------------------------------------------------------------ time


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; where Python cannot be, write all stacks and end the process."""

    def interrupt(signum: int, frame: Any) -> None:
        raise NeverEndsError(f"longer than {seconds} s")

    faulthandler.dump_traceback_later(3 * seconds + 60, exit=True, file=sys.__stderr__)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


# ------------------------------------------------------------------ state


@dataclass
class _State:
    """The attributes of an object, by identity and by what they hold."""

    attributes: dict[str, Any]
    held: bytes | None
    parameters: dict[str, Any]
    parameters_held: bytes | None

    @classmethod
    def of(cls, owner: Any) -> _State:
        attributes, parameters = _attributes(owner), _parameters(owner)
        return cls(attributes, _held(attributes), parameters, _held(parameters))

    def changes(self, owner: Any, *, all_of_it: bool, failed: bool) -> list[Fault]:
        """Return the faults of an owner whose parameters, or any attributes, are others."""
        faults, after = [], _parameters(owner)
        for name, value in self.parameters.items():
            if after.get(name) is not value and not same(after.get(name), value):
                faults.append(
                    Fault("a parameter changed", f"from {value!r} to {after.get(name)!r}", name)
                )
        if not faults and not _holds(after, self.parameters_held):
            faults.append(Fault("a parameter changed", "in what it holds"))
        if all_of_it and not faults:
            now, by = _attributes(owner), "failed" if failed else "reading"
            changed = {name for name in {**self.attributes, **now} if self._changed(name, now)}
            excused = set() if failed else changed & set(SKTIMES_OWN)
            if changed - excused or not (excused or _holds(now, self.held)):
                detail = ", ".join(sorted(changed - excused)) or "in what an attribute holds"
                faults.append(Fault(f"a {by} call left a trace", "", detail))
        return faults

    def _changed(self, name: str, now: dict[str, Any]) -> bool:
        if (name in now) != (name in self.attributes):
            return True
        return now[name] is not self.attributes[name] and not same(now[name], self.attributes[name])


def _attributes(owner: Any) -> dict[str, Any]:
    return dict(vars(owner)) if hasattr(owner, "__dict__") else {}


def _parameters(owner: Any) -> dict[str, Any]:
    return dict(owner.get_params(deep=False)) if hasattr(owner, "get_params") else {}


def _held(attributes: dict[str, Any]) -> bytes | None:
    """Return what attributes hold, but for random generators, which are there to change."""
    kept = {n: v for n, v in attributes.items() if not isinstance(v, np.random.RandomState)}
    return frozen(kept)


def _holds(now: dict[str, Any], before: bytes | None) -> bool:
    """Tell whether attributes hold what they did; the layout of the same in memory may differ."""
    after = _held(now)
    if before is None or after is None or before == after:
        return True
    return same(pickle.loads(before), pickle.loads(after))


def _globals(draws: bool) -> dict[str, Any]:
    """Return what no call may change, but numpy's generator where it ``draws``."""
    import keras

    found: dict[str, Any] = {
        "the state of random": random.getstate(),
        "the environment": dict(os.environ),
        "the working directory": (os.getcwd(), sorted(os.listdir())),
        "numpy's error state": np.geterr(),
        "the dtype policy": (keras.config.dtype_policy().name, keras.config.floatx()),
        "keras' seeds": _keras_seeds(),
        "scikit-learn's settings": sklearn.get_config(),
        "sys.path": list(sys.path),
    }
    if not draws:
        found["the state of numpy.random"] = np.random.get_state()
    if "torch" in sys.modules:
        found["the state of torch"] = sys.modules["torch"].get_rng_state().numpy().tobytes()
    return found


def _keras_seeds() -> Any:
    from keras.src.backend.common import global_state

    generator = global_state.get_global_attribute("global_seed_generator")
    return None if generator is None else np.asarray(generator.state).tolist()
