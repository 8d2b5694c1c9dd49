"""SHAP (https://shap.readthedocs.io): `GradientExplainer` of the models of `to_keras` on PyTorch,
and `PermutationExplainer` of `predict_proba` on every backend."""

import numpy as np
import pytest

from tests.integration.explanations import values_after

pytestmark = pytest.mark.integration

VALUES = {
    "by_channel": "shap_by_channel.tolist()",
    "of_channels": "of_channels.tolist()",
    "sums": "values.sum(axis=(1, 2))[:, 1].tolist()",
    "predicted": "classifier.predict_proba(X[:50])[:, 1].tolist()",
    "of_means": "classifier.predict_proba(np.tile(X.mean(axis=(0, 1)), (1, 12, 1)))[0, 1].item()",
}


def test_values_find_the_channel_and_add_up_to_the_prediction(tmp_path):
    found = values_after(3, VALUES, tmp_path)
    assert np.argmax(found["by_channel"]) == 1
    assert np.argmax(np.abs(found["of_channels"])) == 1
    assert np.corrcoef(found["sums"], found["predicted"])[0, 1] > 0.9
    drop = found["predicted"][0] - found["of_means"]
    assert sum(found["of_channels"]) == pytest.approx(drop, abs=1e-5)
