"""A fingerprint differs where values do, and is the same in every process."""

import functools
import os
import subprocess
import sys
import textwrap
import threading
from types import ModuleType

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.metrics import make_scorer, mean_squared_error

from skrnn import networks
from skrnn.engine.batches import Table
from skrnn.engine.fingerprint import fingerprint
from tests.engine.measuring import ROOT

LOSS = """
    import numpy as np
    from functools import partial
    from numpy import clip

    LIMIT = 2.0
    SHARE = np.float32(0.5)
    TABLE = [1, (2, 3)]

    def power(error, exponent):
        return SHARE * error ** exponent

    helper = partial(power, exponent=2)

    class Scale:
        by = 3.0

        def apply(self, error):
            return error * self.by

    def loss(target, output, *, margin=0.1):
        errors = [helper(one - LIMIT) for one in (target, output)]
        return Scale().apply(clip(errors, margin, TABLE[0]))
"""


def loss_of(source):
    """Return the function of a file of the user's."""
    scope = {"__name__": "__main__"}
    exec(textwrap.dedent(source), scope)
    return scope["loss"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("one - LIMIT", "one + LIMIT"),
        ("margin=0.1", "margin=0.2"),
        ("LIMIT = 2.0", "LIMIT = 3.0"),
        ("(2, 3)", "(2, 4)"),
        ("np.float32(0.5)", "np.float32(0.6)"),
        ("error ** exponent", "error * exponent"),
        ("exponent=2", "exponent=3"),
        ("by = 3.0", "by = 4.0"),
        ("error * self.by", "error / self.by"),
        ("import clip", "import maximum as clip"),
    ],
)
def test_a_function_is_told_by_its_code_and_by_what_this_names(old, new):
    assert LOSS.count(old) == 1
    assert fingerprint(loss_of(LOSS)) != fingerprint(loss_of(LOSS.replace(old, new)))


@pytest.mark.parametrize(
    "call",
    [
        "import losses\n\ndef loss(error):\n    return losses.powers.of(error)",
        "def loss(error):\n    from losses.powers import of\n    return of(error)",
    ],
)
def test_a_function_is_told_by_the_functions_of_modules_that_it_names(call, monkeypatch):
    losses, powers = ModuleType("losses"), ModuleType("losses.powers")
    losses.powers = powers
    monkeypatch.setitem(sys.modules, "losses", losses)
    monkeypatch.setitem(sys.modules, "losses.powers", powers)
    found = []
    for exponent in (2, 3, 2):
        exec(f"def of(error):\n    return error ** {exponent}", vars(powers))
        found.append(fingerprint(loss_of(call)))
    assert found[0] == found[2] != found[1]


def test_a_function_is_the_same_elsewhere_in_its_file():
    moved = "\n    # a comment\n    OTHER = 1\n" + LOSS
    assert fingerprint(loss_of(LOSS)) == fingerprint(loss_of(moved))


def test_a_function_is_told_by_a_tensor_that_it_names():
    source = "import keras\nLIMIT = keras.ops.convert_to_tensor(1.0)\ndef loss(e): return e * LIMIT"
    assert fingerprint(loss_of(source)) == fingerprint(loss_of(source))
    assert fingerprint(loss_of(source)) != fingerprint(loss_of(source.replace("1.0", "2.0")))


def test_a_function_is_told_by_what_it_encloses():
    def scaled(by):
        return lambda error: error * by

    assert fingerprint(scaled(2)) == fingerprint(scaled(2))
    assert fingerprint(scaled(2)) != fingerprint(scaled(3))
    partial = [functools.partial(scaled, by) for by in (2, 2, 3)]
    assert fingerprint(partial[0]) == fingerprint(partial[1]) != fingerprint(partial[2])


VALUES = [
    *(None, False, 0, 0.0, -0.0, 1, "", "0", b"0", (), [], {}, set(), ..., np.nan),
    *((1, 2), (2, 1), ((1,), 2), {1: 2}, {2: 1}, {1, 2}, {"a": (1, 2)}, {"ab": ()}),
    *(np.arange(3), np.arange(3.0), np.arange(3)[None], np.array(["a", None], dtype=object)),
    *(np.float32, np.float64, np.mean, np.std, np.exp, len, abs, mean_squared_error),
    *(networks.GRU(), networks.GRU(units=3), networks.LSTM(), networks.GRU),
    *(keras.losses.Huber(0.5), keras.losses.Huber(2.0), keras.losses.LogCosh()),
    *(keras.optimizers.Adam(), keras.optimizers.Adam(beta_1=0.8), keras.optimizers.SGD()),
    *(make_scorer(mean_squared_error), make_scorer(mean_squared_error, greater_is_better=False)),
    *(keras.optimizers.schedules.ExponentialDecay(0.1, n, 0.9) for n in (10, 20)),
    *(keras.ops.convert_to_tensor(number) for number in (1.0, 2.0)),
    *(pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]}), str.upper, "a".upper),
]


class Around(keras.losses.Loss):
    """Loss of a user, with another one inside, which its configuration leaves out."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner


def test_a_loss_of_the_user_is_told_by_the_objects_it_holds():
    huber = [fingerprint(Around(keras.losses.Huber(delta))) for delta in (0.5, 0.5, 2.0)]
    assert huber[0] == huber[1] != huber[2]


def test_different_values_have_different_fingerprints():
    found = list(map(fingerprint, VALUES))
    assert len(set(found)) == len(VALUES)
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in found)


@pytest.mark.parametrize(
    "create",
    [
        lambda: keras.optimizers.Adam(beta_1=0.8),
        lambda: keras.optimizers.schedules.CosineDecay(0.1, 10),
        lambda: keras.losses.Huber(0.5),
        lambda: make_scorer(mean_squared_error, greater_is_better=False),
        lambda: networks.GRU(units=(2, 3)),
        lambda: loss_of(LOSS),
        lambda: {1: "a", (2,): {"b", "c"}},
    ],
    ids=["optimizer", "schedule", "loss", "scorer", "network", "function", "mapping"],
)
def test_equal_values_have_equal_fingerprints(create):
    assert fingerprint(create()) == fingerprint(create())


@given(arrays(np.int16, array_shapes(min_dims=0, min_side=0, max_dims=3)), st.integers(0, 15))
def test_an_array_is_told_by_each_bit(array, bit):
    assert fingerprint(array) == fingerprint(array.copy(order="F"))
    if array.size:
        other = array.copy()
        other.flat[-1] ^= np.int16(1 << bit if bit < 15 else -(2**15))
        assert fingerprint(array) != fingerprint(other)


def test_an_array_of_several_blocks_is_told_by_its_last_row():
    array = np.zeros((2**16 + 3, 2))
    other = array.copy()
    other[-1, 1] = 1
    assert fingerprint(array) != fingerprint(other)


def test_the_copy_of_a_table_on_a_device_does_not_count():
    assert fingerprint(Table()) == fingerprint(Table(on_device=object()))


def test_values_that_refer_to_each_other_have_a_fingerprint():
    circle = [1]
    circle.append(circle)
    assert fingerprint(circle) != fingerprint([1, [1]])


def test_what_cannot_be_recognized_is_refused():
    with pytest.raises(ValueError, match=r"cannot be pickled .*set checkpoint=None"):
        fingerprint({"lock": threading.Lock()})


SCRIPT = """
from tests.engine import test_fingerprint as here
print(here.fingerprint(here.told()))
"""


def told():
    """Return values of all kinds, with strings in sets, whose order differs between processes."""
    return [{str(n) for n in range(9)}, loss_of(LOSS), VALUES]


def test_a_fingerprint_is_the_same_in_another_process():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == fingerprint(told()) + "\n"
