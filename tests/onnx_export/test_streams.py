"""One step of a stream as a file: a thousand steps are as those of the batch prediction."""

import numpy as np
import onnxruntime
import pytest

import skrnn
from skrnn import Stream, networks

N_STEPS = 1_000
RNG = np.random.default_rng(0)
SETTINGS = {"epochs": 2, "random_state": 0}
X = (RNG.normal(size=(12, 40, 2)) * [1, 20] + [0, 300]).astype("float32")
LONG = (RNG.normal(size=(3, N_STEPS, 2)) * [1, 20] + [0, 300]).astype("float32")
SUMS = [x[:, :1].cumsum(axis=0) for x in X]


def run(path, steps, resets=()):
    """Return the outputs of a file at each step of streams (n_streams, n_steps, n_features)."""
    session = onnxruntime.InferenceSession(path)
    inputs = session.get_inputs()
    names = [one.name for one in inputs[2:]]
    kinds = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64"}
    states = {
        one.name: np.zeros((len(steps), *one.shape[1:]), kinds[one.type]) for one in inputs[2:]
    }
    found = []
    for number in range(steps.shape[1]):
        begins = np.array([number == 0 or (row, number) in resets for row in range(len(steps))])
        given = {"x": steps[:, number], "reset": begins, **states}
        outputs = session.run(None, given)
        n_results = len(outputs) - len(names)
        states = dict(zip(names, outputs[n_results:], strict=True))
        found.append(outputs[:n_results])
    return [np.stack(part, axis=1) for part in zip(*found, strict=True)]


@pytest.mark.parametrize(
    "network",
    [
        networks.RNN(units=8),
        networks.LSTM(units=8, n_layers=2, layer_norm=True),
        networks.GRU(units=8, conv_filters=4, initial_state="learned"),
        networks.MinGRU(units=8),
        networks.SLSTM(units=8),
        networks.TCN(filters=6, n_blocks=4, layer_norm=True),
    ],
    ids=lambda network: type(network).__name__,
)
def test_a_thousand_steps_are_as_the_batch_prediction(network, tmp_path):
    model = skrnn.SequenceLabeler(network=network, causal=True, **SETTINGS).fit(X, SUMS)
    Stream(model).to_onnx(tmp_path / "step.onnx")
    (found,) = run(tmp_path / "step.onnx", LONG)
    expected = model.predict(LONG)
    assert np.abs(found - expected).max() < 1e-5 * np.std(SUMS)


def test_a_step_holds_the_codes_of_categories(tmp_path):
    codes = np.arange(40) % 3
    mixed = [np.column_stack([x, codes]) for x in X]
    y = [x[:, 0] + codes for x in X]
    settings = {"causal": True, "categorical_features": [2], **SETTINGS}
    model = skrnn.SequenceLabeler(network=networks.GRU(units=4), **settings).fit(mixed, y)
    Stream(model).to_onnx(tmp_path / "step.onnx")
    later = [
        np.column_stack([x, np.arange(40) % 4]) for x in X[:3]
    ]  # 3 is unknown, whose code is 0
    given = np.stack([np.column_stack([x, (np.arange(40) + 1) % 4]) for x in X[:3]])
    (found,) = run(tmp_path / "step.onnx", given.astype("float32"))
    assert np.abs(found - np.stack(model.predict(later))).max() < 1e-5 * np.std(y)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
def test_the_steps_so_far_are_pooled(pooling, tmp_path):
    classes = np.where(X[:, :, 0].mean(axis=1) > 0, "up", "down")
    parts = [x[: 20 + n] for n, x in enumerate(X)]
    model = skrnn.TCNClassifier(filters=4, pooling=pooling, n_networks=2, **SETTINGS)
    model.fit(parts, classes)
    Stream(model).to_onnx(tmp_path / "step.onnx")
    steps = LONG[:, :30]
    labels, probabilities = run(tmp_path / "step.onnx", steps)
    for n in (1, 2, 30):
        assert np.abs(probabilities[:, n - 1] - model.predict_proba(steps[:, :n])).max() < 1e-5
        assert (labels[:, n - 1] == model.predict(steps[:, :n])).all()


def test_missing_values_and_resets_are_as_in_a_stream(tmp_path):
    gaps = np.where(RNG.random(X.shape) < 0.5, np.nan, X).astype("float32")
    gaps[:, 0] = np.nan
    model = skrnn.GRURegressor(units=4, missing="mask", n_networks=2, **SETTINGS)
    model.fit([x[: 20 + n] for n, x in enumerate(gaps)], X[:, -1, 0])
    stream = Stream(model, 12)
    stream.to_onnx(tmp_path / "step.onnx")
    (found,) = run(tmp_path / "step.onnx", gaps, resets={(3, 20), (5, 21)})
    for number in range(40):
        if number in (20, 21):
            stream.reset([3] if number == 20 else [5])
        expected = stream.step(gaps[:, number])
        assert np.abs(found[:, number] - expected).max() < 1e-5 * X[:, -1, 0].std()


@pytest.mark.parametrize("settings", [{}, {"smoothing": 3, "memory": 7, "n_networks": 2}])
def test_the_steps_of_a_detector_are_scored(settings, tmp_path):
    model = skrnn.SequenceAnomalyDetector(network="gru", missing="mask", **settings, **SETTINGS)
    model.fit(X)
    Stream(model).to_onnx(tmp_path / "step.onnx")
    steps = np.where(RNG.random(LONG[:, :100].shape) < 0.2, np.nan, LONG[:, :100])
    (found,) = run(tmp_path / "step.onnx", steps.astype("float32"))
    assert np.abs(found - model.step_scores(steps)).max() < 1e-5


def test_what_stands_before_or_beside_a_network_runs_step_by_step(tmp_path):
    settings = {"linear_skip": True, "center_steps": True, **SETTINGS}
    model = skrnn.GRURegressor(units=4, **settings).fit(X, X[:, -1, 1])
    Stream(model).to_onnx(tmp_path / "step.onnx")
    (found,) = run(tmp_path / "step.onnx", X)
    assert np.abs(found[:, -1] - model.predict(X)).max() < 1e-5 * X[:, -1, 1].std()
    texts = RNG.integers(2, 9, size=(12, 15))
    model = skrnn.RNNClassifier(
        units=4, bidirectional=False, conv_filters=None, embedding_dim=3, **SETTINGS
    )
    model.fit(texts, texts[:, 0] > 5)
    Stream(model).to_onnx(tmp_path / "step.onnx")
    _, probabilities = run(tmp_path / "step.onnx", texts[:, :, None])
    assert np.abs(probabilities[:, -1] - model.predict_proba(texts)).max() < 1e-5


def test_a_generator_and_a_cell_of_ones_own_are_refused(tmp_path):
    generator = skrnn.SequenceGenerator(network="gru", **SETTINGS).fit(["abcabc", "bcabca"])
    with pytest.raises(ValueError, match="stream of a generator"):
        Stream(generator).to_onnx(tmp_path / "step.onnx")

    class Cell(skrnn.networks.cells.GRUCell):
        pass

    class Own(networks.GRU):
        cell = Cell

    model = skrnn.SequenceRegressor(network=Own(units=4), **SETTINGS).fit(X, X[:, -1, 0])
    with pytest.raises(ValueError, match=r"has the stage .*Cell, which to_onnx does not write"):
        Stream(model).to_onnx(tmp_path / "step.onnx")
    assert not list(tmp_path.iterdir())
