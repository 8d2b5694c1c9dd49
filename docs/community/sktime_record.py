# copyright: sktime developers, BSD-3-Clause License (see LICENSE file)
"""Interface to the forecasters of skrnn."""

from sktime.forecasting.base import BaseForecaster
from sktime.utils.dependencies import _placeholder_record


@_placeholder_record("skrnn", dependencies="skrnn>=0.2")
class GRUForecaster(BaseForecaster):
    """Forecast time series with a GRU network.

    The network is a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    units : int or tuple of int, default=32
        Units of each recurrent layer; a tuple has the units of each layer.

    n_layers : int, default=1
        Number of recurrent layers; ignored if ``units`` is a tuple.

    bidirectional : bool, default=False
        Process sequences in both directions and concatenate the outputs (Schuster and
        Paliwal, 1997, doi:10.1109/78.650093).

    dropout : float in [0, 1), default=0.0
        Fraction of the features set to zero after each layer in training.

    recurrent_dropout : float in [0, 1), default=0.0
        Fraction of the recurrent state set to zero in training, with the same mask at
        all steps of a sequence and another one for each gate (Gal and Ghahramani, 2016,
        arXiv:1512.05287).

    layer_norm : bool, default=False
        Normalize the outputs of each recurrent layer over its units at each step
        (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).

    conv_filters : int or None, default=None
        Filters of a causal Conv1D layer before the recurrent layers; None adds no such
        layer.

    conv_kernel_size : int, default=5
        Kernel length of the Conv1D layer, in steps.

    conv_strides : int or "auto", default=1
        Stride of the Conv1D layer, in steps, which shortens sequences by this factor;
        at most ``conv_kernel_size``. "auto" is 1 for training sequences of up to 64 steps, 2 up
        to 128, else 4.

    pooling : {"last", "mean", "max", "attention"}, default="last"
        Pooling of the steps of a sequence into one vector: the last step, the mean or
        maximum over all steps but padding, or their average weighted by learned attention.

    initial_state : {"zeros", "learned"}, default="zeros"
        Recurrent state before the first step: "zeros", or "learned" for each layer and
        direction, starting at zero.

    window_length : int or "auto", default="auto"
        Past steps that a forecast uses. Steps before the start of a shorter series
        count as not observed. "auto" is five seasons of most series, or two of a longer one
        beside it, such as the week of hourly series; at least 24 steps, and at most the longest
        series.

    horizon : int or None, default=None
        Steps forecast in one pass; later steps are forecast recursively, in blocks that use
        the forecasts before them. None is the last step of ``fh`` in fit, or 12 if fit had no
        ``fh``; at most a third of the longest series. With ``strategy="recursive"``, intervals
        are measured up to this step.

    strategy : {"direct", "recursive", "seq2seq"}, default="direct"
        Multi-step strategy. "direct": all steps at once. "recursive": one step, which
        is fed back. "seq2seq": a recurrent decoder that reads the previous value at each step,
        in training the true one (Sutskever, Vinyals and Le, 2014, arXiv:1409.3215); it has the
        layers of an RNN, LSTM, GRU, MinGRU or SLSTM network, and a GRU layer for one that is not
        recurrent.

    normalization : {"series", "window", "last", "global"} or None, default="window"
        Normalization of each series. "series": standardize by the mean and standard
        deviation of its rows in fit. "window": in addition, subtract the mean of each window
        and divide by its mean absolute deviation, undone in the forecast (reversible instance
        normalization; Kim et al., 2022). "last": as "series", and subtract the last value of
        each window (Zeng et al., 2023, doi:10.1609/aaai.v37i9.26317). "global": standardize
        over all series together. None: no normalization.

    differences : int, tuple of int, "auto" or None, default="auto"
        Lags of differencing. The network forecasts the difference from a naive
        continuation of the series: the last value for 1, the same hour of the previous day for
        24, the previous year with its trend for (1, 12) in monthly data. The lags sum to at
        most ``window_length``. "auto" takes exponential smoothing in place of a naive
        continuation: a weighted mean of rules, with and without seasons and a trend, whose weights
        for each series follow from the errors of its past forecasts; a linear map of the window
        is learned beside the network, and both start at zero.

    segment_length : int, "auto" or None, default="auto"
        Read and forecast this many steps as one: a window of 96 hours in segments of 24
        is four recurrent steps. Has to divide ``window_length`` (SegRNN; Lin et al., 2023,
        arXiv:2308.11200). "auto" is a season of four steps or more, if the window has more than
        64 steps and is a multiple of it.

    time_features : "auto", tuple of {"minute_of_hour", "hour_of_day", "day_of_week", "day_of_month", "day_of_year", "month_of_year", "quarter_of_year"} or float or None, default="auto"
        Calendar cycles whose sine and cosine are added to the known covariates: names
        of parts of a date, or periods in steps. "auto" takes, of day, week and year, those that are
        longer than a window and that the longest series has twice, if its times are dates or
        periods. None takes none.

    transform : {"auto", "log"} or None, default="auto"
        Transformation of y. "log" takes logarithms, for positive series. "auto" takes
        them, with ``differences="auto"``, for series whose past they forecast better, and
        forecasts no negative value of a series that has none. None does neither.

    channel_independent : bool, default=True
        Forecast each column of a multivariate series from its own past alone, with one
        network for all columns that receives the column as an input (Nie et al., 2023,
        arXiv:2211.14730). False forecasts each column from all of them.

    past_covariates : list of column names or None, default=None
        Columns of X that are known for the past only; ``predict`` may omit them. All
        other columns are taken as known in advance.

    static_covariates : list of column names or None, default=None
        Columns of X that are constant within a series.

    categorical_covariates : "from_dtype", list of column names or None, default="from_dtype"
        Columns of X that are categorical: the network reads a learned vector, an embedding,
        in place of each (Guo and Berkhahn, 2016, arXiv:1604.06737). "from_dtype" chooses those
        that hold texts or have a categorical dtype; None has none. A category that the fit did
        not have, or a missing one, is a vector of zeros.

    loss : {"mse", "mean_squared_error", "mae", "mean_absolute_error", "huber", "log_cosh", "quantile", "gaussian", "student_t"} or callable, default="mae"
        Loss to minimize, in normalized units. For point forecasts, the name of a
        regression loss, a Keras loss, or a callable from targets and forecasts (batch,
        n_values) to one loss per window. "quantile": pinball loss of all ``quantiles``.
        "gaussian", "student_t": negative log-likelihood of that density, whose parameters are
        forecast (Salinas et al., 2020, doi:10.1016/j.ijforecast.2019.07.001).

    quantiles : tuple of float, default=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
        Quantile levels for ``loss="quantile"``; the median is the point forecast, other
        levels are interpolated.

    calibration : float in (0, 1) or None, default=None
        Fraction of each series, at its end, that is held out to calibrate intervals and
        quantiles by the errors of forecasts at each step ahead (split-conformal; Romano,
        Patterson and Candes, 2019, arXiv:1905.03222). None uses quantiles and densities as
        learned, and measures the errors of point forecasts on the validation set of early
        stopping, and on windows before it if there are fewer than 100 series; without early
        stopping on the training windows, where they are too small if the network overfits. Hold
        out tens of windows: with fewer, the largest error bounds the intervals.

    update_epochs : int, default=3
        Epochs of ``update(update_params=True)`` over the windows with new targets, at a
        tenth of ``learning_rate``.

    optimizer : {"adam", "adamw", "sgd", "rmsprop", "nadam", "adamax", "adagrad", "adadelta", "lion", "lamb"} or keras.optimizers.Optimizer, default="adam"
        Optimizer: a name, or a Keras optimizer whose settings are used. Its learning
        rate has to be its default or ``learning_rate``.

    learning_rate : float in (0, inf), default=0.003
        Initial learning rate.

    learning_rate_schedule : "cosine", callable or None, default="cosine"
        Learning-rate schedule. "cosine" decays to zero over ``epochs`` and restarts at
        each fit; None keeps the learning rate constant; a Keras schedule, or any callable from
        the number of the training step to a learning rate, is used as given.

    global_clipnorm : float in (0, inf) or None, default=1.0
        Clip gradients to this global norm (Pascanu, Mikolov and Bengio, 2013,
        arXiv:1211.5063). None disables clipping.

    epochs : int or "auto", default="auto"
        Maximum number of passes over the training sequences. "auto" is 50 or, for large
        sets, as many as take 20,000 training steps. Regressors and classifiers train for 1,500
        steps or 15 epochs, whichever is more; labelers and anomaly detectors for 500 steps or
        15 epochs; forecasters for 500 steps or 10 epochs, and at most 10,000 steps. A batch
        larger than that of ``batch_size="auto"`` counts as several steps.

    batch_size : int, "auto" or None, default="auto"
        Sequences per training step. "auto" is 32; regressors, labelers and anomaly detectors
        use a tenth of the sequences, rounded up to a power of two from 4 to 64; classifiers a
        fifth, from 16 to 64, but TCN classifiers a tenth, from 4 to 64, and at most 4,096 time
        steps together; forecasters a tenth of the windows, from 32 to 256. None uses all of
        them.

    shuffle : bool, default=True
        Shuffle the training sequences at each epoch.

    early_stopping : bool or "auto", default="auto"
        Stop when the validation loss has not fallen for ``patience`` epochs, and
        restore the weights of the best epoch. "auto" is True with validation data passed to
        ``fit`` and, except for generators and translators, with 5,000 sequences or more, for
        forecasters with series of ten times or more; else False. Forecasters hold out at least
        the horizon.

    validation_fraction : float in (0, 1), default=0.1
        Fraction of the training data held out for validation.

    patience : int, default=10
        Epochs without a lower validation loss before training stops.

    callbacks : list of keras.callbacks.Callback or None, default=None
        Keras callbacks for ``fit`` and ``partial_fit``. With several networks they are
        called from the beginning to the end of the training of each, one after the other.

    n_networks : int, default=1
        Number of networks that are trained from different seeds, one after the other, and
        whose predictions are averaged (Lakshminarayanan, Pritzel and Blundell, 2017,
        arXiv:1612.01474): numbers, probabilities, anomaly scores, and forecasts and their
        quantiles in scaled units. The first is the network of ``n_networks=1``; each stops early
        by itself, on the same validation set. Fits and predictions take as many times as long.

    random_state : int, RandomState or None, default=None
        Seed of the initial weights, shuffling, dropout and the validation split. An
        integer, below 2**32, makes fits reproducible and does not touch global random state;
        None draws from numpy's global generator.

    checkpoint : str, path or None, default=None
        Folder in which ``fit`` saves the state of training after epochs, at most every
        second, so that after a crash the same call goes on from there, as if nothing had
        happened. A fit has a folder of its own inside, which is removed when it succeeds. It
        needs an integer ``random_state``, and no callbacks; ``partial_fit`` and ``update``
        save nothing. None saves nothing.

    verbose : int or bool, default=0
        Progress of the fit: 0 shows nothing; 1 a bar, in terminals and notebooks, with the
        losses of the last epoch; 2 prints a line per epoch, which suits log files.

    metrics : list of str or callable or None, default=None
        Scores after each epoch, in ``history_`` under their names: names of scikit-learn
        scorers, such as "r2", or callables (estimator, X, y) that return a number. They are
        those of the validation set, or of the training set if there is none, without sample
        weights; for a labeler, of all steps of its sequences, or of its chunks, one row each; for
        a forecaster, of the forecasts of all windows, one row for each value of y. Each epoch
        takes one more prediction.

    monitor : str, default="auto"
        Name of the metric that early stopping watches: training stops when it has not
        risen for ``patience`` epochs, and the weights of the epoch with the greatest are
        restored. "auto" is the validation loss, which has to fall.
    """

    _tags = {
        "authors": "the skrnn developers",
        "maintainers": "the skrnn developers",
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:missing_values": True,
        "capability:update": True,
        "capability:pretrain": True,
        "capability:random_state": True,
        "capability:categorical_in_X": True,
        "capability:non_contiguous_X": False,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
        "python_dependencies": "skrnn>=0.2",
        "tests:vm": True,
    }

    def __init__(
        self,
        *,
        units=32,
        n_layers=1,
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        layer_norm=False,
        conv_filters=None,
        conv_kernel_size=5,
        conv_strides=1,
        pooling="last",
        initial_state="zeros",
        window_length="auto",
        horizon=None,
        strategy="direct",
        normalization="window",
        differences="auto",
        segment_length="auto",
        time_features="auto",
        transform="auto",
        channel_independent=True,
        past_covariates=None,
        static_covariates=None,
        categorical_covariates="from_dtype",
        loss="mae",
        quantiles=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95),
        calibration=None,
        update_epochs=3,
        optimizer="adam",
        learning_rate=0.003,
        learning_rate_schedule="cosine",
        global_clipnorm=1.0,
        epochs="auto",
        batch_size="auto",
        shuffle=True,
        early_stopping="auto",
        validation_fraction=0.1,
        patience=10,
        callbacks=None,
        n_networks=1,
        random_state=None,
        checkpoint=None,
        verbose=0,
        metrics=None,
        monitor="auto",
    ):
        self.units = units
        self.n_layers = n_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.layer_norm = layer_norm
        self.conv_filters = conv_filters
        self.conv_kernel_size = conv_kernel_size
        self.conv_strides = conv_strides
        self.pooling = pooling
        self.initial_state = initial_state
        self.window_length = window_length
        self.horizon = horizon
        self.strategy = strategy
        self.normalization = normalization
        self.differences = differences
        self.segment_length = segment_length
        self.time_features = time_features
        self.transform = transform
        self.channel_independent = channel_independent
        self.past_covariates = past_covariates
        self.static_covariates = static_covariates
        self.categorical_covariates = categorical_covariates
        self.loss = loss
        self.quantiles = quantiles
        self.calibration = calibration
        self.update_epochs = update_epochs
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.global_clipnorm = global_clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.callbacks = callbacks
        self.n_networks = n_networks
        self.random_state = random_state
        self.checkpoint = checkpoint
        self.verbose = verbose
        self.metrics = metrics
        self.monitor = monitor
        super().__init__()

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Return testing parameter settings for the estimator.

        Parameters
        ----------
        parameter_set : str, default="default"
            Name of the set of test parameters to return.

        Returns
        -------
        params : dict or list of dict
            Parameters to create testing instances of the class.
        """
        return [
            {
                "epochs": 1,
                "window_length": 4,
                "random_state": 0,
                "units": 2,
            },
            {
                "epochs": 1,
                "window_length": 4,
                "random_state": 0,
                "units": 2,
                "strategy": "recursive",
                "loss": "quantile",
                "time_features": (7,),
                "channel_independent": True,
            },
            {
                "epochs": 1,
                "window_length": 4,
                "random_state": 0,
                "units": 2,
                "strategy": "seq2seq",
                "loss": "gaussian",
                "normalization": "series",
                "differences": 1,
                "calibration": 0.3,
            },
        ]
