"""
Losses, scores and predictions of a fit
=======================================

``LossCurveDisplay`` plots the losses of a fit and the scores that ``metrics`` names;
``PredictionDisplay`` plots predictions over the targets.
"""

# %%
# The data are synthetic: a wave whose amplitude changes, with noise. The target of a window of 24
# steps is the step after it. The first 450 windows are for training, later ones for validation. The
# noise cannot be predicted, so that neither loss reaches zero.
import matplotlib.pyplot as plt
import numpy as np

from skrnn import GRURegressor, LossCurveDisplay, PredictionDisplay, make_windows

rng = np.random.default_rng(0)
steps = np.arange(600)
series = np.sin(steps / 5) * (1 + 0.5 * np.sin(steps / 40)) + rng.normal(scale=0.15, size=600)
X, y = make_windows(series, window_length=24)
X_train, y_train, X_val, y_val = X[:450], y[:450], X[474:], y[474:]

model = GRURegressor(
    epochs=30, linear_skip=False, metrics=["r2"], early_stopping=False, random_state=0
)
model.fit(X_train, y_train, X_val=X_val, y_val=y_val)

# %%
# The losses are mean squared errors of the standardized target, R2 is that of the validation set.
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
LossCurveDisplay.from_estimator(model, ax=left)
left.set(title="Losses", ylabel="mean squared error (standardized)")
LossCurveDisplay.from_estimator(model, names=["r2"], ax=right)
right.set(title="Score of the validation set", ylabel="R2 (1 is best)")
plt.show()

# %%
# The last hundred predictions of the validation set:
display = PredictionDisplay.from_estimator(model, X_val, y_val, n_last=100)
display.ax_.set(title="One step ahead", xlabel="step of the validation set", ylabel="value")
plt.show()
