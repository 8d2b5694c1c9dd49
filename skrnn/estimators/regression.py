"""Regressors: one number or several for each sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from skrnn import networks
from skrnn._rollback import rollback_on_error
from skrnn._typing import RegressorMixin, with_callbacks
from skrnn._validation import check_target, check_weights
from skrnn.engine.losses import REGRESSION
from skrnn.estimators.budget import Budget
from skrnn.estimators.categorical import categorical_sizes
from skrnn.estimators.categorical_features import CATEGORIES, CategoricalFeaturesMixin
from skrnn.estimators.centering import CENTER_STEPS, has_centered_steps, with_centered_steps
from skrnn.estimators.determination import r2
from skrnn.estimators.metrics import MetricsMixin
from skrnn.estimators.network_parameter import NetworkParameterMixin
from skrnn.estimators.onnx_task import predictions
from skrnn.estimators.sequence_data import SequenceData
from skrnn.estimators.sequence_estimator import BaseSequenceEstimator
from skrnn.estimators.stream_task import OutputReader
from skrnn.estimators.targets import ContinuousTarget
from skrnn.estimators.trainer import Start
from skrnn.networks import Network
from skrnn.networks.base import ModelBuilder
from skrnn.networks.wrappers.linear_skip import LinearSkip
from skrnn.onnx_export.graph import Graph, Outputs
from skrnn.parameters import BOOLEAN, FUNCTION, NONE, one_of, parameter, redeclared
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import Sequences

__all__ = [
    "BaseSequenceRegressor",
    "GRURegressor",
    "LSTMRegressor",
    "RNNRegressor",
    "SequenceRegressor",
    "TCNRegressor",
]


#: Maximum number of values in a sequence that a linear skip connection reads, and minimum number
#: of sequences for each value, with ``linear_skip="auto"``.
SKIP_VALUES, SKIP_EXAMPLES = 2048, 4


class BaseSequenceRegressor(
    RegressorMixin, MetricsMixin, CategoricalFeaturesMixin, BaseSequenceEstimator
):
    """Base class of regressors, which standardize the targets for the network."""

    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*REGRESSION) | FUNCTION,
        doc="""Loss to minimize, on standardized targets: a name, a Keras loss, or a callable
        from targets and outputs to one loss per sequence. None is the mean squared error.""",
    )
    linear_skip: bool | str = parameter(
        default="auto",
        domain=BOOLEAN | one_of("auto"),
        doc="""Add a linear skip connection from the sequence to the outputs: ridge regression on
        all values of the sequence, fitted first, so that the network learns what it leaves (after
        Lai et al., 2018, arXiv:1703.07015). For sequences of measurements, all of one length and
        without missing values. "auto" adds it to these if a sequence has at most 2,048 values, and
        there are four times as many sequences. A categorical feature counts as its one-hot vector,
        and if that makes too many values, the connection leaves such features out.""",
    )
    center_steps: bool | str = CENTER_STEPS
    scale_target: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="""Standardize each target by its mean and standard deviation. A constant target is
        predicted exactly, until training continues with other values.""",
    )
    learning_rate: float = redeclared("learning_rate", of=BaseSequenceEstimator, default=0.003)
    _attributes = f"{BaseSequenceEstimator._attributes.rstrip()}{CATEGORIES}"
    _budget: ClassVar[Budget] = Budget(1_500, 15, batch_sizes=(4, 64), enough=5_000)
    #: The network has to better ridge regression by more than chance does.
    _margin: ClassVar[float] = 0.005

    @rollback_on_error
    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Fit the regressor.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences: (n_samples, n_steps) or (n_samples, n_steps, n_features), a list of
            arrays (n_steps_i, n_features), a DataFrame indexed by instance and time, or
            `Windows` of a series.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; None weights all equally.
        X_val, y_val : default=None
            Sequences and targets to validate on, in the forms of X and y. Without them,
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

    @rollback_on_error
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on new sequences at a constant learning rate.

        The first call sets the scaling and builds the network; the state of the optimizer is
        kept between calls.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in ``fit``; the estimator is left unchanged.
        """
        self._partial_fit(X, y, sample_weight)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict the targets of sequences.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences in any form that ``fit`` accepts, with the same features; of the same
            length if all sequences of the fit had one length.

        Returns
        -------
        ndarray of float64 of shape (n_samples,) or (n_samples, n_outputs)
            Predictions in the units of y; 1-D if y was 1-D.

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

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the coefficient of determination R2, averaged over targets.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
            1 is best; predicting the mean of y scores 0.
        """
        predicted = self.predict(X)
        target = check_target(self, X, y, len(predicted))
        weights = check_weights(X, sample_weight, len(predicted))
        return r2(target, predicted, weights)

    def _read(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        return self._read_examples(X, y, sample_weight, start)

    def _read_target(self, X: Any, y: Any, sequences: Sequences) -> NDArray[Any]:
        return check_target(self, X, y, len(sequences)).astype(np.float64)

    def _learn_target(
        self, data: SequenceData, weights: NDArray[np.float64], scaling: AffineScaling
    ) -> ContinuousTarget:
        return ContinuousTarget.learn(data.y, weights, scales=bool(self.scale_target))

    def _further_target(self, data: SequenceData, weights: NDArray[np.float64]) -> ContinuousTarget:
        target: ContinuousTarget = self.network_.target
        has_skip = isinstance(self.network_.spec.network, LinearSkip)
        self._refuse_changed(
            scale_target=target.scaling.scales,
            linear_skip=has_skip,
            center_steps=has_centered_steps(self.network_.spec.network),
        )
        return target.with_more(data.y, weights)

    def _weigh(self, y: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return weights

    def _strata(self, y: NDArray[Any]) -> None:
        return None

    def _wrap(self, make: Callable[[], Network]) -> Network:
        return make()

    def _for_data(
        self, network: ModelBuilder, sequences: Sequences, counted: NDArray[np.float64]
    ) -> ModelBuilder:
        n_steps, sizes = sequences.n_steps or 0, categorical_sizes(network)
        n_others = sequences.n_features - len(sizes)
        n_values = n_steps * (n_others + sum(sizes.values()))
        most = min(SKIP_VALUES, int(np.count_nonzero(counted)) // SKIP_EXAMPLES)
        if n_values > most:
            n_values, sizes = n_steps * n_others, dict.fromkeys(sizes, 0)
        is_possible = n_values > 0 and network.n_tokens is None and self.missing == "error"
        wanted = bool(self.linear_skip)
        if isinstance(self.linear_skip, str):
            wanted = is_possible and n_values <= most
        if wanted and not is_possible:
            raise ValueError(
                "linear_skip=True needs measurements without missing values, in sequences of one "
                "length; give linear_skip='auto', or False."
            )
        network = with_centered_steps(network, self.center_steps, sequences, counted)
        return LinearSkip(network, n_steps, tuple(sizes.items())) if wanted else network

    def _reads_any_length(self, network: ModelBuilder) -> bool:
        return False

    def _onnx_outputs(self, graph: Graph) -> Outputs:
        inputs = self.network_.encoder.onnx_inputs(graph)
        outputs = self.network_.onnx_outputs(graph, inputs.network_inputs)
        return predictions(graph, self.network_.target, outputs, ("n_samples",))

    def _stream_reader(self, n: int, method: str) -> OutputReader:
        return OutputReader.of(self.network_.target, method)

    def _loss(self, target: ContinuousTarget) -> str | Callable[..., Any]:
        if self.loss is None:
            return "mean_squared_error"
        return REGRESSION[self.loss] if isinstance(self.loss, str) else self.loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class RNNRegressor(BaseSequenceRegressor, networks.RecurrentParameters):
    """Predict one or more numbers per sequence with a simple recurrent network (RNN).

    The network is a simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMRegressor, GRURegressor, TCNRegressor : Regressors with other networks.
    SequenceRegressor : Regressor with any network.
    RNNClassifier : Predict the class of sequences.
    SequenceLabeler : Predict a number at every step.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = RNNRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    network_class = networks.RNN


class LSTMRegressor(BaseSequenceRegressor, networks.RecurrentParameters):
    """Predict one or more numbers per sequence with an LSTM network.

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
    RNNRegressor, GRURegressor, TCNRegressor : Regressors with other networks.
    SequenceRegressor : Regressor with any network.
    LSTMClassifier : Predict the class of sequences.
    SequenceLabeler : Predict a number at every step.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import LSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = LSTMRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    network_class = networks.LSTM


class GRURegressor(BaseSequenceRegressor, networks.RecurrentParameters):
    """Predict one or more numbers per sequence with a GRU network.

    The network is a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNRegressor, LSTMRegressor, TCNRegressor : Regressors with other networks.
    SequenceRegressor : Regressor with any network.
    GRUClassifier : Predict the class of sequences.
    SequenceLabeler : Predict a number at every step.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import GRURegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = GRURegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    network_class = networks.GRU


class TCNRegressor(BaseSequenceRegressor, networks.TCNParameters):
    """Predict one or more numbers per sequence with a temporal convolutional network (TCN).

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
    RNNRegressor, LSTMRegressor, GRURegressor : Regressors with other networks.
    SequenceRegressor : Regressor with any network.
    TCNClassifier : Predict the class of sequences.
    SequenceLabeler : Predict a number at every step.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import TCNRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = TCNRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    network_class = networks.TCN


class SequenceRegressor(NetworkParameterMixin, BaseSequenceRegressor):
    """Predict one or more numbers per sequence with any network.

    The network is given by name, as a network object, or as a function that builds it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNRegressor, LSTMRegressor, GRURegressor, TCNRegressor :
        Regressors with the parameters of one network.
    SequenceClassifier : Predict the class of sequences.
    SequenceLabeler : Predict a number at every step.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = SequenceRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """
