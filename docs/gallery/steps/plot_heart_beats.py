"""
Heart beats under noise
=======================

The data are twenty seconds of an electrocardiogram (MIT-BIH arrhythmia database; Moody and Mark,
2001, doi:10.1109/51.932724), with noise added for this example. ``SequenceLabeler`` is trained on
the first twelve seconds and finds the beats in the last ones.
"""

# %%
# A step is labeled as a beat if it is within 25 ms of a peak of the clean signal. The network reads
# copies with noise and a wandering baseline.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sktime
from scipy.signal import find_peaks

from skrnn import SequenceLabeler

folder = Path(sktime.__file__).parent / "datasets" / "data" / "mitdb"
clean = pd.read_csv(folder / "mitdb.csv")["data"].to_numpy()[::3]  # 120 values per second
peaks, _ = find_peaks(clean, height=0.3, distance=36)
beats = (np.abs(np.arange(len(clean))[:, None] - peaks) <= 3).any(axis=1).astype(int)
rng = np.random.default_rng(0)


def with_noise():
    """Return the signal with newly drawn noise."""
    wandering = np.cumsum(rng.normal(size=len(clean))) * 0.02
    return (clean + 0.3 * rng.normal(size=len(clean)) + wandering)[:, None]


end, later = 1440, 1440 + 240  # twelve seconds for training, two for validation
copies = [with_noise() for _ in range(12)]
model = SequenceLabeler(chunk_length=240, epochs=30, random_state=0)
model.fit(
    [copy[:end] for copy in copies],
    [beats[:end]] * 12,
    X_val=[copy[end:later] for copy in copies],
    y_val=[beats[end:later]] * 12,
)

# %%
# The last seconds, with noise that was not in the training data:
noisy = with_noise()[later:]
probability = model.predict_proba([noisy])[0][:, 1]
events = model.events([noisy])
print(f"{len(events)} beats found, {np.sum(peaks >= later)} in the clean signal")

figure, axes = plt.subplots(3, 1, figsize=(10, 5.6), sharex=True, height_ratios=[2, 2, 1.3])
seconds = np.arange(later, len(clean)) / 120
axes[0].plot(seconds, noisy[:, 0], color="0.4", lw=0.9)
axes[0].set(title="Input of the network", ylabel="voltage (mV)")
axes[1].plot(seconds, clean[later:], color="black", lw=1)
axes[1].set(title="Clean signal and detected beats", ylabel="voltage (mV)")
for start, stop in events[["start", "end"]].to_numpy():
    axes[1].axvspan(seconds[start], seconds[stop - 1], color="C1", alpha=0.35, lw=0)
axes[2].plot(seconds, probability)
axes[2].set(ylabel="probability\nof a beat", xlabel="time (s)", ylim=(0, 1.05))
axes[2].set_xlim(seconds[0], seconds[-1])
plt.show()
