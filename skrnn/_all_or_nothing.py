"""A fit that fails, or is interrupted, leaves no trace."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """Put every attribute back if the method fails or is interrupted.

    Fitted attributes are replaced and never changed in place, so a shallow copy is enough.
    """

    @functools.wraps(method)
    def restoring(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(estimator))
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            vars(estimator).clear()
            vars(estimator).update(before)
            raise

    return restoring  # type: ignore[return-value]
