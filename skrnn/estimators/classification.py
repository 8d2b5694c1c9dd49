"""Classifiers: from a sequence to one of several labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from skrnn import networks
from skrnn._parameters import FUNCTION, NONE, one_of, parameter
from skrnn._target_validation import check_labels, check_weights
from skrnn.engine.losses import CLASSIFICATION
from skrnn.estimators.base import BaseSequenceEstimator
from skrnn.estimators.choice import NetworkChoice
from skrnn.estimators.classes import CLASS_WEIGHT, LearnsClasses, refuse_probabilities
from skrnn.sequences import Sequences


class BaseSequenceClassifier(ClassifierMixin, LearnsClasses, BaseSequenceEstimator):
    """Predict labels, and the probability of each."""

    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*CLASSIFICATION) | FUNCTION,
        doc="""What training makes small: a name, a Keras loss, or a function from one-hot
        targets and logits to one loss for each sequence. None is the cross-entropy.""",
    )
    class_weight: Any = CLASS_WEIGHT
    _attributes = f"""{BaseSequenceEstimator._attributes.rstrip()}

    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each sequence.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences, in any form that ``fit`` takes, with the fit's features; of the
            fit's length, if that had one length.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels, of the dtype of ``classes_``.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X has other features or another length than in the fit, holds NaN, or holds values
            that are beyond float32 once scaled.
        """
        return self._predicted(self._outputs(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each label.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)
            In the order of ``classes_``; each row sums to 1.
        """
        return self._probabilities(self._outputs(X))

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithm of `predict_proba`, of the same shape."""
        return log_softmax(self._outputs(X), axis=1)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy: the share of sequences whose label is predicted.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
            1 is best.
        """
        predicted = self.predict(X)
        labels = check_labels(self, X, y, len(predicted))
        if (labels.dtype.kind in "biuf") != (predicted.dtype.kind in "biuf"):
            raise ValueError(
                f"y holds labels of dtype {labels.dtype}, such as {labels.tolist()[0]!r}, and the "
                f"fit had the classes {self.classes_!r}; give labels of one kind."
            )
        weights = check_weights(X, sample_weight, len(predicted))
        return float(np.average(labels == predicted, weights=weights))

    def _predicted(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        return self.classes_[np.argmax(outputs, axis=1)]

    def _probabilities(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return softmax(outputs, axis=1)

    def _check_target(self, X: Any, y: Any, sequences: Sequences) -> NDArray[Any]:
        return check_labels(self, X, y, len(sequences))

    def _learn_target(self, y: NDArray[Any], weights: NDArray[np.float64]) -> None:
        del weights
        self._learn_classes(y)

    def _encode_target(self, y: NDArray[Any]) -> NDArray[np.float32]:
        self._refuse_unknown(y)
        codes = np.searchsorted(self.classes_, y)
        return np.eye(len(self.classes_), dtype=np.float32)[codes]

    def _weigh(self, y: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return weights * compute_sample_weight(self.class_weight, y)

    def _strata(self, y: NDArray[Any]) -> NDArray[Any]:
        return y

    def _n_epochs(self) -> int:
        """Return 0 where there is nothing to tell apart."""
        return int(self.epochs) if len(self.classes_) > 1 else 0

    def _loss(self) -> str | Callable[..., Any]:
        if self.loss is None:
            return "crossentropy"
        refuse_probabilities(self.loss)
        return self.loss


class RNNClassifier(BaseSequenceClassifier, networks.RNN):
    """Predict labels from sequences with a simple recurrent network.

    The network is a simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = np.where(X[:, -3:, 0].mean(axis=1) > 0, "up", "down")
    >>> model = RNNClassifier(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class LSTMClassifier(BaseSequenceClassifier, networks.LSTM):
    """Predict labels from sequences with an LSTM network.

    The network is long short-term memory (Hochreiter and Schmidhuber, 1997,
    doi:10.1162/neco.1997.9.8.1735).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = np.where(X[:, -3:, 0].mean(axis=1) > 0, "up", "down")
    >>> model = LSTMClassifier(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class GRUClassifier(BaseSequenceClassifier, networks.GRU):
    """Predict labels from sequences with a GRU network.

    The network is a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import GRUClassifier
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = np.where(X[:, -3:, 0].mean(axis=1) > 0, "up", "down")
    >>> model = GRUClassifier(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class TCNClassifier(BaseSequenceClassifier, networks.TCN):
    """Predict labels from sequences with a temporal convolutional network.

    The network is a temporal convolutional network (Bai, Kolter and Koltun, 2018,
    arXiv:1803.01271).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import TCNClassifier
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = np.where(X[:, -3:, 0].mean(axis=1) > 0, "up", "down")
    >>> model = TCNClassifier(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class SequenceClassifier(NetworkChoice, BaseSequenceClassifier):
    """Predict labels from sequences with a network of the user's choice.

    The network is any architecture: by name, as a network object or as a
    function.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceClassifier
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = np.where(X[:, -3:, 0].mean(axis=1) > 0, "up", "down")
    >>> model = SequenceClassifier(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """
