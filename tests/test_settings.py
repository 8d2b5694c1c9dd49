"""The two settings of JAX, each in processes of its own, since a process has them once."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import skrnn

PARTS = """
import json
import os
import sys

import numpy as np

import skrnn

X = np.random.default_rng(0).normal(size=(40, 6, 2))
y = X[:, -1, 0]


def model():
    return skrnn.GRURegressor(units=2, epochs=2, random_state=0)


def events_while(work):
    # How many programs JAX found in its cache on disk, and how many it did not.
    import jax

    seen = []
    jax.monitoring.register_event_listener(lambda name, **_: seen.append(name))
    work()
    names = ("cache_hits", "cache_misses")
    return [seen.count(f"/jax/compilation_cache/{name}") for name in names]


def report(**values):
    print("REPORT", json.dumps(values))
"""


def run(code, **environment):
    """Run code in a fresh process on JAX, or as the environment says; return its report."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAX_", "XLA_", "SKRNN_"))
    }
    process = subprocess.run(
        [sys.executable, "-c", PARTS + textwrap.dedent(code)],
        env=inherited
        | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(Path(skrnn.__file__).parent.parent)}
        | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    line = process.stdout.split("REPORT ")[-1]
    return json.loads(line)


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------------ CPU devices


@pytest.mark.long
def test_jax_runs_with_the_devices_asked_for_and_keeps_them():
    seen = run("""
        skrnn.set_cpu_devices(3)
        skrnn.set_cpu_devices(np.int64(2))
        model().fit(X, y)
        import jax

        skrnn.set_cpu_devices(2)
        try:
            skrnn.set_cpu_devices(3)
        except RuntimeError as error:
            message = str(error)
        report(n=len(jax.devices()), message=message)
    """)
    assert seen["n"] == 2
    assert "already runs, with 2 CPU device(s)" in seen["message"]
    assert "call set_cpu_devices(3) at the top of the script" in seen["message"]


def test_one_device_is_no_change_once_jax_runs_with_it():
    seen = run("""
        import jax

        jax.numpy.zeros(2)
        skrnn.set_cpu_devices(1)
        report(n=len(jax.devices()))
    """)
    assert seen["n"] == 1


@pytest.mark.long
def test_a_worker_process_keeps_one_device():
    seen = run("""
        skrnn.set_cpu_devices(2)

        def count():
            import jax

            return os.getpid(), len(jax.devices())

        from joblib import Parallel, delayed

        workers = Parallel(n_jobs=2)(delayed(count)() for _ in range(2))
        report(here=count(), workers=workers)
    """)
    assert seen["here"][1] == 2
    assert [n for _, n in seen["workers"]] == [1, 1]
    assert seen["here"][0] not in [process for process, _ in seen["workers"]]


@pytest.mark.parametrize("n", [0, -1, 2.0, True, "2", None])
def test_what_is_no_number_of_devices_is_refused(n):
    with pytest.raises(ValueError, match="an int of at least 1, not"):
        skrnn.set_cpu_devices(n)


# ------------------------------------------------------------------ compiled programs on disk

FIT = """
events = events_while(lambda: model().fit(X, y).predict(X))
report(events=events, predicted=model().fit(X, y).predict(X).tolist())
"""


@pytest.mark.long
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    folder = tmp_path / "made" / "here"
    by_call = f"skrnn.set_compilation_cache({str(folder)!r})\n" + FIT
    first, second = run(by_call), run(by_call)
    third = run(FIT, SKRNN_COMPILATION_CACHE=folder)

    (hits, misses), kept = first["events"], len(files_of(folder))
    assert hits == 0
    assert misses == kept > 0
    assert second["events"] == third["events"] == [kept, 0]
    assert first["predicted"] == second["predicted"] == third["predicted"]


@pytest.mark.long
def test_workers_of_a_search_find_what_others_compiled(tmp_path):
    search = """
        from sklearn.model_selection import GridSearchCV

        class Counting(skrnn.GRURegressor):
            '''Note what JAX found on disk during a fit, and where that was.'''

            def fit(self, X, y):
                self.events_ = events_while(lambda: skrnn.GRURegressor.fit(self, X, y))
                return self

        def seen(fitted, X, y):
            hits, misses = fitted.events_
            return {"hits": hits, "misses": misses, "process": os.getpid()}

        model = Counting(units=2, epochs=1, random_state=0)
        grid = {"learning_rate": [0.01, 0.02]}
        found = GridSearchCV(model, grid, cv=2, n_jobs=2, scoring=seen, refit=False).fit(X, y)
        scores = {
            name: [found.cv_results_[f"split{split}_test_{name}"].tolist() for split in range(2)]
            for name in ("hits", "misses", "process")
        }
        report(here=os.getpid(), **{name: sum(values, []) for name, values in scores.items()})
    """
    first = run(search, SKRNN_COMPILATION_CACHE=tmp_path)
    kept = files_of(tmp_path)
    second = run(search, SKRNN_COMPILATION_CACHE=tmp_path)

    assert sum(first["misses"]) >= len(kept) > 0
    assert sum(second["hits"]) > 0
    assert sum(second["misses"]) == 0
    assert files_of(tmp_path) == kept
    assert second["here"] not in second["process"]


def test_a_folder_may_be_set_and_changed_while_jax_runs(tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    run(f"""
        import jax

        jax.jit(lambda x: x + 1)(1.0)
        for number, folder in enumerate({[str(folder) for folder in folders]!r}):
            skrnn.set_compilation_cache(folder)
            jax.jit(lambda x: x * number)(2.0)
        report()
    """)
    assert [len(files_of(folder)) for folder in folders] == [1, 1]


@pytest.mark.long
def test_the_folder_of_jax_itself_comes_first(tmp_path):
    ours, its_own = tmp_path / "ours", tmp_path / "its_own"
    environment = {
        "SKRNN_COMPILATION_CACHE": ours,
        "JAX_COMPILATION_CACHE_DIR": its_own,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": 0,
    }
    run(FIT, **environment)
    assert files_of(its_own)
    assert not ours.exists()


def test_a_folder_that_is_made_is_the_users_alone(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    run(f"""
        os.umask(0o022)
        skrnn.set_compilation_cache({str(tmp_path / "made" / "here")!r})
        skrnn.set_compilation_cache({str(theirs)!r})
        report()
    """)
    assert (tmp_path / "made" / "here").stat().st_mode & 0o777 == 0o700
    assert theirs.stat().st_mode & 0o777 == 0o755


def test_a_file_is_no_folder(tmp_path):
    path = tmp_path / "file"
    path.touch()
    seen = run(f"""
        try:
            skrnn.set_compilation_cache({str(path)!r})
        except OSError as error:
            report(message=str(error))
    """)
    assert str(path) in seen["message"]


# ------------------------------------------------------------------ nothing unasked


@pytest.mark.parametrize("call", ["set_cpu_devices(2)", "set_compilation_cache('unused')"])
def test_on_another_backend_a_setting_says_so_and_loads_nothing(call):
    seen = run(
        f"""
        try:
            skrnn.{call}
        except RuntimeError as error:
            report(message=str(error), loaded=sorted(sys.modules))
        """,
        KERAS_BACKEND="torch",
    )
    assert (
        f"{call.partition('(')[0]} is for the JAX backend, and the backend is 'torch'"
        in (seen["message"])
    )
    assert not {"jax", "keras", "torch"} & set(seen["loaded"])


def test_the_environment_is_not_read_before_a_network_is_built(tmp_path):
    folder = tmp_path / "unused"
    seen = run("model(); report(loaded=sorted(sys.modules))", SKRNN_COMPILATION_CACHE=folder)
    assert not {"jax", "keras"} & set(seen["loaded"])
    assert not folder.exists()


def test_the_environment_changes_nothing_on_another_backend(tmp_path):
    folder = tmp_path / "unused"
    code = """
        from skrnn.settings import follow_environment

        follow_environment()
        report(loaded=sorted(sys.modules))
    """
    seen = run(code, SKRNN_COMPILATION_CACHE=folder, KERAS_BACKEND="torch")
    assert "jax" not in seen["loaded"]
    assert not folder.exists()


@pytest.mark.long
def test_without_a_setting_jax_is_left_as_it_is():
    seen = run("""
        model().fit(X, y)
        import jax

        names = ["jax_num_cpu_devices", "jax_compilation_cache_dir"]
        names += ["jax_persistent_cache_min_compile_time_secs"]
        report(values=[getattr(jax.config, name) for name in names])
    """)
    assert seen["values"] == [-1, None, 1.0]
