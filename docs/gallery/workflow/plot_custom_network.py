"""
A custom network
================

A network is a class with declared parameters that builds Keras layers. It works like the networks
of the package, and a search can set its parameters. This example is a layer of parallel
convolutions of several widths, as in InceptionTime (Ismail Fawaz et al., 2020,
doi:10.1007/s10618-020-00710-y).
"""

# %%
# ``encode`` takes padded sequences and their lengths, and returns one vector per sequence.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV
from sktime.datasets import load_gunpoint

from skrnn import SequenceClassifier, networks
from skrnn.parameters import Parametrized, integers, parameter, tuples_of


class ParallelConvParameters(Parametrized):
    """Parameters of parallel convolutions."""

    filters: int = parameter(default=16, domain=integers(1), doc="Filters of each width.")
    widths: tuple[int, ...] = parameter(
        default=(5, 11, 21), domain=tuples_of(integers(1)), doc="Steps seen at once."
    )
    pooling: str = networks.POOLING


class ParallelConv(ParallelConvParameters, networks.Network):
    """Convolutions of several widths, side by side.

    Parameters
    ----------
    {parameters}
    """

    def encode(self, inputs, lengths):
        """Return the pooled outputs of all convolutions."""
        layers = networks.layers
        parallel = [
            layers.Conv1D(self.filters, width, padding="causal", activation="relu")(inputs)
            for width in self.widths
        ]
        sequence = layers.Concatenate()(parallel) if len(parallel) > 1 else parallel[0]
        return layers.pool(self.pooling, sequence, lengths)


# %%
# The data are the height of a hand that draws a gun or only points with a finger (GunPoint, UCR
# archive), with 50 training recordings.
def recordings(split):
    """Return the recordings of a split, (n_recordings, 150, 1), and their labels."""
    X, y = load_gunpoint(split=split, return_type="numpy3d")
    return np.swapaxes(X, 1, 2), np.where(y == "1", "gun", "finger")


X_train, y_train = recordings("train")
X_test, y_test = recordings("test")
network = ParallelConv(pooling="max")
search = GridSearchCV(
    SequenceClassifier(network=network, epochs=100, random_state=0),
    {"network__widths": [(3,), (11,), (31,), (3, 11, 31)]},
    cv=5,
)
search.fit(X_train, y_train)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[1.3, 1])
for kind, color in {"gun": "C0", "finger": "C1"}.items():
    lines = left.plot(X_train[y_train == kind][:12, :, 0].T, color=color, alpha=0.6, lw=1)
    lines[0].set_label(kind)
left.set(title="A hand that draws or points", xlabel="step", ylabel="height (standardized)")
left.legend()
widths = [", ".join(map(str, one)) for one in search.cv_results_["param_network__widths"]]
right.barh(widths, search.cv_results_["mean_test_score"])
right.set(title="Accuracy in five folds", xlabel="accuracy", ylabel="widths", xlim=(0, 1))
right.grid(visible=False, axis="y")
plt.show()

# %%
print(search.best_params_)
print(f"accuracy on {len(X_test)} test recordings: {search.score(X_test, y_test):.3f}")
