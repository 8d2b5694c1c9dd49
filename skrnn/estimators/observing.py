"""scikit-learn's own callbacks (1.9 and later) in our training loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["CallbackSupportMixin", "Report", "reports", "with_callbacks"]

Method = TypeVar("Method", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand in for what scikit-learn before 1.9 does not have."""

    def with_callbacks(method: Method) -> Method:
        """Return the method as it is."""
        return method


class Report:
    """Tell the estimator's scikit-learn callbacks of a fit, each of its epochs, and its end.

    An epoch is a task of its own; callbacks are offered the data of the fit and a copy of
    the estimator as if the fit had stopped there.
    """

    def __init__(self, estimator: Any, epochs: int, X: Any, y: Any, sample_weight: Any) -> None:
        self._data = {"estimator": estimator, "X": lambda: X, "y": lambda: y}
        if sample_weight is not None:
            self._data["metadata"] = {"sample_weight": sample_weight}
        self._root = estimator._init_callback_context(max_subtasks=epochs)
        self._root.call_on_fit_task_begin(**self._data)

    def __call__(self, epoch: int, logs: Mapping[str, float], program: Any) -> bool:
        """Report an epoch that has ended; say whether a callback asks to stop."""
        task = self._root.subcontext(task_name=f"epoch {epoch + 1}")
        task.call_on_fit_task_begin(**self._data)
        return bool(
            task.call_on_fit_task_end(
                **self._data,
                reconstruction_attributes=lambda: {
                    "weights_": program.weights_of(program.steps.read()[0]),
                    "history_": {name: [value] for name, value in logs.items()},
                    "n_iter_": epoch + 1,
                },
            )
        )

    def end(self) -> None:
        """Report that the fit has ended."""
        self._root.call_on_fit_task_end(**self._data, reconstruction_attributes={})


def reports(estimator: Any, *fit: Any) -> list[Report]:
    """Return the report of a fit, or none where no callback is there to be told.

    ``fit`` is the number of epochs, X, y and the sample weights.
    """
    return [Report(estimator, *fit)] if hasattr(estimator, "_skl_callbacks") else []
