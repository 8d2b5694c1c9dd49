"""Rollback of fits: a failed or interrupted fit leaves the estimator unchanged."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

#: Attribute of an estimator, while it is fitted, with the function to call after success.
_AFTER_SUCCESS = "_after_success"


def after_success(estimator: Any, function: Callable[[], None]) -> None:
    """Call a function once the fit that runs has succeeded, and its result is kept."""
    setattr(estimator, _AFTER_SUCCESS, function)


def rollback_on_error(method: Method) -> Method:
    """Run a fitting method on a shallow copy, and copy its attributes back on success.

    Two threads may fit one estimator: its attributes are then those of one fit or the other, never
    a mixture. Fitted attributes are replaced, never changed in place, so a
    shallow copy is enough. Parameters and other attributes that the user sets while the
    fit runs stay as they were set: no fit changes them.

    What the method has passed to `after_success` is called at the end.
    """

    @functools.wraps(method)
    def fitting(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        before, draft = dict(vars(estimator)), _copy(estimator)
        result = method(draft, *args, **kwargs)
        finish = vars(draft).pop(_AFTER_SUCCESS, None)
        own = {
            name: value
            for name, value in _changed(before, vars(estimator)).items()
            if not _is_fitted(name)
        }
        estimator.__dict__ = vars(draft) | own  # one assignment: no thread sees a part
        if finish is not None:
            finish()
        return estimator if result is draft else result

    return fitting  # type: ignore[return-value]


def rollback_prediction_on_error(method: Method) -> Method:
    """Run a predicting method on a shallow copy, and copy its changes back on success.

    Other attributes are kept, so that a fit that ends meanwhile is not undone.
    """

    @functools.wraps(method)
    def predicting(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        before, draft = dict(vars(estimator)), _copy(estimator)
        result = method(draft, *args, **kwargs)
        vars(estimator).update(_changed(before, vars(draft)))
        return result

    return predicting  # type: ignore[return-value]


def _copy(estimator: Any) -> Any:
    """Return a shallow copy, without calling the constructor."""
    copy = object.__new__(type(estimator))
    vars(copy).update(vars(estimator))
    return copy


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that are new or another object than before."""
    return {
        name: value
        for name, value in after.items()
        if name not in before or value is not before[name]
    }


def _is_fitted(name: str) -> bool:
    """Return whether a name is that of a fitted attribute, by scikit-learn's convention."""
    return name.startswith("_") or name.endswith("_")
