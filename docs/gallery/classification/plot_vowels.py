"""
Speakers from vowels of different lengths
=========================================

Nine men say the vowels /ae/; each utterance has 7 to 29 steps of twelve coefficients
(JapaneseVowels; Kudo, Toyama and Shimbo, 1999). Sequences of different lengths are passed as a list
of arrays.
"""

# %%
# The first coefficients of utterances of three speakers:
import matplotlib.pyplot as plt
import numpy as np

from skrnn import GRUClassifier, Stream
from skrnn.datasets import load_japanese_vowels

X_train, y_train = load_japanese_vowels(split="train")
X_test, y_test = load_japanese_vowels(split="test")

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), sharex=True, sharey=True)
for axis, speaker in zip(axes, "159", strict=True):
    for number in np.flatnonzero(y_train == speaker)[:12]:
        sequence = X_train[number]
        axis.plot(np.arange(len(sequence)) * 6.4, sequence[:, 0], color="C0", alpha=0.5, lw=1.2)
    axis.set(title=f"speaker {speaker}", xlabel="time (ms)")
axes[0].set_ylabel("first coefficient")
plt.show()

# %%
# A network that reads only forward can be streamed: it predicts after each step of an utterance.
model = GRUClassifier(bidirectional=False, conv_filters=None, random_state=0).fit(X_train, y_train)
print(f"accuracy on {len(X_test)} test utterances: {model.score(X_test, y_test):.3f}")

stream = Stream(model, method="predict_proba")
probabilities = []
for sequence in X_test:
    stream.reset()
    probabilities.append([stream.step(step) for step in sequence])

# %%
# The accuracy after each step, over the utterances that have at least that many steps:
steps = np.arange(1, 21)
correct = [
    np.mean(
        [
            model.classes_[np.argmax(rows[step - 1])] == speaker
            for rows, speaker in zip(probabilities, y_test, strict=True)
            if len(rows) >= step
        ]
    )
    for step in steps
]
figure, axis = plt.subplots()
axis.plot(steps * 6.4, correct, "o-")
axis.axhline(1 / 9, color="0.5", ls="--", label="guessing")
axis.set(
    title="Accuracy during the utterance", xlabel="time since the beginning (ms)", ylabel="accuracy"
)
axis.set_ylim(0, 1.02)
axis.legend(loc="lower right")
plt.show()
