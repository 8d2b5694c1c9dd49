"""Forecasting model: encoder of a window, decoder of the horizon, distribution head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from skrnn.networks import BY_NAME
from skrnn.networks.base import Network, StreamingNetwork
from skrnn.networks.recurrent import Recurrent
from skrnn.networks.wrappers.base import Wrapper
from skrnn.networks.wrappers.categories import embedding_width
from skrnn.numpy_runtime.categories import EmbedCategories
from skrnn.numpy_runtime.cells import Dense
from skrnn.numpy_runtime.ensemble import average_numbers
from skrnn.numpy_runtime.forecast import (
    ParallelDecoder,
    distribution,
    extrapolation,
    in_segments,
    last_outputs,
    normalized,
    shown_steps,
    smoothed,
    smoothing_matrix,
    softplus,
)
from skrnn.numpy_runtime.model import streaming_error
from skrnn.numpy_runtime.pooling import running_pool
from skrnn.numpy_runtime.weights import WeightReader

#: Cells of decoders by the layers of recurrent encoders; other encoders have a GRU decoder.
_CELLS = {
    (network.layer, network.cell): name
    for name, network in BY_NAME.items()
    if issubclass(network, Recurrent)
}


@dataclass(frozen=True)
class WindowLayout:
    """Columns of a window, from left to right, and its steps.

    The first ``window_length`` steps are the past, the ``horizon`` steps after them the
    future, of which only the ``known`` columns are used.

    Attributes
    ----------
    window_length, horizon : int
        Steps of the past and of the future.
    n_targets : int
        Columns of the series itself, followed by as many that are 1 where it was observed.
    n_past, n_known, n_static : int
        Columns of covariates known up to now, known in advance, and constant.
    n_channels : int
        If more than one, a last column holds the number of the channel.
    n_rules : int
        Columns of the weights of exponential smoothing, for each target.
    """

    window_length: int
    horizon: int
    n_targets: int
    n_past: int = 0
    n_known: int = 0
    n_static: int = 0
    n_channels: int = 1
    n_rules: int = 0

    @property
    def n_columns(self) -> int:
        """Return the width of a window."""
        covariates = self.n_past + self.n_known + self.n_static
        rules = self.n_targets * self.n_rules
        return 2 * self.n_targets + covariates + rules + (self.n_channels > 1)

    @property
    def n_steps(self) -> int:
        """Return the length of a window, past and future."""
        return self.window_length + self.horizon

    def columns(self, name: str) -> slice:
        """Return the slice of the columns of a name, such as "values" or "rules"."""
        n = self.n_targets
        widths = {
            "values": n,
            "observed": n,
            "past": self.n_past,
            "known": self.n_known,
            "static": self.n_static,
            "rules": n * self.n_rules,
        }
        before = sum(list(widths.values())[: list(widths).index(name)])
        return slice(before, before + widths[name])


@dataclass(frozen=True)
class ForecastHead:
    """Forecast of each value: a point, quantiles, or the parameters of a density.

    Attributes
    ----------
    kind : {"point", "quantile", "gaussian", "student_t"}
        Kind of forecast.
    quantiles : tuple of float
        Increasing levels, 0.5 among them.
    """

    kind: str
    quantiles: tuple[float, ...] = ()

    #: Constant series are learned, too.
    is_trivial: ClassVar[bool] = False

    @property
    def n_parameters(self) -> int:
        """Return the number of parameters per value."""
        return {"point": 1, "gaussian": 2, "student_t": 3}.get(self.kind) or len(self.quantiles)

    @property
    def center(self) -> int:
        """Return the index of the point forecast among the parameters."""
        return self.quantiles.index(0.5) if self.quantiles else 0

    def combined(self, outputs: Sequence[Any]) -> Any:
        """Return the mean of the parameters of several forecasts, which averages their quantiles.

        Quantiles are linear in points, quantiles, means and standard deviations, not in the
        degrees of freedom of Student's t distribution (averages of quantiles: Lichtendahl,
        Grushka-Cockayne and Winkler, 2013, doi:10.1287/mnsc.1120.1667).
        """
        return average_numbers(outputs)


@dataclass(eq=False, repr=False)
class Forecast(Wrapper):
    """Encoder of windows, with normalization before it and a decoder after it.

    Parameters
    ----------
    encoder : Network
        Encoder, with automatic settings fixed for the steps, or segments, of a window.
    layout : WindowLayout
        The columns and steps of a window.
    head : ForecastHead
        Distribution of each value.
    normalization : {"window", "last"} or None
        As for `NormalizeWindow`.
    differences : tuple of int
        Lags of the naive continuation from which the network forecasts the difference.
    seasons : tuple of int or None
        Lengths of seasons of exponential smoothing, which takes the place of that continuation,
        beside a linear map of the window; the network starts with outputs of zero.
    segment_length : int or None
        Number of steps read, and forecast, as one (Lin et al., 2023, arXiv:2308.11200).
    teacher_forcing : bool
        Decode step by step.
    categories : tuple of (int, int)
        Columns of a window with codes of categories, which the network reads as vectors, and
        their numbers of categories.
    """

    needs_fixed_length = True

    encoder: Network
    layout: WindowLayout
    head: ForecastHead
    normalization: str | None
    differences: tuple[int, ...]
    seasons: tuple[int, ...] | None
    segment_length: int | None
    teacher_forcing: bool
    categories: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.teacher_forcing:
            self._decoder_cell()

    @property
    def inner(self) -> WindowLayout:
        """Return the layout of windows with vectors in place of codes."""
        wider = {}
        for name in ("past", "known", "static"):
            own = self.layout.columns(name)
            inside = [size for column, size in self.categories if own.start <= column < own.stop]
            further = sum(embedding_width(size) - 1 for size in inside)
            wider[f"n_{name}"] = own.stop - own.start + further
        return replace(self.layout, **wider)

    def _embedded(self, inputs: Any) -> Any:
        """Return windows with vectors in place of codes."""
        import keras

        from skrnn.networks import layers

        if not self.categories:
            return inputs
        columns, sizes = zip(*self.categories, strict=True)
        widths = list(map(embedding_width, sizes))
        dtype = keras.config.dtype_policy().variable_dtype  # as windows that hold no codes
        return layers.EmbedCategories(columns, sizes, widths, keeps_order=True, dtype=dtype)(inputs)

    def _features(self, inputs: Any, lengths: Any) -> Any:
        """Return the features of windows, normalized."""
        from skrnn.networks import layers

        n_steps = self.layout.window_length
        if self.segment_length is not None:
            inputs = layers.Segments(self.segment_length)(inputs)
            inputs = layers.Dense(self.encoder.hidden_width(), activation="relu")(inputs)
            n_steps //= self.segment_length
        return self.encoder.encode(inputs, layers.FixedLengths(n_steps)(lengths))

    def outputs(self, inputs: Any, lengths: Any, n_outputs: int) -> Any:
        """Return the parameters of the forecasts, (batch, horizon * n_targets * n_parameters)."""
        from skrnn.networks import layers

        layout, inputs = self.inner, self._embedded(inputs)
        past, future = inputs[:, : layout.window_length], inputs[:, layout.window_length :]
        values, observed, known = map(layout.columns, ("values", "observed", "known"))
        normalize = layers.NormalizeWindow(self.normalization)
        series, location, spread = normalize(past[..., values], past[..., observed])
        filled = (past[..., values] - location) / spread
        shown = past[..., observed]
        if self.seasons is not None:  # gaps are filled, and only padding is marked
            shown = layers.ValidSteps()(shown)
            series = layers.Multiply()([filled, shown])
        base = self._base(filled, series, shown, inputs)
        covariates = slice(observed.stop, layout.columns("static").stop)
        steps = layers.Concatenate()([series, 1.0 - shown, past[..., covariates]])
        context = self._context(self._features(steps, lengths), inputs)
        if self.teacher_forcing:
            ahead = (future[..., values] - location) / spread - base
            # The difference from the extrapolation is zero where that begins.
            begins_at_zero = bool(self.differences) or self.seasons is not None
            before = filled[:, -1:] * (0.0 if begins_at_zero else 1.0)
            teacher = layers.Concatenate(axis=1)([before, ahead[:, :-1]])
            raw = self._step_by_step(context, teacher, future[..., known])
        else:
            raw = self._at_once(context, future[..., known])
        parameters = layers.DistributionParameters(self.head.kind, self.head.center)
        return layers.Reshape((n_outputs,))(parameters(raw, base, location, spread))

    def _base(self, filled: Any, series: Any, shown: Any, inputs: Any) -> Any:
        """Return the simple forecast that the network adds to, (batch, horizon, n_targets).

        Parameters
        ----------
        filled, series, shown : KerasTensor of shape (batch, window_length, n_targets)
            Normalized values with gaps filled, with steps that are not shown as zeros, and 1 where
            a step is shown.
        inputs : KerasTensor
            The windows.
        """
        from skrnn.networks import layers

        horizon = self.layout.horizon
        if self.seasons is None:
            return layers.Extrapolate(self.differences, horizon)(filled)
        rules = inputs[:, 0, self.inner.columns("rules")]
        smooth = layers.Smoothing(self.seasons, horizon)(filled, shown, rules)
        by_target = layers.Permute((2, 1))(series)
        linear = layers.Dense(horizon, kernel_initializer="zeros", name="linear")(by_target)
        return layers.Add()([smooth, layers.Permute((2, 1))(linear)])

    def _context(self, features: Any, inputs: Any) -> Any:
        """Return the features concatenated with the static covariates of a window."""
        from skrnn.networks import layers

        parts = [features]
        if self.layout.n_static:
            parts.append(inputs[:, 0, self.inner.columns("static")])
        if self.layout.n_channels > 1:
            parts.append(layers.OneHot(self.layout.n_channels)(inputs[:, 0, -1]))
        return layers.Concatenate()(parts) if len(parts) > 1 else features

    def _at_once(self, context: Any, known: Any) -> Any:
        """Return raw outputs for all steps of the horizon in parallel."""
        from skrnn.networks import layers

        layout, n_numbers = self.layout, self.layout.n_targets * self.head.n_parameters
        shape = (layout.horizon, layout.n_targets, self.head.n_parameters)
        if self.segment_length is None and not layout.n_known:
            return layers.Reshape(shape)(self._last(layout.horizon * n_numbers)(context))
        length = self.segment_length or 1
        n_segments = -(-layout.horizon // length)
        hidden = layers.ParallelDecoder(n_segments)(context, layers.Segments(length)(known))
        if getattr(self.encoder, "dropout", 0):
            hidden = layers.Dropout()(hidden)
        raw = self._last(length * n_numbers)(hidden)
        raw = layers.Reshape((n_segments * length, *shape[1:]))(raw)
        return raw[:, : layout.horizon]

    def _last(self, n_outputs: int) -> Any:
        """Return the last layer."""
        from skrnn.networks import layers

        start = "glorot_uniform" if self.seasons is None else "zeros"
        return layers.Dense(n_outputs, kernel_initializer=start)

    def _step_by_step(self, context: Any, teacher: Any, known: Any) -> Any:
        """Return raw outputs of a step-by-step decoder, which reads the previous value."""
        from skrnn.networks import layers

        shape = self.layout.n_targets, self.head.n_parameters
        width = self.encoder.hidden_width()
        decoder = layers.RecurrentDecoder(
            self._decoder_cell(), width, *shape, starts_at_zero=self.seasons is not None
        )
        return decoder(context, teacher, known)

    def _decoder_cell(self) -> str:
        """Return the cell of a step-by-step decoder, the one of a recurrent encoder.

        Raises
        ------
        ValueError
            If the recurrent layers are the user's own.
        """
        if not isinstance(self.encoder, Recurrent):
            return "gru"
        own = type(self.encoder).layer, type(self.encoder).cell
        if own not in _CELLS:
            raise ValueError(
                "strategy='seq2seq' decodes with an RNN, LSTM, GRU, MinGRU or SLSTM, and "
                f"network={self.encoder!r} has recurrent layers of its own; give one of these "
                "networks, or strategy='direct' or 'recursive'."
            )
        return _CELLS[own]

    def in_numpy(self, weights: Sequence[Any], n: int) -> NumpyForecast:
        """Return the network in NumPy, for ``n`` windows.

        Raises
        ------
        ValueError
            If it decodes step by step, or its encoder cannot run step by step.
        """
        if self.teacher_forcing:
            raise ValueError(
                "strategy='seq2seq' decodes with a network that runs in Keras alone; fit with "
                "strategy='direct' or 'recursive'."
            )
        if not isinstance(self.encoder, StreamingNetwork) or self.encoder.looks_ahead:
            raise streaming_error(self.encoder)
        return NumpyForecast(self, WeightReader(weights), n)

    def __repr__(self) -> str:
        return f"{self.encoder!r} on {self.layout}"


class NumpyForecast:
    """Forecast in NumPy, with the weights of a fit.

    Parameters
    ----------
    model : Forecast
        The model, with a streaming encoder.
    weights : WeightReader
        Its weights, in the order of Keras: by the number of layers up to the output.
    n : int
        Number of windows.
    """

    def __init__(self, model: Forecast, weights: WeightReader, n: int) -> None:
        layout = model.inner
        self._model = model
        self._layout, self._embed = layout, None
        if model.categories:
            columns, sizes = zip(*model.categories, strict=True)
            vectors = weights.take(*((size, embedding_width(size)) for size in sizes))
            self._embed = EmbedCategories(columns, vectors, keeps_order=True)
        names = "values", "observed", "past", "known", "static", "rules"
        self._columns = {name: layout.columns(name) for name in names}  # which takes microseconds
        length = model.segment_length
        self._segments = None if length is None else Dense.read(weights)
        has_decoder = length is not None or layout.n_known > 0
        has_linear = model.seasons is not None
        encoder: Any = model.encoder
        stages = encoder.stages(weights, n)
        n_inputs = 2 * layout.n_targets + layout.n_past + layout.n_known
        step = np.zeros((n, n_inputs), np.float32)
        if self._segments is not None:
            step = self._segments(np.tile(step, (1, length or 1)))
        for stage in stages:
            step = stage(step)
        pooling = running_pool(encoder.pooling, weights, n, step.shape[1])
        self._stages = [*stages, *pooling]
        self._rules = self._smoothing = np.empty(0, np.float32)  # none yet
        self._decoder = self._linear = None
        if not has_decoder:
            self._linear = Dense.read(weights) if has_linear else None
            self._last = Dense.read(weights)
        else:
            n_segments = -(-layout.horizon // (length or 1))
            n_known = layout.n_known * (length or 1)
            self._decoder = ParallelDecoder.read(weights, n_segments, n_known)
            self._last = Dense.read(weights)
            self._linear = Dense.read(weights) if has_linear else None
        weights.finish()
        if not has_linear:
            lags = model.differences
            self._extrapolation = extrapolation(lags, layout.window_length, layout.horizon)

    def __call__(self, windows: Any) -> Any:
        """Return the parameters (n, horizon, n_targets, n_parameters) of forecasts of windows.

        ``windows`` are float32 of shape (n, window_length + horizon, n_columns).
        """
        model, layout = self._model, self._layout
        if self._embed is not None:
            windows = self._embed(windows)
        past, future = windows[:, : layout.window_length], windows[:, layout.window_length :]
        values, observed, known = (self._columns[name] for name in ("values", "observed", "known"))
        shown = past[..., observed]
        location, spread = normalized(np, model.normalization, past[..., values], shown)
        filled = (past[..., values] - location) / spread
        if model.seasons is not None:
            shown = shown_steps(shown)
        series = filled * shown
        base = self._base(filled, series, shown, windows)
        covariates = slice(observed.stop, self._columns["static"].stop)
        steps = np.concatenate([series, 1.0 - shown, past[..., covariates]], axis=-1)
        if self._segments is not None:
            steps = np.maximum(self._segments(in_segments(steps, model.segment_length or 1)), 0.0)
        context = self._context(last_outputs(self._stages, steps), windows)
        raw = self._raw(context, future[..., known])
        place = base * spread + location, spread
        return distribution(np, softplus, model.head.kind, model.head.center, raw, place)

    def _base(self, filled: Any, series: Any, shown: Any, windows: Any) -> Any:
        """Return the simple forecast that the network adds to, (n, horizon, n_targets)."""
        model, layout = self._model, self._model.layout
        if model.seasons is None or self._linear is None:
            return self._extrapolation @ filled
        rules = windows[:, 0, self._columns["rules"]]
        by_target = filled.transpose(0, 2, 1)
        if shown.all():
            if not np.array_equal(rules, self._rules):
                sizes = layout.n_targets, model.seasons, layout.window_length, layout.horizon
                self._rules, self._smoothing = rules.copy(), smoothing_matrix(rules, *sizes)
            smooth = np.matmul(by_target[:, :, None], self._smoothing)[:, :, 0]
        else:
            smooth = smoothed(filled, shown, rules, model.seasons, layout.horizon)
            smooth = smooth.transpose(0, 2, 1)
        return (smooth + self._linear(series.transpose(0, 2, 1))).transpose(0, 2, 1)

    def _context(self, features: Any, windows: Any) -> Any:
        """Return the features with the static covariates and the channel of each window."""
        layout = self._model.layout
        parts = [features, windows[:, 0, self._columns["static"]]]
        if layout.n_channels > 1:
            numbers = windows[:, 0, -1].astype(np.intp)
            parts.append(np.eye(layout.n_channels, dtype=np.float32)[numbers])
        return np.concatenate(parts, axis=1)

    def _raw(self, context: Any, known: Any) -> Any:
        """Return raw outputs (n, horizon, n_targets, n_parameters)."""
        layout, length = self._model.layout, self._model.segment_length or 1
        if self._decoder is None:
            raw = self._last(context)
        else:
            raw = self._last(self._decoder(context, in_segments(known, length)))
        shape = (len(context), -1, layout.n_targets, self._model.head.n_parameters)
        return raw.reshape(shape)[:, : layout.horizon]
