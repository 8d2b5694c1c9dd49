"""A fit that fails, or is interrupted, leaves no trace; one that succeeds shows all at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """Run a fitting method on a shallow copy, and take over its attributes once it has succeeded.

    So two threads may fit one estimator: what it then holds is one fit or the other, and never
    some attributes of each. Fitted attributes are replaced and never changed in place, so a
    shallow copy is enough. Parameters are left as they are, since no fit changes them.
    """

    @functools.wraps(method)
    def fitting(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        draft = object.__new__(type(estimator))
        vars(draft).update(vars(estimator))
        result = method(draft, *args, **kwargs)
        now = vars(estimator)
        parameters = {name: now[name] for name in estimator.get_params(deep=False) if name in now}
        estimator.__dict__ = vars(draft) | parameters  # one assignment: no thread sees a part
        return estimator if result is draft else result

    return fitting  # type: ignore[return-value]
