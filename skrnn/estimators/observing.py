"""scikit-learn's own callbacks (1.9 and later) in our training loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

__all__ = ["CallbackSupportMixin", "report_to", "with_callbacks"]

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand in for what scikit-learn before 1.9 does not have."""

    def with_callbacks(method: Method) -> Method:
        """Return the method as it is."""
        return method


def report_to(estimator: Any, epochs: int) -> list[Callable[..., bool | None]]:
    """Return an observer that tells the estimator's scikit-learn callbacks of each epoch."""
    if not hasattr(estimator, "_skl_callbacks"):
        return []
    root = estimator._init_callback_context(max_subtasks=epochs)
    root.call_on_fit_task_begin(estimator=estimator)
    contexts: list[Any] = []

    def observe(epoch: int, logs: Mapping[str, float], program: Any) -> bool:
        contexts.append(root.subcontext(task_name=f"epoch {epoch}"))
        contexts[-1].call_on_fit_task_begin(estimator=estimator)
        return bool(
            contexts[-1].call_on_fit_task_end(
                estimator=estimator,
                reconstruction_attributes=lambda: {
                    "weights_": program.weights_of(program.steps.read()[0]),
                    "history_": dict(logs),
                    "n_iter_": epoch + 1,
                },
            )
        )

    return [observe]
