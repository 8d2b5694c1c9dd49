"""Base class of estimators of sequences: reading, validation set and scaling for every task."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn._typing import BaseEstimator, CallbackSupportMixin
from skrnn._validation import check_outputs, check_weights, in_range, require_both
from skrnn.engine.batches import Examples
from skrnn.engine.fitted_network import FittedNetwork
from skrnn.engine.losses import SmoothedLoss
from skrnn.engine.model_spec import ModelSpec
from skrnn.estimators.base import WARM_START, BaseNetworkEstimator
from skrnn.estimators.budget import stops_early
from skrnn.estimators.categorical import with_embeddings
from skrnn.estimators.centering import surrounded_like
from skrnn.estimators.deduplication import merge_duplicates
from skrnn.estimators.input_encoder import InputEncoder, check_on_disk, learn_scaling, read_first
from skrnn.estimators.metrics import metrics_of
from skrnn.estimators.raw_units import in_raw_units, target_scaling
from skrnn.estimators.sequence_data import SequenceData
from skrnn.estimators.sklearn_callbacks import reports
from skrnn.estimators.stream_task import StreamReader, StreamTask, step_reader
from skrnn.estimators.targets import Target
from skrnn.estimators.trainer import Start
from skrnn.estimators.validation_split import hold_out, trained_on, without_purged
from skrnn.networks import Network
from skrnn.networks.base import WIDTH, ModelBuilder, resolved
from skrnn.networks.wrappers.embedding import TokenEmbedding
from skrnn.onnx_export.file import write
from skrnn.onnx_export.graph import Graph, Outputs
from skrnn.parameters import BOOLEAN, NONE, integers, one_of, parameter, validate
from skrnn.preprocessing.scaling import AffineScaling
from skrnn.sequences import (
    LAYOUT,
    N_CHANNELS,
    InputFormat,
    Sequences,
    SequenceShape,
)
from skrnn.sequences.categories import Categories
from skrnn.sequences.steps import feature_names
from skrnn.sequences.token_reading import count_tokens

Rows = NDArray[np.int64]


class BaseSequenceEstimator(CallbackSupportMixin, BaseEstimator, BaseNetworkEstimator, place=2):
    """Base class of estimators that fit a network to sequences; a subclass reads the targets."""

    n_channels: int | None = N_CHANNELS
    layout: str = LAYOUT
    purge: int = parameter(
        default=0,
        domain=integers(0),
        doc="""Number of the latest sequences that ``fit`` excludes from training: from the loss,
        the scaling and the validation set. Of `Windows`, it excludes those that end in the latest
        ``purge`` rows. If a target begins ``delay`` rows after its window and covers ``horizon``
        rows, the last delay + horizon - 2 targets are not yet known when the rows after X begin.
        In a pipeline, the purged rows remain the history of the rows that follow.""",
    )
    validation: str = parameter(
        default="random",
        domain=one_of("random", "latest"),
        doc="""Validation set of early stopping: a "random" sample, stratified by class for
        classifiers, or the "latest" sequences, with ``purge`` sequences left out before them.
        Of `Windows`, it is always the latest ones; earlier windows that share a row or a target
        of `make_windows` with them are left out. ``X_val`` and ``y_val`` in ``fit`` take
        precedence.""",
    )
    embedding_dim: int | None = parameter(
        default=None,
        domain=WIDTH | NONE,
        doc="""Size of the embedding of each token (Bengio et al., 2003,
        doi:10.5555/944919.944966). X then holds token ids, as `TokenSequences` returns them,
        and nothing is scaled. Zeros at the end of a text are padding, on which no output depends,
        except in a network of fixed length. Ids greater than those of the fit, and NaN with
        ``missing="mask"``, are read as 1, the unknown token. None reads X as measurements.""",
    )
    missing: str = parameter(
        default="error",
        domain=one_of("error", "mask"),
        doc="""Treatment of NaN in X. "error" raises an error. "mask" reads NaN as not
        observed: a recurrent network skips steps without any observed feature, other networks
        see zeros there, and each feature gets an indicator channel that is 1 where it was not
        observed.""",
    )
    warm_start: bool = WARM_START
    scale_input: bool = parameter(
        default=True,
        domain=BOOLEAN,
        doc="Standardize each feature by its mean and standard deviation over the training steps.",
    )
    _attributes = f"""
    n_features_in_ : int
        Number of columns of a 2-D X, else of features per step.

    feature_names_in_ : ndarray of str
        Names of the columns, if X was a DataFrame with string names.

    input_scaling_ : AffineScaling
        Arrays ``center`` and ``scale`` of each feature: the network reads (X - center) / scale.
        They are 0 and 1 without ``scale_input`` and for tokens.

    target_scaling_ : AffineScaling
        Arrays ``center`` and ``scale`` of each target, if targets are numbers: a prediction is
        output * scale + center. A target that was constant in the fit has a scale of 0.

    {BaseNetworkEstimator._attributes.strip()}
    """
    #: Methods that a `Stream` may use, the first one by default.
    stream_methods: ClassVar[tuple[str, ...]] = ("predict", "predict_proba")
    #: Share by which a validation loss has to be lower than that of the first weights.
    _margin: ClassVar[float] = 0.0

    # ------------------------------------------------------------------ hooks

    @abstractmethod
    def _read(self, X: Any, y: Any, sample_weight: Any, start: Start | None) -> SequenceData:
        """Read the data of a fit or, with ``start=None``, validation data."""

    @abstractmethod
    def _read_target(self, X: Any, y: Any, sequences: Sequences) -> Any:
        """Return the checked targets of sequences; X is the user's."""

    @abstractmethod
    def _learn_target(
        self, data: SequenceData, weights: NDArray[np.float64], scaling: AffineScaling
    ) -> Target:
        """Return the target, measured with these weights.

        ``scaling`` is that of the features.
        """

    @abstractmethod
    def _further_target(self, data: SequenceData, weights: NDArray[np.float64]) -> Target:
        """Return the target of the previous fit for further data and the current parameters."""

    @abstractmethod
    def _weigh(self, y: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sample weights, multiplied by class weights if there are any."""

    @abstractmethod
    def _strata(self, y: Any) -> Any:
        """Return labels to stratify a random validation set by, or None."""

    @abstractmethod
    def _wrap(self, make: Callable[[], Network]) -> ModelBuilder:
        """Return the network for the task, around the one that ``make`` returns."""

    @abstractmethod
    def _for_data(
        self, network: ModelBuilder, sequences: Sequences, counted: NDArray[np.float64]
    ) -> ModelBuilder:
        """Return the network with what it gets for these data, of weights ``counted``."""

    @abstractmethod
    def _reads_any_length(self, network: ModelBuilder) -> bool:
        """Return whether predictions accept sequences of any length."""

    @abstractmethod
    def _stream_reader(self, n: int, method: str) -> StreamReader:
        """Return the reader that decodes outputs of ``n`` streams as the result of ``method``."""

    @abstractmethod
    def _onnx_outputs(self, graph: Graph) -> Outputs:
        """Add inputs and networks to an ONNX graph and return the named predictions."""

    @abstractmethod
    def _loss(self, target: Any) -> str | SmoothedLoss | Callable[..., Any]:
        """Return the loss to use."""

    # ------------------------------------------------------------------ fit

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any) -> Examples | None:
        """Fit the estimator and return the validation set, if there is one."""
        validate(self)
        require_both(X_val, y_val)
        start = Start.FROM_WEIGHTS if self.warm_start and self._has_network() else Start.NEW
        data = self._read(X, y, sample_weight, start)
        metrics = partial(metrics_of, self, data)  # before duplicates are merged
        is_whole = self.batch_size is None and not stops_early(self, len(data))
        if is_whole and data.sequences.window is None:
            rows, weights = merge_duplicates(data.sequences, data.y, data.weights)
            data = replace(data.take(rows), weights=weights)
        return self._train(
            data,
            start,
            validation_data=None
            if X_val is None
            else partial(self._read, X_val, y_val, None, None),
            margin=self._margin if start is Start.NEW else 0.0,
            observers=lambda epochs: reports(self, epochs, X, y, sample_weight),
            metrics=metrics,
        )

    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, classes: NDArray[Any] | None = None
    ) -> None:
        """Train for one epoch on new sequences, preparing the network at the first call."""
        validate(self)
        data = replace(self._read(X, y, sample_weight, Start.CONTINUE), classes=classes)
        self._train(data, Start.CONTINUE, metrics=partial(metrics_of, self, data))

    @property
    def input_scaling_(self) -> AffineScaling:
        """Return center and scale of each feature."""
        return self.network_.encoder.scaling.read_only()

    @property
    def target_scaling_(self) -> AffineScaling:
        """Return center and scale of each target, if targets are numbers."""
        return target_scaling(self.network_.target)

    def to_keras(self, *, scaled: bool = True) -> Any:
        """Return a new Keras model with the fitted weights.

        Parameters
        ----------
        scaled : bool, default=True
            Units of inputs and outputs. True: sequences scaled as in ``fit`` to outputs in the
            units of the loss, which are scaled targets or one logit per class. False: sequences
            in the units of X to numbers in the units of y, or probabilities.

        Returns
        -------
        keras.Model
            Inputs float (batch, n_steps, n_features), padded with zeros on the right, and int
            (batch,), the lengths. Categorical features are codes: an index in ``categories_``
            plus 1, or 0 for another category.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If it has several networks, which ``networks_[0].to_keras()`` and so on return; with
            ``scaled=False``, if it masks missing values.
        """
        check_is_fitted(self)
        network, model = self.network_, self.network_.to_keras()
        return model if scaled else in_raw_units(model, network.encoder, network.target)

    def to_onnx(self, path: Any) -> None:
        """Write the fitted estimator as an ONNX file, which runs without skrnn and Keras.

        The file has everything between raw sequences and predictions: scaling, missing values,
        the networks, and the decoding of their outputs. The number of sequences is free.

        Parameters
        ----------
        path : str or path-like
            File to write, such as "model.onnx"; an existing one is replaced.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ImportError
            If the package onnx is not installed.
        ValueError
            If the network has layers or settings that are not those of `skrnn.networks`.

        See Also
        --------
        Stream.to_onnx : One step of a stream per call.
        to_keras : The network alone, as a Keras model.

        Notes
        -----
        Inputs are ``X``, float32 (n_samples, n_steps, n_features) in the units of the fit, NaN only
        after a fit with ``missing="mask"``; and, unless all sequences have the length of the fit,
        ``lengths``, int32 (n_samples,): steps from there on are ignored. With ``embedding_dim``,
        ``X`` is int64 (n_samples, n_steps), with zeros at the end of shorter texts. Categorical
        features are codes: an index in ``categories_`` plus 1, or 0 for another category.

        Outputs are ``prediction``, float64, for numbers, and ``label`` and ``probabilities``, for
        classes; for each step, too, if the estimator predicts at steps, and arbitrary from
        ``lengths`` on. `ONNX <https://onnx.ai>`_ is a format that many programs run.

        Examples
        --------
        >>> import numpy as np, onnxruntime, tempfile
        >>> from skrnn import GRURegressor
        >>> X = np.random.default_rng(0).normal(size=(64, 12, 2)).astype("float32")
        >>> model = GRURegressor(epochs=1, random_state=0).fit(X, X[:, -3:, 0].mean(axis=1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.to_onnx(f"{folder}/model.onnx")
        ...     session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
        >>> (prediction,) = session.run(["prediction"], {"X": X[:5]})
        >>> np.allclose(prediction, model.predict(X[:5]), atol=1e-5)
        True
        """
        check_is_fitted(self)
        write(path, self._onnx_outputs, type(self).__name__)

    # ------------------------------------------------------------------ reading

    def _read_examples(
        self, X: Any, y: Any, sample_weight: Any, start: Start | None
    ) -> SequenceData:
        """Return checked user data with the weights to use.

        Sequences of weight zero are dropped; ``fit`` sets the weight of the last
        ``purge`` times to zero.
        """
        is_first = start is Start.NEW or not self._has_network()
        if not is_first:
            self._refuse_changed(**self.network_.encoder.parameters)
        read = read_first if is_first else self.network_.encoder.read
        sequences, categories = read(self, X)
        y = self._read_target(X, y, sequences)
        sequences = self._without_padding(sequences, is_first=is_first)
        weights = check_weights(X, sample_weight, len(sequences))
        if self.purge and start in (Start.NEW, Start.FROM_WEIGHTS):
            weights = without_purged(sequences.times, weights, int(self.purge))
        data = SequenceData(sequences, y, weights, categories=categories)
        if not weights.all():
            if is_first:
                check_on_disk(self, sequences)  # before some are dropped
            data = data.take(np.flatnonzero(weights))
        with np.errstate(over="ignore"):
            return replace(data, weights=in_range(self._weigh(data.y, data.weights)))

    def _without_padding(self, sequences: Sequences, *, is_first: bool) -> Sequences:
        if not is_first:
            return self.network_.encoder.without_padding(sequences)
        if self.embedding_dim is None or self._wrap(self._own_network).needs_fixed_length:
            return sequences
        return sequences.without_padding()

    # ------------------------------------------------------------------ hooks of the base

    @property
    def _advice(self) -> str:
        off = [name for name in ("scale_input", "scale_target") if getattr(self, name, 1) is False]
        return f"Set {' and '.join(f'{name}=True' for name in off)}." if off else ""

    def _split(self, data: SequenceData) -> tuple[Rows, Rows]:
        sequences = data.sequences
        return hold_out(
            sequences.times,
            latest=sequences.window is not None or self.validation == "latest",
            fraction=self.validation_fraction,
            random_state=self.random_state,
            gap=max(int(self.purge), sequences.reach),
            share_rows=None if sequences.ends_at is None else sequences.share_rows,
            strata=self._strata(data.y),
        )

    def _prepare(
        self, data: SequenceData, split: tuple[Rows, Rows] | None
    ) -> FittedNetwork[InputEncoder, Any]:
        sequences, categories = data.sequences, data.categories
        counted, n_tokens = trained_on(data.weights, split), None
        if self.embedding_dim is not None:
            n_tokens = count_tokens(sequences, int(self.embedding_dim))
        network = self._resolved(sequences.longest, n_tokens, categories)
        shape = self._shape_for(network, sequences)
        scaling = learn_scaling(self, sequences, counted, categories)
        network = self._for_data(network, sequences, counted)
        scales = bool(self.scale_input)
        encoder = InputEncoder(InputFormat.of(self), shape, scaling, network, scales, categories)
        target = self._learn_target(data, counted, scaling)
        spec = ModelSpec(
            network=network,
            n_steps=sequences.n_steps if network.needs_fixed_length else None,
            n_features=encoder.n_channels,
            n_outputs=target.n_outputs,
            **self._compiled_in(self._loss(target)),
        )
        return FittedNetwork(spec, encoder, target, sequences.longest)

    def _resume(
        self, data: SequenceData, split: tuple[Rows, Rows] | None
    ) -> FittedNetwork[InputEncoder, Any]:
        before = self.network_
        reads_tokens = self.embedding_dim is not None
        n_tokens = (before.encoder.network.n_tokens or 0) if reads_tokens else None
        network = self._resolved(before.longest, n_tokens, before.encoder.categories)
        network = surrounded_like(before.spec.network, network)
        target = self._further_target(data, trained_on(data.weights, split))
        return replace(self._respecified(network, self._loss(target)), target=target)

    def _examples(
        self, data: SequenceData, split: tuple[Rows, Rows] | None
    ) -> tuple[Examples, Examples | None]:
        target = self.network_.target
        encoded = target.encode(data.y)
        inputs = self.network_.encoder.inputs(data.sequences).scaled()
        weights = data.weights
        if target.per_step:
            weights = weights * np.asarray(encoded)[..., -1].sum(axis=1, dtype=np.float64)
        return Examples(inputs, encoded, weights).split(split)

    def _resolved(
        self, n_steps: int, n_tokens: int | None, categories: Categories | None
    ) -> ModelBuilder:
        """Return the network for sequences of up to ``n_steps``, with embeddings before it."""
        network = self._wrap(lambda: resolved(self._own_network(), n_steps))
        if n_tokens is None:
            return with_embeddings(network, categories, masks=self.missing == "mask")
        return TokenEmbedding(network, n_tokens, int(self.embedding_dim or 0))

    def _shape_for(self, network: ModelBuilder, sequences: Sequences) -> SequenceShape:
        """Return the shape required of sequences, or raise ValueError for these."""
        takes_one_length = network.needs_fixed_length
        if takes_one_length and sequences.n_steps is None:
            raise ValueError(
                f"X has sequences of {sequences.lengths.min()} to {sequences.longest} steps, "
                f"but network={self._network_name()} ignores lengths; use one that takes "
                "(inputs, lengths), or give sequences of one length."
            )
        if self._reads_any_length(network):
            return SequenceShape(None, sequences.n_features)
        is_text = network.n_tokens is not None
        n_steps = sequences.n_steps if takes_one_length or not is_text else None
        takes_shorter = sequences.window is not None and not takes_one_length
        return SequenceShape(n_steps, sequences.n_features, takes_shorter)

    # ------------------------------------------------------------------ prediction

    def _sequences(self, X: Any) -> Sequences:
        """Return the X of a prediction as sequences, which it may be already."""
        check_is_fitted(self)
        return X if isinstance(X, Sequences) else self.network_.encoder.read(self, X)[0]

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the outputs of the network for X, (n_samples, n_outputs)."""
        sequences, encoder = self._sequences(X), self.network_.encoder
        sequences = encoder.without_padding(sequences)
        outputs = self.network_.outputs(encoder.inputs(sequences))
        check_outputs(outputs)
        return outputs

    def _stream_task(self, n: int, method: str) -> StreamTask:
        """Return the network and the reader for a `Stream` of ``n`` sequences."""
        encoder, n_features = self.network_.encoder, self.network_.encoder.shape.n_features
        return StreamTask(
            self.network_,
            encoder.scaling,
            masks=encoder.masks,
            read=step_reader(feature_names(self, n_features), encoder.categories),
            reader=self._stream_reader(n, method),
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.input_tags.three_d_array = True
        return tags
