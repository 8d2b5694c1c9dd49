"""Programs that once broke something: each a small test with a name that says what now holds.

A failing fuzz run prints such programs. Paste one here, under a name of its own; `breaks` runs it
with every invariant watched.
"""

import pytest

from tests.fuzz.recipes import X, Y
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
