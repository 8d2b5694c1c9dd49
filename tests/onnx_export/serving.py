"""Run ONNX files by numpy and ONNX Runtime alone, and compare with expected outputs.

``python serving.py FOLDER`` runs each ``NAME.onnx`` of the folder on the batches of ``NAME.npz``,
whose arrays are called ``BATCH:input:NAME`` and ``BATCH:output:NAME``. It prints the largest
difference of each file, in the unit beside them, and fails if one exceeds 1e-5.
"""

import sys
from pathlib import Path


class OnlyTwoPackages:
    """Refuse to import packages of the environment but numpy and ONNX Runtime."""

    refused = frozenset(
        ("skrnn", "keras", "jax", "torch", "tensorflow", "onnx", "sklearn", "scipy", "pandas")
    )

    def find_spec(self, name, path=None, target=None):
        """Raise ImportError for a refused package."""
        if name.split(".")[0] in self.refused:
            raise ImportError(f"{name} is not there where a file is served")


if __name__ == "__main__":
    sys.meta_path.insert(0, OnlyTwoPackages())

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

TOLERANCE = 1e-5


def compare(path):
    """Return the largest difference of a file's outputs from those expected, in their unit."""
    arrays = np.load(path.with_suffix(".npz"))
    session = onnxruntime.InferenceSession(path)
    at_steps = {one.name for one in session.get_outputs() if one.shape[1:2] == ["n_steps"]}
    worst = 0.0
    for batch in sorted({name.split(":")[0] for name in arrays if name[0].isdigit()}):
        feed = {one.name: arrays[f"{batch}:input:{one.name}"] for one in session.get_inputs()}
        names = [name.split(":")[2] for name in arrays if name.startswith(f"{batch}:output:")]
        for name, found in zip(names, session.run(names, feed), strict=True):
            expected = arrays[f"{batch}:output:{name}"]
            if name == "quantiles":
                levels = session.get_modelmeta().custom_metadata_map["quantile_levels"].split()
                found = found[..., [levels.index(one) for one in ("0.05", "0.25", "0.5", "0.95")]]
            if name in at_steps:  # arbitrary at padding
                found = found[arrays[f"{batch}:real"]]
            assert found.shape == expected.shape, (path.stem, batch, name, found.shape)
            if expected.dtype.kind == "f":
                difference = np.abs(found - expected) / arrays["unit"]
                worst = max(worst, float(difference.max(initial=0)))
            else:
                assert (found == expected).all(), (path.stem, batch, name)
    return worst


if __name__ == "__main__":
    differences = {path.stem: compare(path) for path in sorted(Path(sys.argv[1]).glob("*.onnx"))}
    for name, difference in differences.items():
        print(f"{difference:9.1e}  {name}")
    assert differences
    assert max(differences.values()) < TOLERANCE
