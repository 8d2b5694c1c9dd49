"""
A search on a cluster
=====================

A grid search whose fits run on a Dask cluster. Here, the cluster is two processes of this machine;
with the address of a scheduler, it is as many machines as there are.
"""

# %%
# ``LocalCluster`` starts the workers, and ``Client`` connects to them. In a script, call them under
# ``if __name__ == "__main__":``, since the workers import the script.
import joblib
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster, get_task_stream
from sklearn.model_selection import GridSearchCV

from skrnn import GRUClassifier
from skrnn.datasets import load_digits_sequences

cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
client = Client(cluster)

# %%
# The search is scikit-learn's ``GridSearchCV``, on the digits of scikit-learn read row by row.
# ``joblib.parallel_config`` sends its fits, four settings in three folds, to the workers.
X, y = load_digits_sequences()
grid = {"learning_rate": [0.01, 0.03, 0.1, 0.3]}
model = GRUClassifier(units=16, epochs=20, bidirectional=False, conv_filters=None, random_state=0)
search = GridSearchCV(model, grid, cv=3)
with joblib.parallel_config("dask"), get_task_stream(client) as stream:
    search.fit(X[:300], y[:300])
print(search.best_params_, f"{search.best_score_:.3f}")
print(f"accuracy on the other digits: {search.score(X[300:], y[300:]):.3f}")

# %%
# The accuracy of each setting, and the fits on the workers. The first one of a worker is longer,
# since it imports Keras and compiles the network.
tasks = [task for task in stream.data if "batch" in str(task["key"]).lower()]
workers = sorted({task["worker"] for task in tasks})
start = min(part["start"] for task in tasks for part in task["startstops"])
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
left.semilogx(grid["learning_rate"], search.cv_results_["mean_test_score"], "o-")
left.set(title="Accuracy in three folds", xlabel="learning rate", ylabel="accuracy (1 is best)")
for task in tasks:
    for part in task["startstops"]:
        if part["action"] == "compute":
            span = part["start"] - start, part["stop"] - part["start"]
            right.broken_barh([span], (workers.index(task["worker"]) - 0.3, 0.6), edgecolor="w")
right.set_yticks(range(len(workers)), np.arange(1, len(workers) + 1))
right.set(title="Fits on the cluster", xlabel="time (s)", ylabel="worker")
plt.show()

# %%
client.close()
cluster.close()
