"""Several processes learn what one does, end together, and go on from checkpoints."""

import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import keras
import numpy as np
import psutil
import pytest
from sklearn.base import clone

from skrnn import distributed
from skrnn.distributed import fitting
from skrnn.distributed.fitting import Process
from skrnn.distributed.member import EndedProcessError, Failure
from skrnn.engine.agreement import refuse_other_fit
from tests.distributed.fits import BY_DEVICE, FITS, Failing, Several, Slow, X, Y, learned, regressor
from tests.integration.data import free_port

ON_JAX = pytest.mark.skipif(keras.backend.backend() != "jax", reason="processes are for JAX only")


def flat(networks):
    """Return every number of the histories and the weights of networks."""
    parts = [part for history, weights in networks for part in (*history.values(), *weights)]
    return np.concatenate([np.ravel(part) for part in parts])


def assert_close(found, expected, name):
    for (history, weights), (losses, others) in zip(found, expected, strict=True):
        for key, values in history.items():
            np.testing.assert_allclose(values, losses[key], rtol=0, atol=1e-5, err_msg=name)
        for weight, other in zip(weights, others, strict=True):
            np.testing.assert_allclose(weight, other, rtol=2e-4, atol=1e-4, err_msg=name)


# ------------------------------------------------------------------ what is learned


@ON_JAX
@pytest.mark.parametrize(
    "names", [["odd batches"], pytest.param(list(FITS), marks=pytest.mark.long)], ids=["one", "all"]
)
def test_two_processes_learn_what_one_does(names):
    found = distributed.fit(Several(names), n_processes=2)
    for name in names:
        make, data = FITS[name]
        assert_close(found.fitted_[name], learned(make(), data), name)
        np.testing.assert_array_equal(flat(found.gathered_[name]), flat(found.fitted_[name]))


@ON_JAX
@pytest.mark.long
def test_two_processes_are_one_with_two_devices_bit_for_bit(monkeypatch):
    several = Several([*FITS, *BY_DEVICE])
    found = distributed.fit(several, n_processes=2)
    monkeypatch.setattr(fitting, "N_DEVICES", 2)
    expected = distributed.fit(several, n_processes=1)
    for name, networks in found.fitted_.items():
        np.testing.assert_array_equal(flat(networks), flat(expected.fitted_[name]), err_msg=name)


@ON_JAX
@pytest.mark.long
def test_the_estimator_stays_as_it_is_and_functions_of_the_script_come_along(tmp_path):
    def absolute(target, output):
        return keras.ops.abs(target - output)

    X_file = np.lib.format.open_memmap(tmp_path / "X.npy", mode="w+", dtype=X.dtype, shape=X.shape)
    X_file[:] = X
    model = regressor(loss=absolute)
    before = dict(vars(model))
    found = distributed.fit(model, X_file, y=Y)
    assert vars(model) == before
    assert type(found) is type(model)
    model.fit(X, Y)
    np.testing.assert_allclose(found.predict(X), model.predict(X), atol=1e-4)


# ------------------------------------------------------------------ processes that end


def members():
    """Return the processes of fits, and not those of earlier tests, such as a resource tracker."""
    return [one for one in psutil.Process().children() if "member" in "".join(one.cmdline()[-1:])]


def processes(n):
    """Return the ``n`` processes of a fit, by their numbers, once they run."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = members()
        if len(found) == n:
            return sorted(found, key=lambda one: one.cmdline()[-1].rstrip()[-2])
        time.sleep(0.01)
    raise TimeoutError(f"{n} processes do not run")


def kill_once(folder, rank, n=2):
    """Kill a process when a checkpoint is there; return the time."""
    running = processes(n)
    while not list(folder.glob("*/*.checkpoint")):
        time.sleep(0.01)
    running[rank].send_signal(signal.SIGKILL)
    return time.monotonic()


def slow(**params):
    return Slow(units=4, epochs=300, batch_size=37, random_state=0, **params)


@pytest.fixture(scope="module")
def undisturbed():
    return distributed.fit(slow(), X, Y)


@ON_JAX
@pytest.mark.long
@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_the_fit_and_the_next_call_goes_on(rank, undisturbed, tmp_path):
    model = slow(checkpoint=str(tmp_path))
    with ThreadPoolExecutor() as threads:
        killed = threads.submit(kill_once, tmp_path, rank)
        with pytest.raises(RuntimeError, match=rf"process {rank} ended by signal 9.*goes on from"):
            distributed.fit(model, X, Y)
        assert time.monotonic() - killed.result() < 60
    assert not members()
    [path] = tmp_path.glob("*/*.checkpoint")
    saved = path.read_bytes().split(b"\n")[1]
    assert b'"n_epochs": ' in saved
    found = distributed.fit(model, X, Y)
    np.testing.assert_array_equal(
        flat([(found.history_, found.weights_)]),
        flat([(undisturbed.history_, undisturbed.weights_)]),
    )
    assert not list(tmp_path.iterdir())


@ON_JAX
@pytest.mark.long
@pytest.mark.parametrize("rank", [0, 1])
def test_calls_with_ranks_end_when_the_process_of_one_is_killed(rank, tmp_path):
    model = slow(checkpoint=str(tmp_path))
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(one_of_two, clone(model), X, Y, port) for port in ranks()]
        end = kill_once(tmp_path, rank) + 60
        errors = [call.exception(timeout=end - time.monotonic()) for call in calls]
    assert [type(error) for error in errors] == 2 * [RuntimeError]
    assert "signal 9" in str(errors[rank])
    assert not members()


def ranks():
    address = f"127.0.0.1:{free_port()}"
    return [{"rank": rank, "address": address} for rank in range(2)]


def one_of_two(model, X, y, place):
    return distributed.fit(model, X, y, n_processes=2, **place)


@ON_JAX
@pytest.mark.long
def test_each_call_with_a_rank_returns_the_model_or_learns_that_data_differ():
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(one_of_two, regressor(), X, Y, place) for place in ranks()]
        first, second = (call.result(timeout=120) for call in calls)
        np.testing.assert_array_equal(
            *(flat([(one.history_, one.weights_)]) for one in (first, second))
        )
        ys = [Y, Y**2]
        calls = [
            threads.submit(one_of_two, regressor(), X, y, place)
            for y, place in zip(ys, ranks(), strict=True)
        ]
        for call in calls:
            error = call.exception(timeout=120)
            assert "2 processes that train one model have different data or param" in str(error)


@ON_JAX
@pytest.mark.long
def test_processes_end_with_the_one_that_has_started_them():
    code = "from skrnn import distributed; from tests.distributed.fits import Failing\n"
    code += "distributed.fit(Failing('sleeps'))"
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        children = []
        while len(children) < 2:
            time.sleep(0.05)
            children = psutil.Process(parent.pid).children()
    finally:
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive


@ON_JAX
def test_an_exception_of_the_fit_and_the_end_of_a_process_are_told():
    with pytest.raises(RuntimeError, match="CurvedError: 1 and 2") as caught:
        distributed.fit(Failing("raises"), n_processes=1)
    assert "in process 0: Traceback" in caught.value.__notes__[0]
    with pytest.raises(
        RuntimeError, match=r"fit over 1 processes .* process 0 ended by exit code 7"
    ):
        distributed.fit(Failing("exits"), n_processes=1)


def test_an_interrupt_ends_the_processes(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "_wait", interrupt)
    monkeypatch.setattr(fitting, "backend_name", lambda: "jax")
    with pytest.raises(KeyboardInterrupt):
        distributed.fit(Failing("sleeps"))
    assert not members()


def ended(folder, code):
    output = folder / "output-1"
    output.write_text("printed")
    running = SimpleNamespace(poll=lambda: code, returncode=code)
    return Process(1, folder / "result-1", output, running)


@pytest.mark.parametrize(("code", "how"), [(-9, r"signal 9 \(SIGKILL\)"), (3, "exit code 3")])
def test_the_end_of_a_process_is_told_with_what_it_printed(code, how, tmp_path):
    with pytest.raises(RuntimeError, match=f"process 1 ended by {how}.*goes on") as caught:
        fitting._raise_first([ended(tmp_path, code)], 2)
    assert caught.value.__cause__.__notes__ == ["printed"]


def test_a_process_that_ends_after_its_result_has_not_failed(tmp_path):
    process = ended(tmp_path, -6)
    process.path.write_bytes(pickle.dumps("fitted"))
    fitting._raise_first([process], 2)
    assert process.result() == "fitted"


def test_the_first_failure_is_told():
    failures = [Failure(EndedProcessError("lost"), is_first=False), Failure(KeyError("data"))]
    for order in (failures, failures[::-1]):
        with pytest.raises(KeyError, match="data"):
            fitting._raise_first([SimpleNamespace(failure=one) for one in order], 2)


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_processes": 0}, r"n_processes=0 .* distributed\.fit, which accepts an int >= 1"),
        ({"n_processes": 2.0}, "n_processes=2.0"),
        ({"rank": 2, "address": "node0:29500"}, "rank=2 .* accepts an int"),
        ({"rank": 0}, "rank was given to distributed.fit without address; give both"),
        ({"address": "node0:29500"}, "address was given to distributed.fit without rank"),
        ({"rank": 0, "address": "node0"}, "address='node0' .* a host and a port"),
    ],
)
def test_arguments_that_are_not_accepted(arguments, message):
    with pytest.raises(ValueError, match=message):
        distributed.fit(regressor(), X, Y, **arguments)


def test_what_has_no_fit_is_refused():
    with pytest.raises(TypeError, match="needs an estimator with fit"):
        distributed.fit("model", X, Y)


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(fitting, "backend_name", lambda: "torch")
    with pytest.raises(RuntimeError, match=r"the backend is 'torch'; .*KERAS_BACKEND=jax"):
        distributed.fit(regressor(), X, Y)


def test_processes_that_would_draw_other_weights_are_refused():
    def compiled(n, agrees=True):
        steps = SimpleNamespace(n_processes=n, agrees=lambda text: agrees)
        return SimpleNamespace(steps=steps)

    refuse_other_fit(compiled(1), None, ())
    refuse_other_fit(compiled(2), 0, ())
    with pytest.raises(ValueError, match=r"random_state=None .* give an int, such as"):
        refuse_other_fit(compiled(2), None, ())
    with pytest.raises(ValueError, match="2 processes that train one model have different data"):
        refuse_other_fit(compiled(2, agrees=False), 0, ())
