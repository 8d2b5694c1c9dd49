"""Classifiers: one class for each sequence, weighted by ``class_weight``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.utils.class_weight import compute_sample_weight

from skrnn import networks
from skrnn._rollback import rollback_on_error
from skrnn._typing import ClassifierMixin, with_callbacks
from skrnn._validation import check_labels, check_weights
from skrnn.engine.losses import CLASSIFICATION, SmoothedLoss
from skrnn.estimators.budget import Budget
from skrnn.estimators.categorical_features import CATEGORIES, CategoricalFeaturesMixin
from skrnn.estimators.centering import CENTER_STEPS, has_centered_steps, with_centered_steps
from skrnn.estimators.classes import CLASS_WEIGHT, ClassesMixin, refuse_probabilities
from skrnn.estimators.metrics import MetricsMixin
from skrnn.estimators.network_parameter import NetworkParameterMixin
from skrnn.estimators.onnx_task import predictions
from skrnn.estimators.sequence_data import SequenceData
from skrnn.estimators.sequence_estimator import BaseSequenceEstimator
from skrnn.estimators.stream_task import OutputReader
from skrnn.estimators.targets import MulticlassTarget
from skrnn.estimators.trainer import Start
from skrnn.networks import Network
from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.differences import WithDifferences
from skrnn.onnx_export.graph import Graph, Outputs
from skrnn.parameters import BOOLEAN, FUNCTION, NONE, one_of, parameter, redeclared, singles
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences

__all__ = [
    "BaseSequenceClassifier",
    "GRUClassifier",
    "LSTMClassifier",
    "RNNClassifier",
    "SequenceClassifier",
    "TCNClassifier",
]


class RecurrentClassifierParameters(networks.RecurrentParameters):
    """Parameters of recurrent networks that read a whole sequence before they classify it."""

    bidirectional: bool = redeclared("bidirectional", of=networks.RecurrentParameters, default=True)
    conv_filters: int | None = redeclared(
        "conv_filters", of=networks.RecurrentParameters, default=32
    )
    conv_kernel_size: int = redeclared(
        "conv_kernel_size", of=networks.RecurrentParameters, default=7
    )
    conv_strides: int | str = redeclared(
        "conv_strides", of=networks.RecurrentParameters, default="auto"
    )
    pooling: str = redeclared("pooling", of=networks.RecurrentParameters, default="max")


class BaseSequenceClassifier(
    ClassifierMixin, ClassesMixin, MetricsMixin, CategoricalFeaturesMixin, BaseSequenceEstimator
):
    """Base class of classifiers, with labels and their probabilities."""

    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*CLASSIFICATION) | FUNCTION,
        doc="""Loss to minimize: a name, a Keras loss, or a callable from one-hot targets and
        logits to one loss per sequence. None is the cross-entropy.""",
    )
    label_smoothing: float = parameter(
        default=0.1,
        domain=singles(0, 1),
        doc="""Share of the target distribution that is spread evenly over all classes
        (Szegedy et al., 2016, doi:10.1109/CVPR.2016.308), so that probabilities are less extreme.
        For ``loss=None`` and losses by name; a loss of one's own gets one-hot targets.""",
    )
    class_weight: Any = CLASS_WEIGHT
    add_differences: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Let the network read the difference of each feature from the previous step as a
        further feature, divided by its root mean square over the training set. Not for
        ``embedding_dim``.""",
    )
    center_steps: bool | str = CENTER_STEPS
    learning_rate: float = redeclared("learning_rate", of=BaseSequenceEstimator, default=0.003)
    _budget: ClassVar[Budget] = Budget(1_500, 15, batch_sizes=(16, 64), n_batches=5, enough=5_000)
    _attributes = f"""{BaseSequenceEstimator._attributes.rstrip()}{CATEGORIES}

    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    @rollback_on_error
    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Fit the classifier.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays (n_steps_i, n_features), a DataFrame indexed by instance and time, or
            `Windows` of a series.
        y : array-like of shape (n_samples,)
            Labels: strings, integers, booleans or intervals.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; None weights all equally.
        X_val, y_val : default=None
            Sequences and labels to validate on, in the forms of X and y. Without them,
            ``early_stopping=True`` holds out part of X.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or sample_weight is not accepted; the estimator is left
            unchanged.
        FloatingPointError
            If the loss or the weights stop being finite; the estimator is left unchanged.
        """
        self._fit(X, y, sample_weight, X_val, y_val)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the label of each sequence.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences in any form that ``fit`` accepts, with the same features; of the same
            length if all sequences of the fit had one length.

        Returns
        -------
        ndarray of shape (n_samples,)
            Most probable labels, with the dtype of ``classes_``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If X has other features or another length than in the fit, holds NaN that the fit
            did not accept, or values beyond the range of float32 after scaling.
        """
        outputs = self._outputs(X)
        return self.network_.target.decode(outputs)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each label.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``; each row sums to 1.
        """
        outputs = self._outputs(X)
        return self.network_.target.probabilities(outputs)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the logarithm of the probability of each label.

        Parameters
        ----------
        X : array-like, DataFrame or list
            As in ``predict``.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)
            Log-probabilities in the order of ``classes_``.
        """
        return log_softmax(self._outputs(X), axis=1)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy, the fraction of sequences with the right label.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
            Accuracy; 1 is best.
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

    def _read(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        return self._read_examples(X, y, sample_weight, start)

    def _read_target(self, X: Any, y: Any, sequences: Sequences) -> NDArray[Any]:
        return check_labels(self, X, y, len(sequences))

    def _learn_target(
        self, data: SequenceData, weights: NDArray[np.float64], scaling: AffineScaling
    ) -> MulticlassTarget:
        return self._with_weighted_classes(MulticlassTarget.learn(data.y, data.classes))

    def _further_target(self, data: SequenceData, weights: NDArray[np.float64]) -> MulticlassTarget:
        self._refuse_changed(center_steps=has_centered_steps(self.network_.spec.network))
        target: MulticlassTarget = self.network_.target
        return self._with_weighted_classes(target.with_more(data.y, weights))

    def _with_weighted_classes(self, target: MulticlassTarget) -> MulticlassTarget:
        """Return the target; raise ValueError if ``class_weight`` names other labels."""
        given = self.class_weight if isinstance(self.class_weight, dict) else {}
        others = [label for label in given if label not in target.classes.tolist()]
        if others:
            raise ValueError(
                f"class_weight={self.class_weight!r} names {', '.join(map(repr, others))}, and the "
                f"classes are {', '.join(map(repr, target.classes.tolist()))}; remove it, or "
                "correct it."
            )
        return target

    def _weigh(self, y: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        if not isinstance(self.class_weight, dict):
            return weights * compute_sample_weight(self.class_weight, y)
        # Labels of the dict may be absent from a batch of ``partial_fit``.
        return weights * np.array([self.class_weight.get(label, 1.0) for label in y.tolist()])

    def _strata(self, y: NDArray[Any]) -> NDArray[Any]:
        return y

    def _wrap(self, make: Callable[[], Network]) -> ModelBuilder:
        network = make()
        reads_numbers = self.embedding_dim is None
        return WithDifferences(network) if self.add_differences and reads_numbers else network

    def _for_data(
        self, network: ModelBuilder, sequences: Sequences, counted: NDArray[np.float64]
    ) -> ModelBuilder:
        return with_centered_steps(network, self.center_steps, sequences, counted)

    def _reads_any_length(self, network: ModelBuilder) -> bool:
        return False

    def _onnx_outputs(self, graph: Graph) -> Outputs:
        inputs = self.network_.encoder.onnx_inputs(graph)
        outputs = self.network_.onnx_outputs(graph, inputs.network_inputs)
        return predictions(graph, self.network_.target, outputs, ("n_samples",))

    def _stream_reader(self, n: int, method: str) -> OutputReader:
        return OutputReader.of(self.network_.target, method)

    def _loss(self, target: MulticlassTarget) -> SmoothedLoss | Callable[..., Any]:
        loss: Any = "crossentropy" if self.loss is None else self.loss
        if isinstance(loss, str):
            return SmoothedLoss(loss, float(self.label_smoothing))
        refuse_probabilities(loss)
        return loss


class RNNClassifier(BaseSequenceClassifier, RecurrentClassifierParameters):
    """Predict the class of sequences with a simple recurrent network (RNN).

    The network is a simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMClassifier, GRUClassifier, TCNClassifier : Classifiers with other networks.
    SequenceClassifier : Classifier with any network.
    RNNRegressor : Predict numbers.
    SequenceLabeler : Predict a class at every step.

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

    network_class = networks.RNN


class LSTMClassifier(BaseSequenceClassifier, RecurrentClassifierParameters):
    """Predict the class of sequences with an LSTM network.

    The network is long short-term memory (Hochreiter and Schmidhuber, 1997,
    doi:10.1162/neco.1997.9.8.1735).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNClassifier, GRUClassifier, TCNClassifier : Classifiers with other networks.
    SequenceClassifier : Classifier with any network.
    LSTMRegressor : Predict numbers.
    SequenceLabeler : Predict a class at every step.

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

    network_class = networks.LSTM


class GRUClassifier(BaseSequenceClassifier, RecurrentClassifierParameters):
    """Predict the class of sequences with a GRU network.

    The network is a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNClassifier, LSTMClassifier, TCNClassifier : Classifiers with other networks.
    SequenceClassifier : Classifier with any network.
    GRURegressor : Predict numbers.
    SequenceLabeler : Predict a class at every step.

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

    network_class = networks.GRU


class TCNClassifier(BaseSequenceClassifier, networks.TCNParameters):
    """Predict the class of sequences with a temporal convolutional network (TCN).

    The network is a temporal convolutional network (Bai, Kolter and Koltun, 2018,
    arXiv:1803.01271).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNClassifier, LSTMClassifier, GRUClassifier : Classifiers with other networks.
    SequenceClassifier : Classifier with any network.
    TCNRegressor : Predict numbers.
    SequenceLabeler : Predict a class at every step.

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

    pooling: str = redeclared("pooling", of=networks.TCNParameters, default="mean")
    add_differences: bool = redeclared("add_differences", of=BaseSequenceClassifier, default=True)
    #: Small batches, because a step of a convolution takes as long as it has sequences.
    _budget: ClassVar[Budget] = Budget(
        1_500, 15, batch_sizes=(4, 64), batch_length=4_096, enough=5_000
    )
    network_class = networks.TCN


class SequenceClassifier(NetworkParameterMixin, BaseSequenceClassifier):
    """Predict the class of sequences with any network.

    The network is given by name, as a network object, or as a function that builds it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNClassifier, LSTMClassifier, GRUClassifier, TCNClassifier :
        Classifiers with the parameters of one network.
    SequenceRegressor : Predict numbers.
    SequenceLabeler : Predict a class at every step.

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
