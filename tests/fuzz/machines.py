"""Machines that make random calls, in random order, of an object of each kind."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import skrnn
from tests.fuzz import strategies as draw
from tests.fuzz import texts as words
from tests.fuzz.invariants import Outcome
from tests.fuzz.parameters import Made, change_of, settings_of
from tests.fuzz.recipes import X, Y
from tests.fuzz.series import REGULAR, Horizon, Series
from tests.fuzz.sessions import Call, Session, Tally

ALL = skrnn.__all__
REGRESSORS = tuple(name for name in ALL if name.endswith("Regressor"))
CLASSIFIERS = tuple(name for name in ALL if name.endswith("Classifier"))
FORECASTERS = tuple(name for name in ALL if name.endswith("Forecaster"))
NUMBERS = ("numbers", "two_columns")
CLASSES = ("classes", "texts", "bools")


def named(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Draw one of some classes, and its parameters."""
    return st.sampled_from(names).flatmap(lambda name: st.tuples(st.just(name), settings_of(name)))


class Machine(RuleBasedStateMachine):
    """What all machines share: one object, whose calls are watched and counted."""

    tally: ClassVar[Tally] = Tally()
    session: Session

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Outcome:
        """Make a call, count it, and fail or note what it broke."""
        if self.tally.calls >= self.tally.budget:
            return Outcome()
        call, begin = Call(method, *args, **kwargs), time.monotonic()
        outcome = self.session.make(call)
        self.tally.note(self.session, call, outcome, time.monotonic() - begin)
        return outcome

    @property
    def name(self) -> str:
        """Return the name of the class under test."""
        return self.session.program.name


class Copies:
    """Rules of everything that has parameters and can be copied."""

    @rule(method=st.sampled_from(["pickle", "deepcopy", "pickle", "clone", "repr", "get_params"]))
    def copied(self: Any, method: str) -> None:
        self.call(method)

    @rule(data=st.data())
    def changed(self: Any, data: Any) -> None:
        self.call("set_params", **data.draw(change_of(self.name)))


class EstimatorMachine(Copies, Machine):
    """Regressors, classifiers, the labeler and the anomaly detector."""

    @initialize(
        made=st.one_of(
            named(REGRESSORS),
            named(CLASSIFIERS),
            named(("SequenceLabeler",)),
            named(("SequenceAnomalyDetector",)),
        ),
        kind=st.integers(0, 2),
        X=draw.sequences(),
        data=st.data(),
    )
    def make(self, made: Any, kind: int, X: Any, data: Any) -> None:
        name, params = made
        self.session = Session(name, params)
        self.each_step = name == "SequenceLabeler"
        several = (NUMBERS, CLASSES, ("labels", "three"))[kind]
        usual = NUMBERS if name in REGRESSORS else CLASSES if name in CLASSIFIERS else several
        self.usual = usual[:1] if data.draw(st.booleans()) else usual
        self.fit(X, data)

    def _targets(self, X: Any, data: Any) -> Any:
        if self.name == "SequenceAnomalyDetector":
            return None
        return data.draw(draw.targets(X, self.usual, each_step=self.each_step))

    @rule(X=draw.sequences(), data=st.data())
    def fit(self, X: Any, data: Any) -> None:
        y, sample_weight = self._targets(X, data), data.draw(draw.weights(X))
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        if data.draw(st.sampled_from(range(6))) == 5:
            more["X_val"] = data.draw(draw.sequences())
            if self.name != "SequenceAnomalyDetector":
                more["y_val"] = self._targets(more["X_val"], data)
        self.call("fit", X, y, **more)

    @rule(X=draw.sequences(), data=st.data())
    def partial_fit(self, X: Any, data: Any) -> None:
        more = {}
        if self.name in CLASSIFIERS and data.draw(st.booleans()):
            more["classes"] = data.draw(st.sampled_from([(0, 1), ("down", "up"), (), "much", (0,)]))
        self.call("partial_fit", X, self._targets(X, data), **more)

    @rule(X=draw.sequences(), data=st.data())
    def refit(self, X: Any, data: Any) -> None:
        self.call("refit", X, self._targets(X, data))

    @rule(
        X=draw.sequences(),
        method=st.sampled_from(
            [
                "predict",
                "predict",
                "predict_proba",
                "predict_log_proba",
                "decision_function",
                "score_samples",
                "step_scores",
                "events",
                "predict",
            ]
        ),
    )
    def read(self, X: Any, method: str) -> None:
        self.call(method if hasattr(type(self.session.thing), method) else "predict", X)

    @rule(X=draw.sequences(), data=st.data())
    def score(self, X: Any, data: Any) -> None:
        if hasattr(type(self.session.thing), "score"):
            self.call("score", X, self._targets(X, data))


class TextMachine(Copies, Machine):
    """The translator, the generator and token sequences."""

    @initialize(
        made=named(("SequenceTranslator", "SequenceGenerator", "TokenSequences")),
        sides=st.sampled_from(
            [
                ("texts", "texts"),
                ("characters", "tokens"),
                ("tokens", "word_tokens"),
                ("numbers", "numbers"),
                ("pairs", "characters"),
                ("rolls", "flat_numbers"),
                ("one_text", "texts"),
                ("vectors", "tokens"),
                ("cube", "cube"),
            ]
        ),
        data=st.data(),
    )
    def make(self, made: Any, sides: Any, data: Any) -> None:
        self.session = Session(*made)
        self.sides = sides
        self.fit("fit", data)

    def _given(self, data: Any) -> Any:
        usual = ("texts",) if self.name == "TokenSequences" else self.sides[:1]
        return data.draw(draw.texts(usual))

    @rule(method=st.sampled_from(["fit", "partial_fit", "refit"]), data=st.data())
    def fit(self, method: str, data: Any) -> None:
        X = self._given(data)
        if self.name == "SequenceTranslator":
            self.call(method, X, data.draw(draw.texts(self.sides[1:])))
        elif self.name == "SequenceGenerator":
            self.call(method, X, None, data.draw(draw.weights(X)))
        else:
            self.call("fit", X)

    @rule(data=st.data())
    def read(self, data: Any) -> None:
        X = self._given(data)
        if self.name == "SequenceTranslator":
            method = data.draw(
                st.sampled_from(["predict", "predict", "attention_weights", "score"])
            )
            self.call(
                method, X, *([data.draw(draw.texts(self.sides[1:]))] if method == "score" else [])
            )
        elif self.name == "SequenceGenerator":
            methods = [
                "predict_proba",
                "score_samples",
                "score",
                "perplexity",
                "bits_per_character",
            ]
            self.call(data.draw(st.sampled_from(methods)), X)
        else:
            methods = ["transform", "transform", "inverse_transform", "get_feature_names_out"]
            method = data.draw(st.sampled_from(methods))
            self.call(method, *([] if method == "get_feature_names_out" else [X]))

    @precondition(lambda self: self.name == "SequenceGenerator")
    @rule(
        n_steps=st.sampled_from([3, 3, 0, 1, -1, 2.5, None, "much"]),
        prompt=draw.mostly(st.none(), draw.texts(("one_text", "texts")), 2),
        more=st.fixed_dictionaries(
            {},
            optional={
                "temperature": st.sampled_from([0, 1.0, 1e-300, 1e300, -1.0, float("nan"), "a"]),
                "top_k": st.sampled_from([1, 2, 10**30, 0, 1.5]),
                "n_samples": st.sampled_from([1, 2, 0, -1]),
                "random_state": st.sampled_from([0, 1, 2**32, -1, "a"]),
            },
        ),
    )
    def generate(self, n_steps: Any, prompt: Any, more: Any) -> None:
        self.call("generate", n_steps, prompt, **{"random_state": 0} | more)


class StreamMachine(Machine):
    """Streams of whatever can be streamed, made in random ways and fed with random steps."""

    @initialize(
        kind=st.sampled_from(
            [
                "GRURegressor",
                "LSTMClassifier",
                "TCNRegressor",
                "RNNRegressor",
                "SequenceLabeler",
                "SequenceAnomalyDetector",
                "SequenceGenerator",
            ]
        ),
        params=st.fixed_dictionaries({}, optional={"missing": st.just("mask")}),
        form=st.sampled_from(["array", "frames", "windows", "ragged"]),
        data=st.data(),
    )
    def make(self, kind: str, params: Any, form: str, data: Any) -> None:
        if kind == "SequenceGenerator":
            params, calls = {}, [Call("fit", words.Texts("characters"))]
        else:
            given = X(form=form)
            y = None if kind == "SequenceAnomalyDetector" else _target(kind, given)
            calls = [Call("fit", given, y)]
        if kind == "SequenceLabeler":
            params = params | {"causal": True}
        self.session = Session(kind, params)
        for one in calls:
            self.call(one.method, *one.args, **one.kwargs)
        n_streams = data.draw(
            draw.mostly(st.sampled_from([None, 2]), st.sampled_from([0, -1, 2.5, "a"]), 6)
        )
        method = data.draw(
            draw.mostly(
                st.none(),
                st.sampled_from(["predict", "predict_proba", "step_scores", "much", 5]),
                3,
            )
        )
        more = {} if method is None else {"method": method}
        self.call("stream", n_streams, **more)

    @rule(
        x=draw.mostly(
            st.just([0.5, -0.5]),
            st.one_of(
                st.sampled_from([[0.5, 0.5], [[0.5, 0.5], [0.1, 0.2]], "a", ["a", "b"], 0.5]),
                draw.junk,
                st.sampled_from(
                    [
                        [1e300, 0.0],
                        [1e39, 0.0],
                        [float("nan"), 0.0],
                        [float("inf"), 0.0],
                        [0.5],
                        [0.5, 0.5, 0.5],
                        [None, 0.5],
                        ["a", 0.5],
                        {"a": 0.5, "b": 0.1},
                        [float("nan"), float("nan")],
                        [[1e300, 0.0], [0.5, 0.5]],
                        [True, False],
                        {"b": 0.5, "a": 0.1},
                        {"a": 0.5},
                        [1e160, -1e160],
                        [1e-300, 0.0],
                    ]
                ),
            ),
            2,
        )
    )
    def step(self, x: Any) -> None:
        if isinstance(self.session.thing, skrnn.Stream):
            self.call("step", x)

    @rule(
        streams=draw.mostly(
            st.sampled_from([None, 0]),
            st.sampled_from([1, 5, -1, [0], [True, False], [], "a", 0.5, slice(0, 1)]),
            2,
        )
    )
    def reset(self, streams: Any) -> None:
        if isinstance(self.session.thing, skrnn.Stream):
            self.call("reset", *([] if streams is None else [streams]))

    @rule(method=st.sampled_from(["pickle", "deepcopy", "update_itself"]))
    def copied(self, method: str) -> None:
        self.call(method)


def _target(kind: str, given: X) -> Any:
    each_step = kind == "SequenceLabeler"
    form = "natural" if each_step else "array"
    name = "numbers" if kind.endswith("Regressor") else "classes"
    return Y(name, given, form, each_step=each_step)


class TransformMachine(Copies, Machine):
    """Sliding windows, the scaler, and windows made outside a pipeline."""

    @initialize(made=named(("SlidingWindow", "SequenceScaler")), data=st.data())
    def make(self, made: Any, data: Any) -> None:
        self.session = Session(*made)
        self.fit(data, "fit")

    def _given(self, data: Any) -> Any:
        usual = _rows() if self.name == "SlidingWindow" else draw.sequences()
        return data.draw(draw.mostly(usual, draw.sequences()))

    @rule(data=st.data(), method=st.sampled_from(["fit", "fit_transform"]))
    def fit(self, data: Any, method: str) -> None:
        self.call(method, self._given(data))

    @rule(data=st.data(), method=st.sampled_from(["transform", "transform", "inverse_transform"]))
    def read(self, data: Any, method: str) -> None:
        known = hasattr(type(self.session.thing), method)
        self.call(method if known else "transform", self._given(data))

    @rule(names=st.sampled_from([None, ["a", "b"], ["a"], [], "much", 5]))
    def feature_names(self, names: Any) -> None:
        self.call("get_feature_names_out", names)


def _rows() -> st.SearchStrategy[Any]:
    tables = st.builds(X, form=st.sampled_from(["rows", "rows_frame", "first", "table", "polars"]))
    dated = st.sampled_from(REGULAR).flatmap(lambda index: draw.series(index, 0, 2, (0, 25)))
    return st.one_of(tables, dated, draw.series("days", 0, 1))


class WindowsMachine(Machine):
    """`make_windows`, which is a function."""

    @initialize()
    def make(self) -> None:
        self.session = Session("make_windows")

    @rule(
        data=_rows(),
        wanted=draw.mostly(
            st.none(), st.one_of(draw.junk, _rows(), st.sampled_from(["a", "b", "zzz", 5, ["a"]]))
        ),
        more=st.fixed_dictionaries(
            {"window_length": st.sampled_from([3, 2, 1, 30, 0, -1, 2.5, None, 10**30])},
            optional={
                name: st.sampled_from([1, 2, 3, 0, -1, 10**30, 1.5, "a", None, True])
                for name in ("sampling_rate", "stride", "delay", "horizon")
            },
        ),
    )
    def windows(self, data: Any, wanted: Any, more: Any) -> None:
        self.session.program.calls.clear()
        self.call("make_windows", data, wanted, **more)


class ForecastMachine(Copies, Machine):
    """Forecasters, on series of many kinds of times."""

    @initialize(
        made=named(FORECASTERS),
        index=st.one_of(st.just("days"), st.sampled_from(REGULAR)),
        keys=st.sampled_from([0, 0, 2]),
        columns=st.sampled_from([0, 0, 2]),
        with_X=st.sampled_from([False, False, True]),
        data=st.data(),
    )
    def make(self, made: Any, index: str, keys: int, columns: int, with_X: bool, data: Any) -> None:
        self.index, self.keys, self.columns, self.with_X = index, keys, columns, with_X
        self.end = 30
        self.session = Session(*made)
        self.fit(data)

    def _series(self, data: Any, starts: tuple[int, ...] = (0,)) -> Any:
        return data.draw(draw.series(self.index, self.keys, self.columns, starts))

    def _covariates(self, data: Any, like: Any, n_more: int = 0) -> dict[str, Any]:
        if not self.with_X or not isinstance(like, Series):
            return {}
        exact = Series(like.index, like.n + n_more, like.start, 1, like.keys)
        return {"X": data.draw(draw.mostly(st.just(exact), draw.series(self.index, self.keys, 1)))}

    def _horizon(self, data: Any) -> Horizon:
        return data.draw(draw.horizons(self.index, self.end))

    @rule(data=st.data())
    def fit(self, data: Any) -> None:
        y = self._series(data)
        self.call("fit", y, **self._covariates(data, y), fh=self._horizon(data))

    @rule(data=st.data(), method=st.sampled_from(["update", "update", "pretrain"]))
    def update(self, data: Any, method: str) -> None:
        y = self._series(data, (25, 30, 10, 0))
        more = {"update_params": data.draw(st.booleans())} if method == "update" else {}
        self.call(method, y, **self._covariates(data, y), **more)

    @rule(
        data=st.data(),
        method=st.sampled_from(
            [
                "predict",
                "predict",
                "predict",
                "predict_interval",
                "predict_quantiles",
                "predict_var",
            ]
        ),
    )
    def read(self, data: Any, method: str) -> None:
        more = self._covariates(data, Series(self.index, 6, 30, keys=self.keys))
        if method == "predict_interval":
            more["coverage"] = data.draw(st.sampled_from([0.9, [0.5, 0.9], 0.0, 1.0, 1.5, "a", []]))
        if method == "predict_quantiles":
            more["alpha"] = data.draw(st.sampled_from([0.5, [0.1, 0.9], 0.0, 1.0, -0.5, "a", []]))
        fh = {} if data.draw(st.booleans()) else {"fh": self._horizon(data)}
        self.call(method, **fh, **more)

    @rule(data=st.data(), step_length=st.sampled_from([1, 3, 7, 0, -1, 2.5, None, 10**30]))
    def backtest(self, data: Any, step_length: Any) -> None:
        y = self._series(data, (0, 25))
        more = self._covariates(data, y)
        if data.draw(st.booleans()):
            more["start"] = data.draw(st.sampled_from([20, "2024-01-20", None, "much", 10**30, -5]))
        self.call("backtest", y, **more, fh=self._horizon(data), step_length=step_length)


class DetectorMachine(Copies, Machine):
    """sktime's detector."""

    @initialize(
        index=st.sampled_from(REGULAR),
        data=st.data(),
        params=settings_of("SequenceAnomalyDetector"),
    )
    def make(self, index: str, data: Any, params: Any) -> None:
        self.index = index
        self.session = Session(
            "SequenceDetector", {"detector": Made("SequenceAnomalyDetector", **params)}
        )
        self.fit(data, "fit")

    @rule(data=st.data(), method=st.sampled_from(["fit", "update"]))
    def fit(self, data: Any, method: str) -> None:
        self.call(method, data.draw(draw.series(self.index, 0, 1, (0, 5))))

    @rule(
        data=st.data(),
        method=st.sampled_from(
            [
                "predict",
                "predict_scores",
                "transform_scores",
                "predict_points",
                "predict_segments",
                "transform",
            ]
        ),
    )
    def read(self, data: Any, method: str) -> None:
        self.call(method, data.draw(draw.series(self.index, 0, 1, (0, 25))))

    @rule(data=st.data())
    def changed(self, data: Any) -> None:
        change = data.draw(change_of("SequenceAnomalyDetector"))
        self.call("set_params", **{f"detector__{name}": value for name, value in change.items()})


MACHINES: dict[type[Machine], int] = {
    EstimatorMachine: 8,
    ForecastMachine: 5,
    TextMachine: 4,
    StreamMachine: 3,
    TransformMachine: 3,
    WindowsMachine: 1,
    DetectorMachine: 2,
}
