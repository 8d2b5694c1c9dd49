"""Programs that once broke something: each a small test with a name that says what now holds.

A failing fuzz run prints such programs. Paste one here, under a name of its own; `breaks` runs it
with every invariant watched.
"""

import pytest

from tests.fuzz.junk import Junk
from tests.fuzz.parameters import Made
from tests.fuzz.recipes import X, Y
from tests.fuzz.series import Horizon, Series
from tests.fuzz.sessions import Call, Program


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


def test_forecasts_are_read_without_a_trace_whatever_is_asked_for():
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
