"""Steps of a pipeline: rows are transformed, and passed to the states of all open windows."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from skrnn._wording import type_name
from skrnn.estimators.stream_task import read_step
from skrnn.preprocessing.row_transforms import RowTransforms
from skrnn.preprocessing.sequence_scaler import SequenceScaler
from skrnn.preprocessing.sliding_window import SlidingWindow
from skrnn.preprocessing.window_clock import WindowClock
from skrnn.sequences.steps import as_cells, cells, in_order, numbers
from skrnn.streaming.network import NetworkSteps

Floats = NDArray[np.float64]


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline, and another estimator unchanged."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def pipeline_steps(pipeline: Pipeline, n_streams: int | None, method: str) -> Any:
    """Return the steps of a fitted pipeline.

    Raises
    ------
    ValueError
        If one of its steps cannot run row by row.
    """
    before = [one for _, one in pipeline.steps[:-1] if one not in (None, "passthrough")]
    windows = [number for number, one in enumerate(before) if isinstance(one, SlidingWindow)]
    at = windows[0] if windows else 0
    for one in before[at + len(windows) :]:
        if not isinstance(one, SequenceScaler):
            raise ValueError(
                f"{type_name(one)} transforms whole sequences, and a stream has one step of them "
                "at a time; transform rows before a SlidingWindow, scale sequences with "
                "SequenceScaler, or make the Stream of the last step and transform its steps "
                "yourself."
            )
    rows, steps = RowTransforms(before[:at]), RowTransforms(before[at + len(windows) :])
    last = pipeline.steps[-1][1]
    if not windows:
        return ScaledSteps(steps, NetworkSteps(last, n_streams, method))
    return WindowSteps(before[: at + 1], rows, steps, last, n_streams, method)


class ScaledSteps:
    """Steps of sequences that are scaled before the network.

    Parameters
    ----------
    scaling : RowTransforms
        Transformation of a step.
    network : NetworkSteps
        Network of the scaled steps.
    """

    def __init__(self, scaling: RowTransforms, network: NetworkSteps) -> None:
        self._scaling, self._network = scaling, network

    def step(self, x: Any, time: Any) -> NDArray[Any]:
        """Return the predictions after a step."""
        values = self._scaling(self._network.read(x))
        return self._network.step(
            values if self._network.n_streams is not None else values[0], time
        )

    def reset(self, begin: NDArray[np.bool_]) -> None:
        """Reset some streams to the initial state."""
        self._network.reset(begin)

    def go_on_from(self, before: ScaledSteps) -> None:
        """Take over the state of other steps."""
        self._network.go_on_from(before._network)


class WindowSteps:
    """Rows of a series, each the end of a window and the start of another.

    The windows that are open at a row are parallel streams of one network: in the order of their
    first rows, which come round every ``window_length`` rows. With a ``sampling_rate`` of several
    rows, there is a network for the rows of each remainder.

    Parameters
    ----------
    readers : list
        The window, after the transformers before it.
    rows, steps : RowTransforms
        Transformations before and after the window.
    estimator : fitted estimator
        Estimator of the windows.
    n_streams : int or None
        Number of series; None is one, without that axis.
    method : str
        Method of the estimator whose result a step returns.
    """

    def __init__(
        self,
        readers: list[Any],
        rows: RowTransforms,
        steps: RowTransforms,
        estimator: Any,
        n_streams: int | None,
        method: str,
    ) -> None:
        self._rows, self._steps, self._clock = rows, steps, WindowClock(readers[-1])
        self._given, self._n_streams = n_streams, n_streams or 1
        self._length = self._clock.window_length
        self._names = getattr(readers[0], "feature_names_in_", None)
        self._n_features = readers[0].n_features_in_
        self._networks = [
            NetworkSteps(estimator, self._n_streams * self._length, method)
            for _ in range(self._clock.sampling_rate)
        ]
        self._n_rows = 0

    def step(self, x: Any, time: Any) -> NDArray[Any]:
        """Return the predictions for the windows that end at a row."""
        clock = self._clock
        x, time = clock.separated(x, time)
        row = self._rows(self._read(x))
        time = clock.checked(time)
        if clock.has_begun and not clock.is_gap(time):
            values = self._taken(row)
            clock.move(time)
            return values
        draft = copy.deepcopy(self)  # if the step fails, this one is left as it was
        values = draft._begun(row, time)
        vars(self).update(vars(draft))
        return values

    def reset(self, begin: NDArray[np.bool_]) -> None:
        """Reset some streams to the initial state; all of them forget the time, too."""
        for network in self._networks:
            network.reset(np.repeat(begin, self._length))
        if begin.all():
            self._clock.reset()

    def go_on_from(self, before: WindowSteps) -> None:
        """Take over the state of other steps.

        Raises
        ------
        ValueError
            If the windows or the networks differ.
        """
        cuts = [(one._length, len(one._networks)) for one in (before, self)]
        if cuts[0] != cuts[1]:
            raise ValueError(
                "the stream has (window_length, sampling_rate) = {}, and the pipeline {}; make a "
                "new Stream of it.".format(*cuts)
            )
        for network, old in zip(self._networks, before._networks, strict=True):
            network.go_on_from(old)
        self._n_rows = before._n_rows
        self._clock.go_on_from(before._clock)

    def _read(self, x: Any) -> NDArray[Any]:
        """Return a row of each series, (n_streams, n_features)."""
        names = None if self._names is None else list(self._names)
        if self._rows.takes_texts:
            values = cells(in_order(x, names, self._given, as_cells))
        else:
            values = numbers(read_step(names, x, self._given))
        shape = (self._n_streams, self._n_features)
        expected = shape if self._given is not None else shape[1:]
        if values.shape != expected:
            raise ValueError(f"the step has the shape {values.shape}; it has to be {expected}.")
        return values.reshape(shape)

    def _begun(self, row: Floats, time: Any) -> NDArray[Any]:
        """Return the predictions for the first row, or one after a gap."""
        clock = self._clock
        if not clock.has_begun:
            for before, begins in clock.history(time):
                self._restart(begins)
                self._taken(np.broadcast_to(before, (self._n_streams, len(before))))
        self._restart(clock.is_gap(time))
        clock.move(time)
        return self._taken(row)

    def _restart(self, begins: bool) -> None:
        """Begin all windows anew, if a part of the series begins."""
        if begins:
            for network in self._networks:
                network.reset(np.ones(self._n_streams * self._length, dtype=bool))

    def _taken(self, row: Floats) -> NDArray[Any]:
        """Take a row, and return the predictions for the windows that end at it."""
        turn, remainder = divmod(self._n_rows, len(self._networks))
        network, place = self._networks[remainder], turn % self._length
        first = np.zeros((self._n_streams, self._length), dtype=bool)
        first[:, place] = True
        network.reset(first.ravel())  # the window that begins here; a row that fails repeats it
        values = network.step(np.repeat(self._steps(row), self._length, axis=0))
        self._n_rows += 1
        return values[(place + 1) % self._length :: self._length]
