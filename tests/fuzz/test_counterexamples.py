"""Programs that once broke something: each a small test with a name that says what now holds.

A failing fuzz run prints such programs. Paste one here, under a name of its own; `breaks` runs it
with every invariant watched.
"""

import numpy as np
import pytest

import skrnn
from tests.fuzz.junk import Junk
from tests.fuzz.parameters import Made, Network, Seed
from tests.fuzz.recipes import X, Y
from tests.fuzz.series import Horizon, Series
from tests.fuzz.sessions import Call, Program
from tests.fuzz.texts import Texts


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run in an empty folder, so that files that are left behind are seen."""
    monkeypatch.chdir(tmp_path)


def breaks(program):
    """Return the broken invariants of a program, as text."""
    return [f"{call!r}: {fault}" for call, fault in program.run()]


def test_a_label_of_the_wrong_kind_after_a_fit_is_refused_and_leaves_no_trace():
    program = Program(
        "GRUClassifier",
        {},
        [
            Call("fit", X(), Y("classes")),
            Call("predict_proba", X(form="panel")),
            Call("partial_fit", X(), Y("texts")),
            Call("pickle"),
        ],
    )
    assert breaks(program) == []


def test_a_list_in_place_of_a_number_is_refused():
    program = Program("SequenceScaler", {}, [Call("fit", X(fault="list_inside"))])
    assert breaks(program) == []


def test_forecasts_are_read_without_a_trace_whatever_is_requested():
    program = Program(
        "GRUForecaster",
        {},
        [
            Call("fit", Junk(kind="structured")),
            Call("fit", Junk(kind="class")),
            Call("fit", Series(), fh=Horizon()),
            Call("predict"),
            Call("predict_quantiles", alpha=[]),
            Call("predict_interval", coverage="a"),
            Call("predict_interval", coverage=1.0, fh=Horizon(kind="three")),
            Call("update", Junk(kind="class")),
            Call("backtest", Series(), fh=Horizon(), step_length=0),
            Call("backtest", Series(), fh=Horizon(), step_length=10**30),
            Call("backtest", Series(), fh=Horizon(), start="much"),
        ],
    )
    assert breaks(program) == []


def test_a_detector_takes_rows_of_any_times_and_byte_order():
    program = Program(
        "SequenceDetector",
        {"detector": Made("SequenceAnomalyDetector")},
        [
            Call("fit", Series()),
            Call("update", Series(index="utc")),
            Call("update", Series(start=30, dtype=">f8")),
            Call("predict", Series(fault="nan")),
            Call("transform", Series(fault="text")),
        ],
    )
    assert breaks(program) == []


def test_texts_after_numbers_at_steps_are_refused():
    program = Program(
        "SequenceLabeler",
        {},
        [
            Call("fit", X(n=9), Y(like=X(n=9), form="natural", each_step=True)),
            Call("partial_fit", X(n=9), Y("texts", like=X(n=9), form="natural", each_step=True)),
        ],
    )
    assert breaks(program) == []


def test_no_series_is_refused():
    assert breaks(Program("SequenceForecaster", {}, [Call("fit", Junk())])) == []


def test_a_seed_below_zero_is_refused_in_generation():
    program = Program(
        "SequenceGenerator",
        {"epochs": 1},
        [Call("fit", Texts(kind="one_text")), Call("generate", 3, random_state=-1)],
    )
    assert breaks(program) == []


def test_attention_is_given_for_targets_that_are_empty():
    program = Program(
        "SequenceTranslator",
        {"epochs": 1, "network": Network("gru", units=2)},
        [
            Call("fit", Texts(kind="uneven_numbers", seed=1), Texts(kind="tokens")),
            Call("attention_weights", Texts(kind="uneven_numbers")),
        ],
    )
    assert breaks(program) == []


def test_texts_at_each_step_are_no_numbers():
    program = Program(
        "SequenceLabeler",
        {"target_type": "continuous"},
        [
            Call("fit", X(), Y(kind="texts", each_step=True)),
            Call("refit", X(), Y(each_step=True)),
            Call("score", X(), Y(kind="texts", each_step=True)),
        ],
    )
    assert breaks(program) == []


def test_covariates_of_another_form_than_y_are_refused():
    program = Program(
        "SequenceForecaster",
        {},
        [
            Call("fit", Series(keys=2), X=Series()),
            Call("fit", Series(), X=Series(keys=2)),
            Call("fit", Series(), X=Junk(kind="empty_list")),
            Call("fit", Junk(kind="empty_list")),
            Call("fit", Series(keys=2), X=Series(keys=2)),
            Call("update", Series(keys=2), X=Series()),
        ],
    )
    assert breaks(program) == []


def test_a_forecaster_without_y():
    methods = ["pretrain", "fit", "update_predict", "score", "backtest", "pretrain"]
    calls = [Call("fit", Series()), *(Call(method, Junk()) for method in methods)]
    assert breaks(Program("RNNForecaster", {}, calls)) == []


def test_a_copy_has_the_repr_of_the_original():
    detector = Made("SequenceAnomalyDetector", random_state=Seed())
    program = Program("SequenceDetector", {"detector": detector}, [Call("repr"), Call("pickle")])
    assert breaks(program) == []


@pytest.mark.parametrize("dtype", ["float16", ">f8"])
@pytest.mark.parametrize("settings", [{"groups": ("b",)}, {"time": "b"}], ids=str)
def test_floats_that_pandas_cannot_look_up_tell_groups_and_times(settings, dtype):
    program = Program("SlidingWindow", settings, [Call("fit", Series(columns=2, dtype=dtype))])
    assert breaks(program) == []


@pytest.mark.parametrize("changed", [{"gap_tolerance": (0, 1)}, {"on_gap": "no"}], ids=str)
def test_parameters_changed_after_the_fit_are_checked(changed):
    calls = [Call("fit", Series()), Call("set_params", **changed), Call("transform", Series())]
    program = Program("SlidingWindow", {}, calls)
    assert breaks(program) == []


def test_targets_of_windows_keep_what_the_series_itself_lacks():
    call = Call("make_windows", Series(fault="last_nan"), None, window_length=1)
    assert breaks(Program("make_windows", {}, [call])) == []


def test_classes_at_steps_stay_one_class_each():
    X_more = X(form="frames", n=9)
    program = Program(
        "SequenceLabeler",
        {},
        [
            Call("fit", X(form="frames"), Y("three", like=X(form="frames"), each_step=True)),
            Call("partial_fit", X_more, Y("labels", like=X_more, each_step=True)),
        ],
    )
    assert breaks(program) == []


def test_variances_beyond_the_range_of_floats():
    program = Program(
        "RNNForecaster", {}, [Call("fit", Series(fault="1e300")), Call("predict_var", fh=Horizon())]
    )
    assert breaks(program) == []


@pytest.mark.parametrize("place", range(5))
def test_an_infinite_row_of_windows_is_refused(place):
    rows = np.arange(5.0)
    rows[place] = np.inf
    with pytest.raises(ValueError, match="data contains infinity"):
        skrnn.make_windows(rows, window_length=3)


def test_a_validation_set_without_targets_is_refused():
    chunked = skrnn.SequenceAnomalyDetector(chunk_length=2, early_stopping=True, epochs=1)
    with pytest.raises(ValueError, match=r"none of the 1 sequences, .* has a step with a target"):
        chunked.fit(np.ones((1, 3, 2)))  # the second chunk is one step


def test_infinite_targets_of_windows_are_refused():
    calls = [Call("make_windows", Series(fault="inf"), None, window_length=1)]
    assert breaks(Program("make_windows", {}, calls)) == []


def test_a_number_is_no_series():
    methods = ["fit", "update", "update_predict", "score", "backtest", "pretrain"]
    calls = [Call(method, Junk(kind="scalar_array")) for method in methods]
    assert breaks(Program("RNNForecaster", {}, [Call("fit", Series()), *calls])) == []
