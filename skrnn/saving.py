"""Types in saved models, for loaders that build listed types alone."""

from __future__ import annotations

__all__ = ["trusted_types"]

#: Classes in the state of fitted objects, and a loss, by their modules below skrnn.
_TYPES = {
    "_stored_index": ("StoredIndex",),
    "engine.fitted_network": ("FittedNetwork", "FurtherNetwork"),
    "engine.forecast_losses": ("ForecastLoss",),
    "engine.losses": ("SmoothedLoss",),
    "engine.model_spec": ("ModelSpec",),
    "engine.step_losses": ("StepLoss", "ending_loss"),
    "estimators.anomaly.detector": ("SequenceAnomalyDetector",),
    "estimators.anomaly.feature_target": ("FeatureTarget",),
    "estimators.anomaly.methods": ("PredictionError", "ReconstructionError"),
    "estimators.anomaly.robust_statistics": ("RobustErrorScale",),
    "estimators.anomaly.scoring": ("StepScoring",),
    "estimators.classification": (
        "GRUClassifier",
        "LSTMClassifier",
        "RNNClassifier",
        "SequenceClassifier",
        "TCNClassifier",
    ),
    "estimators.generation.generator": ("SequenceGenerator",),
    "estimators.generation.piano_rolls": ("PianoRollCodec",),
    "estimators.generation.token_codec": ("TokenCodec",),
    "estimators.input_encoder": ("InputEncoder",),
    "estimators.labeling.events": ("EventRule",),
    "estimators.labeling.labeler": ("SequenceLabeler",),
    "estimators.labeling.step_target": ("StepTarget",),
    "estimators.regression": (
        "GRURegressor",
        "LSTMRegressor",
        "RNNRegressor",
        "SequenceRegressor",
        "TCNRegressor",
    ),
    "estimators.seq2seq.codecs": ("TokenCodec",),
    "estimators.seq2seq.number_codecs": ("NumberCodec", "VectorCodec"),
    "estimators.seq2seq.translator": ("SequenceTranslator",),
    "estimators.targets": ("ContinuousTarget", "MulticlassTarget", "MultilabelTarget"),
    "forecasting.categories": ("CategoricalCovariates",),
    "forecasting.containers": ("Container",),
    "forecasting.covariates": ("Roles",),
    "forecasting.detector": ("SequenceDetector",),
    "forecasting.fitted": ("SeriesEncoder",),
    "forecasting.forecasters": (
        "GRUForecaster",
        "LSTMForecaster",
        "RNNForecaster",
        "SequenceForecaster",
        "TCNForecaster",
    ),
    "forecasting.history": ("History",),
    "forecasting.series": ("Series",),
    "forecasting.series_scaling": ("SeriesScaling",),
    "forecasting.uncertainty": ("Correction",),
    "networks.conv": ("Conv",),
    "networks.dense": ("Dense",),
    "networks.gru": ("GRU",),
    "networks.inception": ("Inception",),
    "networks.lite": ("LITE",),
    "networks.lstm": ("LSTM",),
    "networks.mingru": ("MinGRU",),
    "networks.rnn": ("RNN",),
    "networks.slstm": ("SLSTM",),
    "networks.tcn": ("TCN",),
    "networks.transformer": ("Transformer",),
    "networks.wrappers.categories": ("CategoryEmbeddings",),
    "networks.wrappers.centering": ("CenteredSteps",),
    "networks.wrappers.differences": ("WithDifferences",),
    "networks.wrappers.embedding": ("TokenEmbedding",),
    "networks.wrappers.forecast": ("Forecast", "ForecastHead", "WindowLayout"),
    "networks.wrappers.from_function": ("FromFunction",),
    "networks.wrappers.linear_skip": ("LinearSkip",),
    "networks.wrappers.per_step": ("Autoencoder", "NextStepHead", "PerStepHead"),
    "networks.wrappers.seq2seq": ("EncoderDecoder", "Side"),
    "preprocessing.history": ("History",),
    "preprocessing.scaling": ("AffineScaling", "TargetScaling"),
    "preprocessing.sequence_scaler": ("SequenceScaler",),
    "preprocessing.sliding_window": ("SlidingWindow",),
    "preprocessing.statistics": ("Statistic",),
    "preprocessing.token_sequences": ("TokenSequences",),
    "preprocessing.vocabulary": ("Vocabulary",),
    "sequences.categories": ("Categories",),
    "sequences.reading": ("InputFormat", "SequenceShape"),
    "sequences.timeline": ("Calendar",),
}


def trusted_types() -> list[str]:
    """Return the types that a saved model may hold, for ``skops.io.load``.

    A pickle can run any program when it is loaded. A file of skops is data:
    ``skops.io.load`` builds objects of listed types alone, and refuses a file with another type
    before it builds anything. This list is closed: it names each class, and the one function, of
    skrnn that the state of a fitted estimator, transformer or forecaster may contain. Types of
    scikit-learn and numpy are trusted by skops itself.

    What users define has to be added by its name: a function passed as ``network`` or ``loss``, or
    a network class. Of objects of Keras, such as an optimizer that is not given by name, and of
    times whose frequency no text describes, such as business days with holidays, there is no
    trusted form; pickle them.

    Returns
    -------
    list of str
        Names with their modules, sorted by module.

    Examples
    --------
    >>> import numpy as np
    >>> import skops.io
    >>> import skrnn
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = skrnn.GRURegressor(units=4, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    >>> saved = skops.io.dumps(model)
    >>> again = skops.io.loads(saved, trusted=skrnn.trusted_types())
    >>> bool((again.predict(X) == model.predict(X)).all())
    True
    """
    return [f"skrnn.{module}.{name}" for module, names in _TYPES.items() for name in names]
