"""A fit that fails, or is interrupted, leaves no trace; one that succeeds shows all at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """Run a fitting method on a shallow copy, and take over its attributes once it has succeeded.

    So two threads may fit one estimator: what it then holds is one fit or the other, and never
    some attributes of each. Fitted attributes are replaced and never changed in place, so a
    shallow copy is enough. Parameters, and attributes of the user's own, that are set while the
    fit runs stay as they were set: no fit changes them.
    """

    @functools.wraps(method)
    def fitting(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        before, draft = dict(vars(estimator)), _copy(estimator)
        result = method(draft, *args, **kwargs)
        own = {
            name: value
            for name, value in _changed(before, vars(estimator)).items()
            if not _is_fitted(name)
        }
        estimator.__dict__ = vars(draft) | own  # one assignment: no thread sees a part
        return estimator if result is draft else result

    return fitting  # type: ignore[return-value]


def unless_it_fails(method: Method) -> Method:
    """Run a predicting method on a shallow copy, and take over what it has set, if it succeeds.

    The other attributes stay as they are then, so that a fit which ends meanwhile is not undone.
    """

    @functools.wraps(method)
    def predicting(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        before, draft = dict(vars(estimator)), _copy(estimator)
        result = method(draft, *args, **kwargs)
        vars(estimator).update(_changed(before, vars(draft)))
        return result

    return predicting  # type: ignore[return-value]


def _copy(estimator: Any) -> Any:
    """Return a shallow copy, for which no constructor is called."""
    copy = object.__new__(type(estimator))
    vars(copy).update(vars(estimator))
    return copy


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that are another object than before, or new."""
    return {
        name: value
        for name, value in after.items()
        if name not in before or value is not before[name]
    }


def _is_fitted(name: str) -> bool:
    """Tell names of what a fit sets, by scikit-learn's convention, from parameters."""
    return name.startswith("_") or name.endswith("_")
