"""ONNX files predict as their estimators do, without any package but ONNX Runtime and numpy."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.onnx_export import cases, serving


@pytest.mark.parametrize("kind", cases.ALL)
def test_a_file_predicts_as_its_estimator_without_other_packages(kind, tmp_path):
    for name, one in cases.ALL[kind]():
        cases.save(tmp_path, name, *one)
    script = Path(serving.__file__)
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
