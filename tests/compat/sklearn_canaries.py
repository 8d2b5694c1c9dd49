"""Canaries for the private names in skrnn/_compat/sklearn.py."""

from importlib.util import find_spec

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator

import skrnn
from skrnn._compat import sklearn as compat
from tests.compat.canary import canary

CANARIES = []


@canary(
    CANARIES,
    "sklearn",
    "sklearn.utils.validation",
    "_check_sample_weight",
    "Check weights with check_array and check_non_negative",
)
def weights():
    assert compat.checked_weights(None, 3).tolist() == [1.0, 1.0, 1.0]
    assert compat.checked_weights(2, 2).tolist() == [2.0, 2.0]
    given = compat.checked_weights(np.array([0, 1], np.float32), 2)
    assert given.dtype == np.float64
    assert given.tolist() == [0.0, 1.0]
    for wrong in ([1.0], [-1.0, 1.0], [[1.0], [1.0]], [np.nan, 1.0]):
        with pytest.raises(ValueError, match=r"."):
            compat.checked_weights(wrong, 2)


@canary(
    CANARIES,
    "sklearn",
    "sklearn.utils._array_api",
    "get_namespace",
    "Have Windows.__array_namespace__ return the namespace that scikit-learn gives numpy arrays",
)
def namespace():
    array = np.zeros((4, 2))
    windows, y = skrnn.make_windows(array, window_length=2)
    assert compat.array_namespace(array).asarray([1]).tolist() == [1]
    with sklearn.config_context(array_api_dispatch=True):
        from sklearn.utils._array_api import get_namespace

        assert get_namespace(windows, y)[0] is compat.array_namespace(array)


class Watch:
    """Callback that records its calls."""

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        self.seen.append("setup")

    def teardown(self, estimator, context):
        self.seen.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.seen.append(context.max_subtasks)

    def on_fit_task_end(self, estimator, context):
        return True


if find_spec("sklearn.callback"):  # since scikit-learn 1.9
    from sklearn.callback import CallbackSupportMixin

    class Watched(CallbackSupportMixin, BaseEstimator):
        """An estimator with callbacks."""

    SUPPORT = "sklearn.callback.CallbackSupportMixin"

    @canary(
        CANARIES,
        "sklearn",
        SUPPORT,
        "_skl_callbacks",
        "Find out otherwise whether set_callbacks gave an estimator any",
    )
    def callbacks_of_an_estimator():
        assert not compat.has_callbacks(Watched())
        assert compat.has_callbacks(Watched().set_callbacks(Watch()))
        assert not compat.has_callbacks(Watched().set_callbacks(Watch()).set_callbacks())

    @canary(
        CANARIES,
        "sklearn",
        SUPPORT,
        "_init_callback_context",
        "Get the context of a fit as the developer guide of that version says",
    )
    def context_of_a_fit():
        watch = Watch()
        estimator = Watched().set_callbacks(watch)
        context = compat.fit_context(estimator, 2)
        context.call_on_fit_task_begin(estimator=estimator, X=lambda: None, y=lambda: None)
        task = context.subcontext(task_name="epoch 1")
        assert task.call_on_fit_task_end(estimator=estimator, reconstruction_attributes=dict)
        assert watch.seen == ["setup", 2]
