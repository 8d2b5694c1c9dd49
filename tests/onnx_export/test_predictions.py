"""ONNX files predict as their estimators do, without any package but ONNX Runtime and numpy."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.onnx_export import cases, serving


def assert_files_predict(names, folder):
    for name in names:
        cases.save(folder, name)
    command = [sys.executable, Path(serving.__file__), folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(names)


def test_a_file_of_each_kind_predicts_as_its_estimator(tmp_path):
    assert_files_predict(cases.LIGHT, tmp_path)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:only 0 of the .* are complete")  # of the short series
def test_a_file_of_every_network_and_task_predicts_as_its_estimator(tmp_path):
    assert_files_predict(cases.CASES, tmp_path)


def test_a_wrong_file_is_found(tmp_path):
    cases.save(tmp_path, "regressor linear skip Dense")
    path = tmp_path / "regressor linear skip Dense.npz"
    arrays = dict(cases.np.load(path))
    arrays["0:output:prediction"] += 2e-5 * arrays["unit"]
    cases.np.savez(path, **arrays)
    assert serving.compare(path.with_suffix(".onnx")) > serving.TOLERANCE
