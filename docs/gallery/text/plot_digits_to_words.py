"""
Numbers in words, with attention weights
========================================

``SequenceTranslator`` learns to write numbers in words: "1305" becomes "one thousand three hundred
five". The attention weights show which digits each word depends on.
"""

# %%
# The translator is trained on 3,000 of the numbers below 10,000, drawn at random.
import matplotlib.pyplot as plt
import numpy as np

from skrnn import SequenceTranslator, networks

ONES = [
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def in_words(number):
    """Return a number from 1 to 9999 in words."""
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    words = [f"{ONES[thousands]} thousand"] if thousands else []
    words += [f"{ONES[hundreds]} hundred"] if hundreds else []
    words += [ONES[rest]] if rest < 20 else [TENS[rest // 10], ONES[rest % 10]]
    return " ".join(word for word in words if word)


numbers = np.random.default_rng(0).permutation(np.arange(1, 10_000))
train, test = numbers[:3000], numbers[5000:5500]
model = SequenceTranslator(
    target_type="words", network=networks.GRU(units=64), epochs=12, batch_size=64, random_state=0
)
model.fit([str(number) for number in train], [in_words(number) for number in train])
said = model.predict([str(number) for number in test])
right = np.mean([words == in_words(number) for words, number in zip(said, test, strict=True)])
print(f"{right:.1%} of {len(test)} test numbers are correct")

# %%
shown = ["9472", "1305", "618"]
figure, axes = plt.subplots(1, 3, figsize=(10, 4.2), width_ratios=[len(text) for text in shown])
for axis, number in zip(axes, shown, strict=True):
    weights = model.attention_weights([number])[0]
    words = [*model.predict([number])[0].split(), "(end)"]
    picture = axis.imshow(weights, vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(number)), number, fontsize=14)
    axis.set_yticks(range(len(words)), words)
    axis.xaxis.tick_top()
    axis.grid(visible=False)
figure.supylabel("word")
figure.suptitle("Digit", fontsize=11)
figure.colorbar(picture, ax=axes, label="attention weight")
plt.show()

# %%
# The encoder reads the digits in both directions, so the state at one digit also depends on its
# neighbors: attention weights are a hint, not a proof, of what a word depends on.
