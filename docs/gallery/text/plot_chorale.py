"""
Music: continuing a chorale
===========================

The training data are synthetic four-part progressions, made of eight cadences in twelve keys, as
piano rolls: one column for each key of the piano, one row for each step. ``SequenceGenerator``
learns which chord follows, and continues a given beginning.
"""

# %%
# A cadence is a list of scale degrees; each chord has a bass and three upper voices.
import matplotlib.pyplot as plt
import numpy as np

from skrnn import SequenceGenerator, networks

SCALE = np.array([0, 2, 4, 5, 7, 9, 11])
CADENCES = [
    [1, 4, 5, 1], [1, 6, 4, 5], [1, 2, 5, 1], [6, 4, 5, 1],
    [1, 5, 6, 4], [4, 2, 5, 1], [1, 3, 4, 5], [6, 2, 5, 1],
]  # fmt: skip
LOWEST, N_KEYS = 36, 48
rng = np.random.default_rng(0)


def chorale(n_cadences=6):
    """Return a piano roll, two steps for each chord."""
    key = rng.integers(0, 12)
    roll = np.zeros((8 * n_cadences, N_KEYS), dtype=int)
    for number in range(n_cadences):
        degrees = CADENCES[0 if number == n_cadences - 1 else rng.integers(len(CADENCES))]
        for place, degree in enumerate(degrees):
            steps = slice(8 * number + 2 * place, 8 * number + 2 * place + 2)
            notes = SCALE[(np.array([0, 2, 4]) + degree - 1) % 7] + key
            roll[steps, notes[0] % 12] = 1  # bass
            roll[steps, 24 + notes % 12] = 1
    return roll


songs = [chorale() for _ in range(150)]
model = SequenceGenerator(
    network=networks.GRU(units=128), epochs=100, batch_size=8, random_state=0
).fit(songs[:120])
print(f"log-likelihood per step of test chorales: {model.score(songs[120:]):.2f} nats")

# %%
# The model is not told which notes belong to a key or a chord. It continues two measures:
beginning = songs[120][:16]
continued = model.generate(48, prompt=beginning, temperature=0.5, random_state=1)

figure, axis = plt.subplots(figsize=(10, 4))
whole = np.concatenate([beginning, continued])
steps, keys = np.nonzero(whole)
names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
for part, color, label in [(steps < 16, "0.4", "given"), (steps >= 16, "C0", "generated")]:
    axis.broken_barh([], (0, 0), color=color, label=label)
    axis.barh(keys[part], 0.94, left=steps[part], height=0.9, color=color)
axis.set(title="A chorale and its continuation", xlabel="step", ylabel="key", xlim=(0, len(whole)))
shown = range(0, N_KEYS, 4)
axis.set_yticks(shown, [f"{names[key % 12]}{key // 12 + 2}" for key in shown])
figure.legend(loc="outside upper right", ncols=2)
plt.show()

# %%
# The keys of a step are drawn independently of each other, so some chords lack a note:
triads = {tuple(np.flatnonzero(step)) for song in songs for step in song}
known = np.mean([tuple(np.flatnonzero(step)) in triads for step in continued])
print(f"{known:.0%} of the generated chords occur in the training data")
