"""
Migration from darts and neuralforecast
=======================================

The same forecast in three libraries: the code for darts and neuralforecast is only shown, that for
skrnn is run. The series are the monthly means of carbon dioxide on Mauna Loa (statsmodels).
"""

# %%
# In darts
# --------
# ::
#
#     from darts import TimeSeries
#     from darts.dataprocessing.transformers import Scaler
#     from darts.models import BlockRNNModel
#     from darts.utils.likelihood_models import QuantileRegression
#
#     series, scaler = TimeSeries.from_series(y_train), Scaler()
#     model = BlockRNNModel(
#         model="GRU", input_chunk_length=60, output_chunk_length=24, hidden_dim=32,
#         n_epochs=50, likelihood=QuantileRegression([0.05, 0.5, 0.95]), random_state=0,
#     )
#     model.fit(scaler.fit_transform(series))
#     forecast = scaler.inverse_transform(model.predict(24, num_samples=200))
#
# In neuralforecast
# -----------------
# ::
#
#     from neuralforecast import NeuralForecast
#     from neuralforecast.losses.pytorch import MQLoss
#     from neuralforecast.models import GRU
#
#     long = y_train.rename_axis("ds").reset_index(name="y").assign(unique_id="co2")
#     model = GRU(h=24, input_size=60, loss=MQLoss(level=[90]), max_steps=500, scaler_type="robust")
#     forecast = NeuralForecast([model], freq="MS").fit(long) or model.predict()
#
# In skrnn
# --------
# ====================================  ====================  =====================
# skrnn                                 darts                 neuralforecast
# ====================================  ====================  =====================
# ``window_length``                     input_chunk_length    input_size
# ``horizon``, or ``fh`` of ``fit``     output_chunk_length   h
# ``epochs``                            n_epochs              max_steps
# ``loss="quantile"``                   likelihood            loss=MQLoss(...)
# ``normalization``                     Scaler                scaler_type
# ``X``                                 future_covariates     futr_exog_list
# ``past_covariates``                   past_covariates       hist_exog_list
# ``static_covariates``                 static covariates     stat_exog_list
# ``backtest``                          historical_forecasts  cross_validation
# ====================================  ====================  =====================
import matplotlib.pyplot as plt
from statsmodels.datasets import co2

from skrnn import ForecastDisplay, GRUForecaster

y = co2.load_pandas().data["co2"].resample("MS").mean().interpolate().to_period("M")
y_train, y_test = y[:-24], y[-24:]
model = GRUForecaster(random_state=0).fit(y_train, fh=range(1, 25))
display = ForecastDisplay.from_forecaster(model, y_train[-96:], y_test=y_test)
display.ax_.set(title="Carbon dioxide, two years ahead", xlabel="", ylabel="CO2 (ppm)")
display.ax_.legend(loc="upper left")
plt.show()

# %%
print(f"mean absolute error {(model.predict() - y_test).abs().mean():.2f} ppm")
