"""Type checkers see the constructors that users see."""

import subprocess
import sys

SNIPPET = """
from skrnn import GRUForecaster, GRURegressor, LSTMClassifier
from skrnn import SequenceScaler, SlidingWindow, TokenSequences

GRURegressor(units=4, epochs=3)
LSTMClassifier(units=(4, 2))
GRUForecaster(window_length=24, differences=(1, 12), scale=None)
SlidingWindow(24, sampling_rate=2)
SequenceScaler(method="minmax")
TokenSequences(max_tokens=10)
"""


def check(text, folder):
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder), "-c", text]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_a_user_s_code_passes_in_strict_mode_and_a_wrong_value_does_not(tmp_path):
    assert "Success" in check(SNIPPET, tmp_path)
    wrong = "from skrnn import GRURegressor\nGRURegressor(epochs='three')"
    assert 'Argument "epochs" to "GRURegressor" has incompatible type "str"' in check(
        wrong, tmp_path
    )
