"""scikit-learn's own callbacks (1.9 and later) in our training loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from skrnn._compat.sklearn import fit_context, has_callbacks

__all__ = ["Report", "reports"]


class Report:
    """Call the estimator's scikit-learn callbacks for a fit and each of its epochs.

    Each epoch is a task; callbacks get the data of the fit and a copy of
    the estimator as if the fit had stopped there. Of several networks, the copy has the one that
    is being trained.
    """

    def __init__(self, estimator: Any, epochs: int, X: Any, y: Any, sample_weight: Any) -> None:
        self._data = {"estimator": estimator, "X": lambda: X, "y": lambda: y}
        if sample_weight is not None:
            self._data["metadata"] = {"sample_weight": sample_weight}
        self._root = fit_context(estimator, epochs)
        self._root.call_on_fit_task_begin(**self._data)

    def __call__(self, epoch: int, logs: Mapping[str, float], compiled: Any) -> bool:
        """Report a finished epoch; return whether a callback stops training."""
        task = self._root.subcontext(task_name=f"epoch {epoch + 1}")
        task.call_on_fit_task_begin(**self._data)
        return bool(
            task.call_on_fit_task_end(
                **self._data,
                reconstruction_attributes=lambda: {
                    "network_": replace(
                        self._data["estimator"].network_,
                        weights=compiled.weights_of(compiled.steps.read()[0]),
                        history={name: [value] for name, value in logs.items()},
                        n_iter=epoch + 1,
                        others=(),
                    )
                },
            )
        )

    def end(self) -> None:
        """Report that the fit has ended."""
        self._root.call_on_fit_task_end(**self._data, reconstruction_attributes={})


def reports(estimator: Any, *fit: Any) -> list[Report]:
    """Return the report of a fit in a tuple, which is empty without callbacks.

    ``fit`` is the number of epochs, X, y and the sample weights.
    """
    return [Report(estimator, *fit)] if has_callbacks(estimator) else []
