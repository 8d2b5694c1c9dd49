"""One object of the package and the calls made of it: watched, written down, and made again.

A `Program` that broke an invariant has a repr that is the Python code that runs it::

    Program("GRURegressor", {"dropout": 0.5}, [
        Call("fit", X(form="ragged"), Y("numbers")),
        Call("predict", X(form="array")),
    ])
"""

from __future__ import annotations

import copy
import pickle
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
from skbase.base import BaseObject

import skrnn
from tests.fuzz.comparing import finite, same
from tests.fuzz.invariants import Fault, Outcome, observe, unclear
from tests.fuzz.parameters import Made
from tests.fuzz.recipes import Recipe, exists

#: Methods that change nothing, of all kinds.
READERS = {
    "predict",
    "predict_proba",
    "predict_log_proba",
    "score",
    "score_samples",
    "decision_function",
    "step_scores",
    "events",
    "transform",
    "inverse_transform",
    "get_feature_names_out",
    "attention_weights",
    "bits_per_character",
    "perplexity",
    "generate",
    "predict_interval",
    "predict_quantiles",
    "predict_var",
    "predict_residuals",
    "backtest",
    "predict_points",
    "predict_scores",
    "predict_segments",
    "transform_scores",
    "make_windows",
    "repr",
    "get_params",
}

#: Results that may hold -inf, the logarithm of 0, and whatever a user set.
MAY_BE_INFINITE = ("predict_log_proba", "get_params")


class Call:
    """A method and its arguments, of which recipes are built for the call."""

    def __init__(self, method: str, /, *args: Any, **kwargs: Any) -> None:
        self.method = method
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        named = [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"Call({', '.join([repr(self.method), *map(repr, self.args), *named])})"


@dataclass
class Program:
    """An object and calls made of it one after the other.

    The object is given by its class and by parameters beside those of `parameters.small`, with
    which a class works in milliseconds.
    """

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def run(self) -> list[tuple[Call, Fault]]:
        """Make all calls, and return the broken invariants."""
        session = Session(self.name, self.params)
        return [(call, fault) for call in self.calls for fault in session.make(call).faults]

    def __repr__(self) -> str:
        calls = "".join(f"    {call!r},\n" for call in self.calls)
        return f"Program({self.name!r}, {self.params!r}, [\n{calls}])"

    def __len__(self) -> int:
        return len(repr(self))


class Session:
    """An object under test; `make` makes a call and returns what came of it."""

    def __init__(self, name: str, params: dict[str, Any] | None = None) -> None:
        self.program = Program(name, dict(params or {}), [])
        self.started_with = dict(params or {})
        self.thing: Any = None
        self.last_read: tuple[Call, Any] | None = None
        if name != "make_windows":
            self.thing = self._new()

    def _new(self) -> Any:
        name, params = self.program.name, self.program.params
        if name in KINDS:
            return KINDS[name](**{n: _make(value) for n, value in params.items()})
        return Made(name, **params).build()

    def make(self, call: Call) -> Outcome:
        """Make a call, with all that has to hold before and after it."""
        self.program.calls.append(call)
        special = getattr(self, f"_{call.method}", None)
        return special(call) if special else self._called(call)

    def _called(self, call: Call) -> Outcome:
        args, twins = _built(call), _built(call)
        kwargs = dict(zip(call.kwargs, args[len(call.args) :], strict=True))
        function, reads = self._function(call.method), call.method in READERS
        draws = self._draws(call)
        outcome = observe(
            function,
            args[: len(call.args)],
            kwargs,
            twins=twins,
            owner=self.thing,
            reads=reads and not draws,
            draws=draws,
            may_be_nan=_may_be_nan(call, self.program),
        )
        if outcome.error is None:
            if reads:
                self.last_read = None if draws else (call, outcome.result)
            else:
                self.last_read = None
                outcome.faults += self._learned_numbers()
            outcome.faults += SHAPES.get(call.method, lambda *_: [])(self, call, outcome.result)
        return outcome

    def _function(self, method: str) -> Callable[..., Any]:
        if method == "make_windows":
            return skrnn.make_windows
        if method == "repr":
            return lambda: re.sub(" at 0x[0-9A-Fa-f]+", "", repr(self.thing))  # a random state
        thing = self.thing
        # Where a method is not available, that is what the call is refused with.
        return lambda *args, **kwargs: getattr(thing, method)(*args, **kwargs)

    def _draws(self, call: Call) -> bool:
        """Tell whether a call may draw from numpy's global generator."""
        if call.method == "generate":
            return call.kwargs.get("random_state") is None
        if call.method in ("step", "reset"):
            return False
        seed = getattr(self.thing, "random_state", 0)
        inner = getattr(getattr(self.thing, "detector", None), "random_state", 0)
        return seed is None or inner is None or not isinstance(seed, int)

    def _learned_numbers(self) -> list[Fault]:
        """Return the fault of weights or losses that are not finite."""
        learned = {name: getattr(self.thing, name, None) for name in ("weights_", "history_")}
        return [
            Fault("what was learned is not finite", name)
            for name, value in learned.items()
            if value is not None and not finite(value)
        ]

    # ------------------------------------------------------------------ copies

    def _pickle(self, call: Call) -> Outcome:
        return self._copied(call, lambda thing: pickle.loads(pickle.dumps(thing)))

    def _deepcopy(self, call: Call) -> Outcome:
        return self._copied(call, copy.deepcopy)

    def _copied(self, call: Call, make: Callable[[Any], Any]) -> Outcome:
        """Go on with a copy, which has to give what the original gave."""
        del call
        outcome = observe(lambda: make(self.thing), owner=self.thing, may_be_nan=True)
        if outcome.error is not None:
            outcome.faults.append(Fault("a copy cannot be made", f"{outcome.error!r:.200}"))
            return outcome
        self.thing, last = outcome.result, self.last_read
        outcome.result = None
        if last is not None and not outcome.faults:
            again = self._called(last[0])
            if again.error is not None or not same(again.result, last[1]):
                outcome.faults.append(
                    Fault("a copy gives something else", f"{last[0]}: {again.error!r:.150}")
                )
        return outcome

    def _clone(self, call: Call) -> Outcome:
        """Go on with a clone, which knows nothing and has the same parameters."""
        del call
        from sklearn.base import clone

        outcome = observe(lambda: clone(self.thing), owner=self.thing, may_be_nan=True)
        if outcome.error is None:
            was, self.thing = self.thing, outcome.result
            outcome.result, self.last_read = None, None
            if not same(was.get_params(), self.thing.get_params()):
                outcome.faults.append(Fault("a clone has other parameters", repr(self.thing)))
        return outcome

    def _refit(self, call: Call) -> Outcome:
        """Fit twin estimators, which have to learn the same."""
        weights = []
        outcome = Outcome()
        for _ in range(2):
            self.thing, self.last_read = self._new(), None
            outcome = self._called(Call("fit", *call.args, **call.kwargs))
            weights.append(getattr(self.thing, "weights_", None))
        seeded = isinstance(getattr(self.thing, "random_state", None), int)
        if seeded and not outcome.faults and not same(*(list(found or ()) for found in weights)):
            outcome.faults.append(Fault("a second fit learns something else", ""))
        return outcome

    # ------------------------------------------------------------------ settings and streams

    def _set_params(self, call: Call) -> Outcome:
        """Set parameters, a call that is meant to change them."""
        made = {name: _make(value) for name, value in call.kwargs.items()}
        before, self.last_read = dict(vars(self.thing)), None  # sktime forgets the fit
        outcome = Outcome()
        try:
            self.thing.set_params(**made)
            self.program.params = self.program.params | call.kwargs
        except Exception as error:
            outcome.error, fault = error, unclear(error)
            outcome.faults += [fault] if fault else []
            if not isinstance(self.thing, BaseObject) and not same(vars(self.thing), before):
                outcome.faults.append(Fault("a failed call left a trace", "", "set_params"))
        return outcome

    def _update_itself(self, call: Call) -> Outcome:
        """Let a stream take over its own estimator, which changes nothing."""
        del call
        if not isinstance(self.thing, skrnn.Stream):
            return Outcome()
        estimator = self.thing.estimator
        return observe(lambda: self.thing.update(estimator), owner=self.thing)

    def _stream(self, call: Call) -> Outcome:
        """Go on with a stream of the estimator."""
        outcome = observe(
            lambda: skrnn.Stream(self.thing, *call.args, **call.kwargs), owner=self.thing
        )
        if outcome.error is None:
            self.thing, outcome.result = outcome.result, None
        return outcome


def _make(value: Any) -> Any:
    return value.made() if isinstance(value, Recipe) else copy.deepcopy(value)


def _built(call: Call) -> list[Any]:
    return [_make(value) for value in (*call.args, *call.kwargs.values())]


def _may_be_nan(call: Call, program: Program) -> bool:
    """Tell whether the result need not be finite."""
    # Scikit-learn's R^2 of one sample is NaN, with a warning that says so.
    of_one = call.method == "score" and getattr(call.args[0], "n", None) == 1
    return of_one or call.method in MAY_BE_INFINITE or _has_missing(call, program)


def _has_missing(call: Call, program: Program) -> bool:
    """Tell whether NaN in the result may be that of the arguments."""
    keeps = program.name in ("SlidingWindow", "SequenceScaler", "make_windows")
    given = (*call.args, *call.kwargs.values(), *(a for c in program.calls for a in c.args))
    return keeps and any(getattr(value, "has_missing", False) for value in given)


#: Makers of objects that are none of the package, for tests of the suite itself.
KINDS: dict[str, Callable[..., Any]] = {"SequenceDetector": skrnn.SequenceDetector}


# ------------------------------------------------------------------ shapes


def _rows(session: Session, call: Call, result: Any) -> list[Fault]:
    """Return the fault of a result that has not a row for each sequence."""
    n = getattr(call.args[0], "n", None) if call.args else None
    if n is None or not hasattr(call.args[0], "form"):
        return []
    if call.args[0].form in (
        "rows",
        "rows_frame",
        "first",
        "panel",
        "dated_panel",
    ) or "panel" in str(call.args[0].form):
        return []
    if len(result) != n:
        return [Fault("a result has another length", f"{len(result)} for {n} sequences")]
    return []


def _probabilities(session: Session, call: Call, result: Any) -> list[Fault]:
    faults = _rows(session, call, result)
    if session.program.name.endswith("Classifier") and not faults:
        sums = np.asarray(result).sum(axis=1)
        if not np.allclose(sums, 1, atol=1e-4):
            faults = [Fault("probabilities do not sum to 1", repr(sums))]
    return faults


def _one_number(session: Session, call: Call, result: Any) -> list[Fault]:
    kind = isinstance(result, float)
    return [] if kind else [Fault("a score is no float", f"{type(result).__name__}")]


def _itself(session: Session, call: Call, result: Any) -> list[Fault]:
    return [] if result is session.thing else [Fault("fit does not return the object", "")]


SHAPES: dict[str, Callable[[Session, Call, Any], list[Fault]]] = {
    "predict": _rows,
    "decision_function": _rows,
    "score_samples": _rows,
    "predict_proba": _probabilities,
    "score": _one_number,
    "fit": _itself,
    "partial_fit": _itself,
}


# ------------------------------------------------------------------ findings


@dataclass
class Tally:
    """Calls by outcome, and programs by the invariant that they break.

    Attributes
    ----------
    stops : bool
        Raise at the first broken invariant; otherwise gather them.
    budget : int
        Calls after which no more are made.
    """

    stops: bool = True
    budget: int = 10**9
    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    found: dict[tuple[str, ...], tuple[Program, Fault]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, session: Session, call: Call, outcome: Outcome, seconds: float) -> None:
        """Count a call; raise or keep what it broke."""
        self.calls += 1
        self.outcomes[outcome.name] += 1
        name = f"{session.program.name}.{call.method}"
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        for fault in outcome.faults:
            program = Program(
                session.program.name, dict(session.started_with), list(session.program.calls)
            )
            if self.stops:
                raise AssertionError(f"{describe(fault)}\n{shrunk(program, fault, seconds=5)!r}")
            key = key_of(program, fault)
            if key not in self.found or len(program) < len(self.found[key][0]):
                self.found[key] = program, fault

    def report(self) -> str:
        """Return the calls by outcome."""
        counts = "\n".join(f"{n:8d}  {name}" for name, n in self.outcomes.most_common())
        return f"{self.calls} calls\n{counts}"


def key_of(program: Program, fault: Fault) -> tuple[str, ...]:
    """Return what two findings share that are taken for one: the invariant and the place."""
    if fault.place:
        return fault.invariant, fault.detail.split(":")[0][:40], fault.place
    return fault.invariant, program.name, program.calls[-1].method


def describe(fault: Fault) -> str:
    """Return a fault as words."""
    return f"{fault.invariant}: {fault.detail}" + (f"\n  at {fault.place}" if fault.place else "")


def shrunk(program: Program, fault: Fault, *, seconds: float = 20) -> Program:
    """Return a shorter program that breaks the same, with fewer calls and simpler arguments."""
    wanted, end = key_of(program, fault), time.monotonic() + seconds

    def breaks(candidate: Program) -> bool:
        try:
            return any(
                key_of(Program(candidate.name, {}, [call]), found) == wanted
                for call, found in candidate.run()
            )
        except Exception:
            return False

    again = True
    while again and time.monotonic() < end:
        again = False
        for candidate in _simpler(program):
            if time.monotonic() > end:
                break
            if len(candidate) < len(program) and breaks(candidate):
                program, again = candidate, True
                break
    return program


def _simpler(program: Program) -> Iterator[Program]:
    """Yield programs with a call, a parameter or an argument less, or one of them simpler."""
    for n in reversed(range(len(program.calls))):
        yield replace(program, calls=program.calls[:n] + program.calls[n + 1 :])
    for name in program.params:
        yield replace(program, params={k: v for k, v in program.params.items() if k != name})
    for n, call in enumerate(program.calls):
        for simple in _simpler_calls(call):
            yield replace(program, calls=[*program.calls[:n], simple, *program.calls[n + 1 :]])


def _simpler_calls(call: Call) -> Iterator[Call]:
    for name, value in call.kwargs.items():
        rest = {k: v for k, v in call.kwargs.items() if k != name}
        yield Call(call.method, *call.args, **rest)
        for simple in _simpler_recipes(value):
            yield Call(call.method, *call.args, **call.kwargs | {name: simple})
    for n, value in enumerate(call.args):
        for simple in _simpler_recipes(value):
            yield Call(call.method, *call.args[:n], simple, *call.args[n + 1 :], **call.kwargs)


def _simpler_recipes(value: Any) -> Iterator[Any]:
    if not is_dataclass(value):
        return
    for declared in fields(value):
        now, default = getattr(value, declared.name), declared.default
        if default is not MISSING and now != default:
            simple: Any = replace(value, **{declared.name: default})  # type: ignore[type-var]
            if exists(simple):
                yield simple
        for part in _simpler_recipes(now):
            simple = replace(value, **{declared.name: part})  # type: ignore[type-var]
            if exists(simple):
                yield simple
