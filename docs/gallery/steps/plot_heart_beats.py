"""
Heart beats under noise
=======================

Twenty seconds of an electrocardiogram (MIT-BIH arrhythmia database; Moody and Mark, 2001,
doi:10.1109/51.932724), with noise added for this example. ``SequenceLabeler`` learns from the first
twelve seconds where the beats are, and finds them in the rest.
"""

# %%
# The labels are the peaks of the clean signal, 25 ms before and after. The network sees copies with
# noise and a wandering base line.
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
    """Return the signal with noise of another draw."""
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
# The last seconds, with noise that the network has not seen:
noisy = with_noise()[later:]
probability = model.predict_proba([noisy])[0][:, 1]
events = model.events([noisy])
print(f"{len(events)} beats found, {np.sum(peaks >= later)} in the clean signal")

figure, axes = plt.subplots(3, 1, figsize=(10, 5.6), sharex=True, height_ratios=[2, 2, 1.3])
seconds = np.arange(later, len(clean)) / 120
axes[0].plot(seconds, noisy[:, 0], color="0.4", lw=0.9)
axes[0].set(title="What the network sees", ylabel="voltage (mV)")
axes[1].plot(seconds, clean[later:], color="black", lw=1)
axes[1].set(title="The clean signal, and the beats found", ylabel="voltage (mV)")
for start, stop in events[["start", "end"]].to_numpy():
    axes[1].axvspan(seconds[start], seconds[stop - 1], color="C1", alpha=0.35, lw=0)
axes[2].plot(seconds, probability)
axes[2].set(ylabel="probability\nof a beat", xlabel="time (s)", ylim=(0, 1.05))
axes[2].set_xlim(seconds[0], seconds[-1])
plt.show()
