"""scikit-base (https://skbase.readthedocs.io): `all_objects("skrnn")` lists the estimators, without
TensorFlow."""

import subprocess
import sys

import pytest
from sklearn.base import BaseEstimator

import skrnn

pytestmark = pytest.mark.integration

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from skbase.lookup import all_objects
from sklearn.base import BaseEstimator
for name, _ in all_objects(object_types=BaseEstimator, package_name="skrnn"):
    print(name)
"""


def test_all_estimators_are_found_without_tensorflow():
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    public = (getattr(skrnn, name) for name in skrnn.__all__)
    estimators = {
        one.__name__ for one in public if isinstance(one, type) and issubclass(one, BaseEstimator)
    }
    assert estimators <= set(found)
