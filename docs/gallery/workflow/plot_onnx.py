"""
A model in ONNX Runtime
=======================

``to_onnx`` writes a fitted model as a file that ONNX Runtime executes without skrnn and Keras. A
``Stream`` writes one step, with the state of the network as inputs and outputs: the program that
runs it has a prediction after each observation. The sequences are days of ItalyPowerDemand, the
hourly demand for electricity; the question is whether a day is in summer or in winter.
"""

# %%
# A causal labeler learns the season at each hour from the hours so far.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from sktime.datasets import load_italy_power_demand

from skrnn import SequenceLabeler, Stream, networks

X_train, y_train = load_italy_power_demand(split="train", return_type="numpy3d")
X_test, y_test = load_italy_power_demand(split="test", return_type="numpy3d")
X_train, X_test = X_train.swapaxes(1, 2), X_test.swapaxes(1, 2)  # 24 hours, 1 feature
names = {"1": "October to March", "2": "April to September"}

model = SequenceLabeler(network=networks.GRU(units=32), causal=True, random_state=0)
model.fit(X_train, [np.repeat(names[label], 24) for label in y_train])

# %%
# The file of the whole model answers for whole days.
folder = Path(tempfile.mkdtemp())
model.to_onnx(folder / "model.onnx")
session = onnxruntime.InferenceSession(folder / "model.onnx")
given = {"X": X_test.astype("float32"), "lengths": np.full(len(X_test), 24, "int32")}
(label,) = session.run(["label"], given)
print(f"file of {(folder / 'model.onnx').stat().st_size / 1000:.0f} kB")
print(f"accuracy at the last hour {np.mean(label[:, -1] == [names[one] for one in y_test]):.3f}")
print(f"labels as those of predict: {np.mean(label == np.array(model.predict(X_test))):.0%}")

# %%
# The file of one step answers after each hour, here for 60 days at once. All states are zero at
# first, and ``reset`` says which of the days begin with this step.
Stream(model).to_onnx(folder / "step.onnx")
step = onnxruntime.InferenceSession(folder / "step.onnx")
days = X_test[:60].astype("float32")
states = {
    one.name: np.zeros((len(days), *one.shape[1:]), "float32") for one in step.get_inputs()[2:]
}
probabilities = []
for hour in range(24):
    reset = np.full(len(days), hour == 0)
    _, found, *after = step.run(None, {"x": days[:, hour], "reset": reset, **states})
    states = dict(zip(states, after, strict=True))
    probabilities.append(found[:, 0])
summer = np.array(probabilities)  # of the first of model.classes_

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), sharex=True, layout="constrained")
for season, color in zip(model.classes_, ("C1", "C0"), strict=True):
    chosen = [names[one] == season for one in y_test[:60]]
    left.plot(range(24), days[chosen, :, 0].T, color=color, lw=0.8, alpha=0.5)
    right.plot(range(24), summer[:, chosen], color=color, lw=0.8, alpha=0.5)
    right.plot([], [], color=color, label=season)
left.set(title="Demand of 60 days", xlabel="hour of the day", ylabel="standardized demand")
right.set(
    title=f"Probability of {model.classes_[0]} so far", xlabel="hour of the day", ylim=(-0.02, 1.02)
)
figure.legend(loc="outside lower center", ncols=2)
plt.show()
