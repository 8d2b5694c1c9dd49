"""From series to a trained network: the half of a forecaster that does not know sktime."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skrnn._parameters import fitted, plain
from skrnn.engine.forecast_losses import ForecastLoss
from skrnn.engine.losses import REGRESSION
from skrnn.engine.schedules import constant, schedule
from skrnn.engine.spec import Spec
from skrnn.estimators.trainable import Trainable
from skrnn.forecasting.covariates import Roles
from skrnn.forecasting.learning import Learned, Parts
from skrnn.forecasting.parameters import ForecastingParameters
from skrnn.forecasting.series import Series
from skrnn.forecasting.tables import Rows
from skrnn.networks.forecast import Forecast, ForecastHead, WindowLayout
from skrnn.preprocessing.scaling import Standardiser

#: Steps of a pass where neither ``horizon`` nor ``fh`` says how many.
DEFAULT_HORIZON = 12


class FittingForecaster(ForecastingParameters, Trainable):
    """Learn one network from all series."""

    learned_: Learned = fitted()

    @property  # type: ignore[misc]
    def _spec(self) -> Spec:  # type: ignore[override]
        return self.learned_.spec

    def _loss(self) -> str | Callable[..., Any]:
        head = self._head()
        if head.kind != "point":
            return ForecastLoss(head)
        return ForecastLoss(
            head, REGRESSION[self.loss] if isinstance(self.loss, str) else self.loss
        )

    def _head(self) -> ForecastHead:
        """Return what is forecast for each value."""
        if self.loss == "quantile":
            return ForecastHead("quantile", tuple(float(level) for level in self.quantiles))
        if isinstance(self.loss, str) and self.loss in ("gaussian", "student_t"):
            return ForecastHead(self.loss)
        return ForecastHead("point")

    def _remedies(self) -> list[str]:
        if self.scale in ("window", "last"):
            return ["Divide y by a power of ten if its values are very large or very small."]
        return ['Set scale="window", in which each window has units of its own.']

    def _lags(self) -> tuple[int, ...]:
        """Return the lags of differencing, checked against the window."""
        lags = plain(self.differences)
        lags = () if lags is None else lags if isinstance(lags, tuple) else (lags,)
        if sum(lags) > self.window_length:
            raise ValueError(
                f"differences={self.differences} look back {sum(lags)} steps, and "
                f"window_length={self.window_length}; give a longer window."
            )
        if self.segment_length is not None and self.window_length % self.segment_length:
            raise ValueError(
                f"segment_length={self.segment_length} does not divide "
                f"window_length={self.window_length}; give a multiple of it."
            )
        return lags

    def _horizons(self, longest: int, furthest: int | None) -> tuple[int, int]:
        """Return the steps of one pass, and those on which errors are measured.

        Parameters
        ----------
        longest : int
            Times of the longest series.
        furthest : int or None
            The last step of ``fh``, if it was given and lies ahead.
        """
        if self.horizon is not None and self.horizon >= longest:
            raise ValueError(
                f"horizon={self.horizon} needs a series of more than {self.horizon} times, and "
                f"the longest of y has {longest}; give a shorter horizon."
            )
        most = max(1, longest // 3)
        wanted = int(self.horizon or min(furthest or DEFAULT_HORIZON, most))
        measured = max(wanted, min(furthest or 1, most))
        return (1 if self.strategy == "recursive" else wanted), measured

    def _as_seen(self, series: Sequence[Series]) -> list[Series]:
        """Return the series that the network sees: whole, or column by column."""
        if not self.channel_independent:
            return list(series)
        return [channel for one in series for channel in one.channels()]

    def _learn(self, series: Sequence[Series], roles: Roles, furthest: int | None) -> None:
        """Train a new network on series, and measure the errors of its forecasts."""
        units = self._as_seen(series)
        horizon, n_measured = self._horizons(max(map(len, units)), furthest)
        self.learned_ = self._prepared(series, units, roles, horizon)
        scalings = [self.learned_.scaling_of(one) for one in units]
        table = self.learned_.training_table(units, scalings)
        validation = float(self.validation_fraction) if self.early_stopping else None
        parts = Parts.of([len(one) for one in units], validation, self.calibration)
        nowhere = np.zeros_like(parts.ends)
        numbers, origins = table.origins(nowhere, parts.learnt)
        if len(numbers) == 0:
            raise ValueError(
                f"y leaves no window to learn from: its longest series has {max(map(len, units))} "
                f"times, of which {max(parts.learnt)} are left by early_stopping="
                f"{self.early_stopping} and calibration={self.calibration}; give a series with two "
                "observed values or more in them."
            )
        self._warn_of_few_windows(origins, int(parts.learnt.max()))
        examples = table.examples(numbers, origins, parts.learnt)
        held_out = None
        if validation is not None:
            numbers, origins = table.origins(parts.learnt, parts.validated, only_after=True)
            if len(numbers) == 0:
                raise ValueError(
                    "early_stopping=True leaves no window to validate on: the latest "
                    f"{max(parts.validated - parts.learnt)} times of each series hold no observed "
                    "value; give a larger validation_fraction, or set early_stopping=False."
                )
            held_out = table.examples(numbers, origins, parts.validated)
        rate = schedule(self.schedule, float(self.learning_rate), int(self.epochs))
        self._train(examples, int(self.epochs), rate, held_out, going_on=False)
        if self.calibration is not None or self._head().kind == "point":
            begins = nowhere if self.calibration is None else parts.validated
            self.learned_ = self.learned_.corrected(
                table, self.weights_, begins, parts.ends, n_measured
            )

    def _warn_of_few_windows(self, origins: Rows, longest: int) -> None:
        """Warn where windows that begin before their series are most of what is learnt from."""
        n_complete = int(np.sum(origins >= self.window_length - 1))
        if n_complete >= max(len(origins) / 2, 2):
            return
        step = self.segment_length or 1
        shorter = longest // 2 // step * step
        is_shorter = shorter >= max(2, sum(self._lags()))
        warnings.warn(
            f"only {n_complete} of the {len(origins)} training windows of {type(self).__name__} "
            f"are complete: window_length={self.window_length}, and the longest series has "
            f"{longest} times for training. Steps missing from a window count as not observed. "
            + (f"Set window_length={shorter} or less, or give" if is_shorter else "Give")
            + " longer series.",
            UserWarning,
            stacklevel=6,
        )

    def _prepared(
        self, series: Sequence[Series], units: Sequence[Series], roles: Roles, horizon: int
    ) -> Learned:
        """Return what is learnt before training: the layout, the scalings, the network."""
        cycles = tuple(plain(self.time_features) or ())
        n_columns = series[0].values.shape[1]
        layout = WindowLayout(
            window_length=int(self.window_length),
            horizon=horizon,
            n_targets=units[0].values.shape[1],
            n_past=len(roles.past),
            n_known=len(roles.known) + 2 * len(cycles),
            n_static=len(roles.static),
            n_channels=n_columns if self.channel_independent else 1,
        )
        segment = None if self.segment_length is None else int(self.segment_length)
        head, lags = self._head(), self._lags()
        network = Forecast(
            self._checked_network().resolve(layout.window_length // (segment or 1)),
            layout,
            head,
            normalisation=self.scale if self.scale in ("window", "last") else None,
            differences=lags,
            segment_length=segment,
            teacher_forcing=self.strategy == "seq2seq",
        )
        spec = Spec(
            network=network,
            n_steps=layout.n_steps,
            n_features=layout.n_columns,
            n_outputs=horizon * layout.n_targets * head.n_parameters,
            **self._compiled_in(),
        )
        common = None
        if self.scale is None:
            common = Standardiser.identity(layout.n_targets)
        elif self.scale == "global":
            values = np.concatenate([one.values for one in units])
            common = Standardiser.fit(values, np.ones(len(values)))
        covariates = roles.measure(series)
        return Learned(spec, roles, covariates, common, cycles, n_columns)

    def _learn_more(
        self,
        series: Sequence[Series],
        scalings: Sequence[Standardiser],
        begins: Sequence[int],
        epochs: int,
    ) -> None:
        """Train on with the windows that have a target from ``begins`` of their series on.

        The rate is constant, a tenth of ``learning_rate``.
        """
        before = self._spec
        compiled_in = self._compiled_in() | {"loss": before.loss}
        self.learned_ = replace(self.learned_, spec=replace(before, **compiled_in))
        self._forget_another_optimizer(before)
        table = self.learned_.training_table(series, scalings)
        numbers, origins = table.origins(np.asarray(begins), table.n_times)
        if len(numbers) and epochs:
            examples = table.examples(numbers, origins, table.n_times)
            rate = constant(float(self.learning_rate) / 10)
            self._train(examples, epochs, rate, None, going_on=True, continuing=True)
