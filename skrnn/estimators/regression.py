"""Regressors: from a sequence to one number or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from skrnn import networks
from skrnn._parameters import BOOLEAN, FUNCTION, NONE, fitted, one_of, parameter
from skrnn._target_validation import check_target, check_weights
from skrnn.engine.losses import REGRESSION
from skrnn.estimators.base import BaseSequenceEstimator
from skrnn.estimators.choice import NetworkChoice
from skrnn.estimators.determination import r2
from skrnn.preprocessing.target_scaling import TargetScaling
from skrnn.sequences import Sequences


class BaseSequenceRegressor(RegressorMixin, BaseSequenceEstimator):
    """Predict numbers; targets are standardised for the network and put back afterwards."""

    loss: Any = parameter(
        default=None,
        domain=NONE | one_of(*REGRESSION) | FUNCTION,
        doc="""What training makes small, in standardised targets: a name, a Keras loss, or a
        function from targets and outputs to one loss for each sequence. None is the mean
        squared error.""",
    )
    scale_target: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="""Standardise each target by its mean and standard deviation over the fit. One that
        never varies is predicted exactly, until training goes on with others.""",
    )
    _target_scaling: TargetScaling = fitted()
    _target_is_flat: bool = fitted()

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Take one pass over new sequences at a constant rate.

        Scaling and network come from the first call; the optimizer's state is kept from
        one call to the next.

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
            As in ``fit``; the estimator stays as it was.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the predicted targets.

        Parameters
        ----------
        X : array-like, DataFrame or list
            Sequences, in any form that ``fit`` takes, with the fit's features; of the
            fit's length, if that had one length.

        Returns
        -------
        ndarray of float64 of shape (n_samples,) or (n_samples, n_outputs)
            In the units and the shape of the fit's y.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X has other features or another length than in the fit, holds NaN, or holds values
            that are beyond float32 once scaled.
        """
        return self._predicted(self._outputs(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, the coefficient of determination, averaged over targets.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
            1 is best; 0 is that of the mean of y.
        """
        predicted = self.predict(X)
        target = check_target(self, X, y, len(predicted))
        weights = check_weights(X, sample_weight, len(predicted))
        return r2(target, predicted, weights)

    def _predicted(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        values = self._target_scaling.decode(outputs)
        return values[:, 0] if self._target_is_flat else values

    def _check_target(self, X: Any, y: Any, sequences: Sequences) -> NDArray[Any]:
        return check_target(self, X, y, len(sequences)).astype(np.float64)

    def _learn_target(self, y: NDArray[Any], weights: NDArray[np.float64]) -> None:
        self._target_is_flat = y.ndim == 1
        columns, scales = y.reshape(len(y), -1), bool(self.scale_target)
        self._target_scaling = TargetScaling.learn(columns, weights, scales=scales)

    def _learn_more_of_target(self, y: NDArray[Any], weights: NDArray[np.float64]) -> None:
        columns = self._columns(y)
        self._target_scaling = self._target_scaling.with_more(columns, weights)

    def _encode_target(self, y: NDArray[Any]) -> NDArray[np.float32]:
        return self._target_scaling.encode(self._columns(y), "Input y")

    def _columns(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return targets (n_samples, n_outputs), as many as in the fit."""
        columns = y.reshape(len(y), -1)
        n_outputs = len(self._target_scaling.mean)
        if columns.shape[1] != n_outputs:
            raise ValueError(f"y has {columns.shape[1]} outputs, and had {n_outputs} before.")
        return columns

    def _loss(self) -> str | Callable[..., Any]:
        if self.loss is None:
            return "mean_squared_error"
        return REGRESSION[self.loss] if isinstance(self.loss, str) else self.loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class RNNRegressor(BaseSequenceRegressor, networks.RNN):
    """Predict numbers from sequences with a simple recurrent network.

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
    >>> from skrnn import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = RNNRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class LSTMRegressor(BaseSequenceRegressor, networks.LSTM):
    """Predict numbers from sequences with an LSTM network.

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
    >>> from skrnn import LSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = LSTMRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class GRURegressor(BaseSequenceRegressor, networks.GRU):
    """Predict numbers from sequences with a GRU network.

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
    >>> from skrnn import GRURegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = GRURegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class TCNRegressor(BaseSequenceRegressor, networks.TCN):
    """Predict numbers from sequences with a temporal convolutional network.

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
    >>> from skrnn import TCNRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = TCNRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """


class SequenceRegressor(NetworkChoice, BaseSequenceRegressor):
    """Predict numbers from sequences with a network of the user's choice.

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
    >>> from skrnn import SequenceRegressor
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = SequenceRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """
