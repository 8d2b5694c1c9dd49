"""
Migration from skorch
=====================

skorch wraps a PyTorch module that you write, whereas skrnn provides the networks, pads sequences
and scales them. This example shows the same classifier in both, with a table of corresponding
arguments. The skorch code is only shown, the skrnn code is run.
"""

# %%
# In skorch
# ---------
# ::
#
#     import torch
#     from skorch import NeuralNetClassifier
#
#     class Network(torch.nn.Module):
#         def __init__(self, n_features, n_classes, units=32):
#             super().__init__()
#             self.gru = torch.nn.GRU(n_features, units, batch_first=True)
#             self.out = torch.nn.Linear(units, n_classes)
#
#         def forward(self, X):
#             return self.out(self.gru(X)[0][:, -1])
#
#     net = NeuralNetClassifier(
#         Network, module__n_features=8, module__n_classes=10, module__units=32,
#         criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.Adam,
#         lr=0.005, max_epochs=30, batch_size=32,
#     )
#     net.fit(X_train.astype("float32"), y_train)
#
# In skrnn
# --------
# ================================  ===========================================
# skorch                            skrnn
# ================================  ===========================================
# a module, ``module__units=32``    ``GRUClassifier(units=32)``
# ``lr``, ``max_epochs``            ``learning_rate``, ``epochs``
# ``optimizer=torch.optim.Adam``    ``optimizer="adam"`` or a Keras optimizer
# ``criterion``                     ``loss``
# ``train_split``                   ``early_stopping``, ``validation_fraction``
# ``callbacks`` of skorch           ``callbacks`` of Keras
# ``iterator_train__shuffle``       ``shuffle``
# ``device="cuda"``                 the device of the backend
# ``warm_start``, ``partial_fit``   the same
# float32, labels 0, 1, ...         any numbers, any labels
# ================================  ===========================================
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import cross_val_predict

from skrnn import GRUClassifier
from skrnn.datasets import load_digits_sequences

X, y = load_digits_sequences()
model = GRUClassifier(
    units=32,
    bidirectional=False,
    conv_filters=None,
    pooling="last",
    learning_rate=0.005,
    epochs=30,
    batch_size=32,
    random_state=0,
)
predicted = cross_val_predict(model, X, y, cv=3)
print(f"accuracy in three folds {(predicted == y).mean():.3f}")

# %%
figure, axis = plt.subplots(figsize=(5.5, 5))
ConfusionMatrixDisplay.from_predictions(y, predicted, ax=axis, cmap="Blues", colorbar=False)
axis.set(title="Digits, read row by row", xlabel="predicted", ylabel="digit")
axis.grid(visible=False)
plt.show()
