"""The configuration, in processes of its own, since a process has one."""

import textwrap

import numpy as np
import pytest
from joblib import cpu_count

import skrnn
from tests.processes import forks, run


@pytest.fixture(scope="module")
def fork():
    """Return a function like `run`, which takes less time."""
    with forks() as run_in_fork:
        yield run_in_fork


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------------ CPU devices


@pytest.mark.long
def test_jax_runs_with_the_devices_asked_for_and_keeps_them():
    seen = run("""
        skrnn.set_config(cpu_devices=3)
        skrnn.set_config(cpu_devices=np.int64(2))
        model().fit(X, y)
        import jax

        skrnn.set_config(cpu_devices=2)
        try:
            skrnn.set_config(cpu_devices=3)
        except RuntimeError as error:
            message = str(error)
        report(n=len(jax.devices()), kept=skrnn.get_config()["cpu_devices"], message=message)
    """)
    assert seen["n"] == seen["kept"] == 2
    assert "already runs, with 2 CPU device(s)" in seen["message"]
    assert "call set_config(cpu_devices=3) at the top of the script" in seen["message"]


def test_one_device_is_no_change_once_jax_runs_with_it(fork):
    seen = fork("""
        import jax

        jax.numpy.zeros(2)
        skrnn.set_config(cpu_devices=1)
        report(n=len(jax.devices()))
    """)
    assert seen["n"] == 1


@pytest.mark.long
def test_a_worker_process_keeps_one_device():
    seen = run("""
        skrnn.set_config(cpu_devices=2)

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


USED = textwrap.dedent("""
    from skrnn.engine.compiled_model import compiled_models
    import jax

    def used():
        # Devices of the programs so far.
        models = sum(compiled_models._idle.values(), [])
        return [len(one.steps._current.parallel) for one in models]

    X = np.random.default_rng(0).normal(size=(600, 24, 3))
    y = X[:, -3:, 0].sum(axis=1)
    options = dict(units=24, epochs=2, batch_size=256, random_state=0)
""")


def test_large_batches_of_a_recurrent_network_are_split_among_the_cores(fork):
    code = """
        fits = [skrnn.GRURegressor(**options).fit(X, y)]
        n_used = used()
        for others in ({"dropout": 0.3}, {"batch_size": 64}):
            fits.append(skrnn.GRURegressor(**options | others).fit(X, y))
        options.pop("units")
        fits.append(skrnn.TCNRegressor(filters=4, **options).fit(X, y))
        report(
            n=len(jax.devices()),
            used=n_used,
            losses=[fit.history_["loss"] for fit in fits],
            predicted=[fit.predict(X[:5]).tolist() for fit in fits],
            config=skrnn.get_config()["cpu_devices"],
        )
    """
    many, one = (fork(USED + textwrap.dedent(code), OMP_NUM_THREADS=n) for n in (16, 1))
    assert many["n"] == min(cpu_count(), 16)
    assert one["n"] == 1 == one["used"][0]
    assert many["used"][0] == min(many["n"], 4)
    assert many["config"] is None
    for name in ("losses", "predicted"):
        ours, expected = many[name], one[name]
        np.testing.assert_allclose(ours[0], expected[0], rtol=1e-4, atol=1e-6)
        assert ours[1:] == expected[1:], name  # on one device in both


@pytest.mark.parametrize(
    ("code", "environment"),
    [
        ("skrnn.set_config(cpu_devices=1)", {}),
        ("", {"XLA_FLAGS": "--xla_force_host_platform_device_count=1"}),
        ("import jax; jax.config.update('jax_num_cpu_devices', 1)", {}),
        ("import jax; jax.numpy.zeros(2)", {}),
        ("", {"OMP_NUM_THREADS": "1"}),
    ],
)
def test_the_cores_are_left_to_a_user_who_has_chosen(code, environment, fork):
    seen = fork(
        code + "\nmodel().fit(X, y); import jax; report(n=len(jax.devices()))",
        **{"OMP_NUM_THREADS": "16", **environment},
    )
    assert seen["n"] == 1


@pytest.mark.long
def test_worker_processes_take_no_further_cores():
    seen = run(
        """
        def count(_):
            model().fit(X, y)
            import jax

            return len(jax.devices())

        from joblib import Parallel, delayed

        report(n=Parallel(n_jobs=2)(delayed(count)(i) for i in range(2)))
        """,
        OMP_NUM_THREADS="16",
    )
    assert seen["n"] == [1, 1]


@pytest.mark.parametrize("n", [0, -1, 2.0, True, "2"])
def test_what_is_no_number_of_devices_is_refused(n):
    with pytest.raises(ValueError, match=r"cpu_devices=.* set_config, which accepts an int >= 1"):
        skrnn.set_config(cpu_devices=n)


# ------------------------------------------------------------------ compiled programs on disk

FIT = """
events = events_while(lambda: model().fit(X, y).predict(X))
report(events=events, predicted=model().fit(X, y).predict(X).tolist())
"""


@pytest.mark.long
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    folder = tmp_path / "made" / "here"
    by_call = f"skrnn.set_config(compilation_cache={str(folder)!r})\n" + FIT
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


def test_a_folder_may_be_set_and_changed_while_jax_runs(tmp_path, fork):
    folders = [tmp_path / "one", tmp_path / "two"]
    fork(f"""
        import jax

        jax.jit(lambda x: x + 1)(1.0)
        for number, folder in enumerate({[str(folder) for folder in folders]!r}):
            skrnn.set_config(compilation_cache=folder)
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


def test_a_folder_that_is_made_is_the_users_alone(tmp_path, fork):
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    fork(f"""
        os.umask(0o022)
        skrnn.set_config(compilation_cache={str(tmp_path / "made" / "here")!r})
        skrnn.set_config(compilation_cache={str(theirs)!r})
        report()
    """)
    assert (tmp_path / "made" / "here").stat().st_mode & 0o777 == 0o700
    assert theirs.stat().st_mode & 0o777 == 0o755


def test_a_file_is_no_folder(tmp_path, fork):
    path = tmp_path / "file"
    path.touch()
    seen = fork(f"""
        try:
            skrnn.set_config(compilation_cache={str(path)!r})
        except OSError as error:
            report(message=str(error))
    """)
    assert str(path) in seen["message"]


def test_inside_a_context_programs_are_kept_in_its_folder_and_afterwards_as_before(tmp_path, fork):
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    seen = fork(f"""
        import jax

        names = ["jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs"]
        names += ["jax_persistent_cache_min_entry_size_bytes"]

        def settings():
            kept = skrnn.get_config()["compilation_cache"]
            jax.jit(lambda x: x + len(found))(1.0)
            found.append([str(kept), *(getattr(jax.config, name) for name in names)])

        found = []
        settings()
        with skrnn.config_context(compilation_cache={str(outer)!r}):
            settings()
            try:
                with skrnn.config_context(compilation_cache={str(inner)!r}):
                    settings()
                    raise KeyError
            except KeyError:
                settings()
            with skrnn.config_context():
                settings()
        settings()
        report(found=found)
    """)["found"]
    before, first, nested, again, nothing, after = seen
    assert before[0] == "None"
    assert before == after
    assert first == again == nothing == [str(outer), str(outer), 0.0, -1]
    assert nested == [str(inner), str(inner), 0.0, -1]
    assert [len(files_of(folder)) for folder in (outer, inner)] == [3, 1]


def test_contexts_of_threads_that_overlap_leave_nothing_behind(tmp_path, fork):
    folders = [str(tmp_path / name) for name in ("first", "second", "third")]
    seen = fork(f"""
        import jax

        def settings():
            config = jax.config
            minimum = config.jax_persistent_cache_min_compile_time_secs
            folder = skrnn.get_config()["compilation_cache"]
            found.append([str(folder), str(config.jax_compilation_cache_dir), minimum])

        found = []
        settings()
        contexts = [skrnn.config_context(compilation_cache=folder) for folder in {folders!r}]
        for context in contexts:
            context.__enter__()
        for place in (1, 0, 2):
            contexts[place].__exit__(None, None, None)
            settings()
        report(found=found)
    """)["found"]
    before, without_second, without_first, after = seen
    assert without_second == without_first == [folders[2], folders[2], 0.0]
    assert after == before
    assert before[:2] == ["None", "None"]


# ------------------------------------------------------------------ nothing unasked

BOTH = ["set_config", "config_context"]


@pytest.mark.parametrize(
    "setting", ["set_config(cpu_devices=2)", *(f"{n}(compilation_cache='unused')" for n in BOTH)]
)
def test_on_another_backend_a_setting_says_so_and_loads_nothing(setting):
    seen = run(
        f"""
        before = skrnn.get_config()
        try:
            with skrnn.{setting}:
                pass
        except RuntimeError as error:
            message = str(error)
        report(message=message, loaded=sorted(sys.modules), same=skrnn.get_config() == before)
        """,
        KERAS_BACKEND="torch",
    )
    call = f"{setting.partition('=')[0]}=...)"
    assert f"{call} is for the JAX backend, and the backend is 'torch'" in seen["message"]
    assert seen["same"]
    assert not {"jax", "keras", "torch"} & set(seen["loaded"])


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("folder", [3, True, b"folder", ["folder"], ""])
def test_what_is_no_folder_is_refused(name, folder):
    message = rf"compilation_cache=.* {name}, which accepts a str or path"
    with pytest.raises(ValueError, match=message), getattr(skrnn, name)(compilation_cache=folder):
        pass


def test_the_configuration_is_none_until_it_is_set_and_is_not_changed_through_the_dict():
    seen = run("""
        skrnn.get_config()["cpu_devices"] = 7
        skrnn.set_config()
        report(config=skrnn.get_config(), loaded=sorted(sys.modules))
    """)
    assert seen["config"] == {"compilation_cache": None, "cpu_devices": None}
    assert not {"jax", "keras"} & set(seen["loaded"])


def test_settings_are_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        skrnn.set_config(2)


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
