"""The count of files that a call enters, on a package made for it and on scikit-learn."""

import sys
import threading
from pathlib import Path

import pytest
import sklearn
from routes import Tracer, own_classes
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler

MODULES = {
    "__init__.py": "",
    "front.py": """
        from made_up import helpers

        def run():
            return helpers.double(1)

        def elsewhere():
            return lambda: helpers.double(1)

        def lazy():
            from made_up import late
            return late.Thing

        def fail():
            raise ValueError(helpers.double(1))
    """,
    "helpers.py": """
        def double(x):
            return 2 * x
    """,
    "late.py": """
        from made_up.helpers import double

        class Thing:
            size = double(2)
    """,
}


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    import importlib
    import textwrap

    folder = tmp_path / "made_up"
    folder.mkdir()
    for name, source in MODULES.items():
        (folder / name).write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("made_up.front"), folder
    for name in [name for name in sys.modules if name.split(".")[0] == "made_up"]:
        del sys.modules[name]


def test_files_come_in_the_order_of_first_entry(made_up):
    front, folder = made_up
    with Tracer() as tracer:
        route = tracer.route(lambda: [front.run() for _ in range(2)], folder)
    assert route.files == ("made_up/front.py", "made_up/helpers.py")
    assert route.n_threads == 0


def test_what_an_import_executes_does_not_count(made_up):
    front, folder = made_up
    with Tracer() as tracer:
        assert tracer.route(front.lazy, folder).files == ("made_up/front.py",)
    assert "made_up.late" in sys.modules


def test_files_entered_in_a_thread_count_and_the_thread_does(made_up):
    front, folder = made_up

    def call():
        thread = threading.Thread(target=front.elsewhere())
        thread.start()
        thread.join()

    with Tracer() as tracer:
        route = tracer.route(call, folder)
    assert route.files == ("made_up/front.py", "made_up/helpers.py")
    assert route.n_threads == 1


def test_files_entered_in_an_older_thread_count_and_the_thread_does_not(made_up):
    front, folder = made_up
    begin, done = threading.Event(), threading.Event()

    def wait_and_run():
        begin.wait()
        front.run()
        done.set()

    with Tracer() as tracer:
        thread = threading.Thread(target=wait_and_run)
        thread.start()
        route = tracer.route(lambda: (begin.set(), done.wait()), folder)
        thread.join()
    assert route.files == ("made_up/front.py", "made_up/helpers.py")
    assert route.n_threads == 0


def test_each_route_begins_anew_also_after_an_error(made_up):
    front, folder = made_up
    with Tracer() as tracer:
        with pytest.raises(ValueError, match="2"):
            tracer.route(front.fail, folder)
        assert tracer.route(front.elsewhere, folder).files == ("made_up/front.py",)


def test_profilers_are_put_back():
    before = sys.getprofile(), threading.getprofile()
    with Tracer():
        assert sys.getprofile() is not before[0]
    assert (sys.getprofile(), threading.getprofile()) == before


def test_a_fit_of_scikit_learn_enters_the_file_of_its_class():
    folder = Path(sklearn.__file__).parent
    model = StandardScaler()
    with Tracer() as tracer:
        route = tracer.route(lambda: model.fit([[1.0], [2.0]]), folder)
    assert "sklearn/preprocessing/_data.py" in route.files
    assert "sklearn/utils/validation.py" in route.files
    assert not any("neural_network" in file for file in route.files)


def test_classes_of_other_packages_are_not_own_ones():
    class Mine(BaseEstimator):
        pass

    assert own_classes(Mine, __name__.split(".")[0]) == [Mine]
    assert BaseEstimator in own_classes(Mine, "sklearn")
