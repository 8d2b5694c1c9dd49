"""Captum (https://captum.ai): attributions, such as integrated gradients, of the models of
`to_keras` on PyTorch."""

import numpy as np
import pytest

from tests.integration.explanations import values_after

pytestmark = pytest.mark.integration

VALUES = {
    "by_channel": "by_channel.tolist()",
    "sums": "integrated.sum(axis=(1, 2)).tolist()",
    "predicted": "classifier.predict_proba(X[:50])[:, 1].tolist()",
    "of_zeros": "classifier.predict_proba(np.zeros((1, 12, 3)))[0, 1].item()",
}


def test_integrated_gradients_find_the_channel_and_add_up_to_the_prediction(tmp_path):
    found = values_after(1, VALUES, tmp_path)
    assert np.argmax(found["by_channel"]) == 1
    explained = np.array(found["predicted"]) - found["of_zeros"]
    np.testing.assert_allclose(found["sums"], explained, atol=0.05)
