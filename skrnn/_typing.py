"""Base classes and decorators of scikit-learn, with types for type checkers and editors.

scikit-learn has no types, so a class derived from its bases would be taken to accept any
argument and to have any attribute. At run time the names are scikit-learn's own, and
`BaseEstimator` knows the documentation of this package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from skrnn._doc_link import documentation_address

__all__ = [
    "BaseEstimator",
    "CallbackSupportMixin",
    "ClassifierMixin",
    "OneToOneFeatureMixin",
    "OutlierMixin",
    "RegressorMixin",
    "TransformerMixin",
    "available_if",
    "with_callbacks",
]

Method = TypeVar("Method", bound=Callable[..., Any])

if TYPE_CHECKING:

    def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
        """Offer a method of objects for which ``check`` is true only."""

    class BaseEstimator:
        """Base class of all estimators."""

        n_features_in_: int
        feature_names_in_: NDArray[np.object_]

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the parameters by name, with ``deep`` those of nested estimators too."""

        def set_params(self, **params: Any) -> Self:
            """Set parameters by name and return the estimator."""

        def get_metadata_routing(self) -> Any:
            """Return the metadata that each method requests."""

        def set_fit_request(self, **metadata: bool | str | None) -> Self:
            """Request metadata, such as ``sample_weight=True``, for ``fit``."""

        def set_partial_fit_request(self, **metadata: bool | str | None) -> Self:
            """Request metadata, such as ``sample_weight=True``, for ``partial_fit``."""

        def set_score_request(self, **metadata: bool | str | None) -> Self:
            """Request metadata, such as ``sample_weight=True``, for ``score``."""

        def __sklearn_tags__(self) -> Any: ...

    class RegressorMixin:
        """Mixin of regressors."""

    class ClassifierMixin:
        """Mixin of classifiers."""

    class OutlierMixin:
        """Mixin of outlier detectors."""

        def fit_predict(self, X: Any, y: Any = None, **kwargs: Any) -> NDArray[np.int64]:
            """Fit, and return 1 for inliers and -1 for outliers."""

    class TransformerMixin:
        """Mixin of transformers."""

        def __init_subclass__(
            cls, auto_wrap_output_keys: tuple[str, ...] | None = ("transform",), **kwargs: Any
        ) -> None: ...

        def fit_transform(self, X: Any, y: Any = None) -> Any:
            """Fit, and return X transformed."""

        def set_output(self, *, transform: Any = None) -> Self:
            """Set the container of the output."""

    class OneToOneFeatureMixin:
        """Mixin of transformers with one output for each feature."""

        def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
            """Return the names of the output's features."""

    class CallbackSupportMixin:
        """Mixin of estimators that take callbacks."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set scikit-learn's callbacks for ``fit``."""

    def with_callbacks(method: Method) -> Method:
        """Run the callbacks' hooks around a fit."""

else:
    from sklearn import base
    from sklearn.base import (
        ClassifierMixin,
        OneToOneFeatureMixin,
        OutlierMixin,
        RegressorMixin,
        TransformerMixin,
    )
    from sklearn.utils.metaestimators import available_if

    class BaseEstimator(base.BaseEstimator):
        """Base class of all estimators, which link to their page of the documentation.

        scikit-learn documents both attributes for authors of estimators.
        """

        @property
        def _doc_link_module(self) -> str:
            return "skrnn" if documentation_address() else ""

        @property
        def _doc_link_template(self) -> str:
            return f"{documentation_address()}/api/skrnn.{{estimator_name}}.html"

    try:
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    except ImportError:  # before scikit-learn 1.9

        class CallbackSupportMixin:
            """Stand in for the mixin that adds ``set_callbacks``."""

        def with_callbacks(method: Method) -> Method:
            """Return the method as it is."""
            return method
