"""
Anomalies in web traffic
========================

A synthetic series of the Yahoo S5 benchmark: a thousand hours of web traffic with a trend, seasons
and seven labeled anomalies. The detector is trained on the first 400 hours, which have none, and
then scores each hour as it arrives.
"""

# %%
# Because of the trend, the values leave the range of the training data, so the detector reads the
# changes from hour to hour instead.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sktime

from skrnn import SequenceAnomalyDetector, Stream

folder = Path(sktime.__file__).parent / "datasets" / "data" / "yahoo"
table = pd.read_csv(folder / "yahoo.csv")
values, marked = table["data"].to_numpy(), np.flatnonzero(table["label"])
changes = np.diff(values, prepend=values[0])[:, None]

detector = SequenceAnomalyDetector(chunk_length=50, epochs=60, random_state=0)
detector.fit([changes[:400]])
stream = Stream(detector)
scores = np.array([stream.step(change) for change in changes])
alarms = np.flatnonzero(scores[400:] > 1.5 * detector.threshold_) + 400
print("hours of an anomaly:", marked)
print("hours of an alarm:", alarms)

# %%
# An unusual value causes two unusual changes, so most anomalies raise an alarm for two hours.
figure, (upper, lower) = plt.subplots(2, 1, figsize=(10, 5), sharex=True)
upper.plot(values, color="black", lw=0.9)
upper.plot(marked, values[marked], "o", ms=9, mfc="none", mec="C1", mew=2, label="labeled anomaly")
upper.set(title="Web traffic", ylabel="requests (scaled)")
upper.legend(loc="upper left")
lower.plot(scores, lw=1)
lower.axhline(1.5 * detector.threshold_, color="C1", ls="--", label="1.5 times the threshold")
lower.axvspan(0, 400, color="0.87", lw=0, label="training data")
lower.set(title="Score of each hour", xlabel="hour", ylabel="standard deviations", yscale="log")
lower.set(ylim=(0.1, None), xlim=(0, 1000))
lower.legend(loc="upper left")
plt.show()
