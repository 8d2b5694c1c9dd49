"""FastAPI (https://fastapi.tiangolo.com): services that answer requests of many threads by a stream
for each sensor, or from an ONNX file."""

import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import skrnn
from tests.saved.files import HERE
from tests.saved_models import growth

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of FastAPI's own

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
N_SENSORS, N_EACH = 8, 125


@pytest.fixture(scope="module")
def model():
    import skops.io

    return skops.io.load(HERE / "pipeline.skops", trusted=skrnn.trusted_types())


@pytest.fixture(scope="module")
def client(model):
    from fastapi.testclient import TestClient

    with TestClient(
        runpy.run_path(str(EXAMPLES / "stream_service.py"))["make_app"](model)
    ) as client:
        yield client


def rows_of(sensor):
    """Return rows that follow the fitted ones, with other values for each sensor."""
    fitted = growth()[0]
    times = fitted.index[-20] + np.arange(N_EACH) * fitted.index.freq
    values = np.random.default_rng(sensor).normal(scale=0.1, size=N_EACH)
    return fitted[:0].reindex(times).assign(growth=values)


def test_a_thousand_requests_of_eight_threads_are_answered_as_predict_does(model, client):
    def send(sensor):
        answers = []
        for time, value in rows_of(sensor)["growth"].items():
            observation = {"time": time.isoformat(), "values": {"growth": value}}
            answer = client.post(f"/sensors/{sensor}", json=observation)
            assert answer.status_code == 200, answer.text
            answers.append(answer.json()["prediction"])
        return answers

    with ThreadPoolExecutor(N_SENSORS) as threads:
        answers = list(threads.map(send, range(N_SENSORS)))
    assert sum(map(len, answers)) == 1000
    for sensor, found in enumerate(answers):
        np.testing.assert_allclose(found, model.predict(rows_of(sensor)), atol=1e-5)


def test_a_step_that_is_refused_is_an_answer_with_its_reason(client):
    observation = {"time": "1990-01-01T00:00:00", "values": {"level": 1.0}}
    answer = client.post("/sensors/other", json=observation)
    assert answer.status_code == 422
    assert "'growth'" in answer.json()["detail"]


def make_onnx_client(model, folder):
    from fastapi.testclient import TestClient

    model.to_onnx(folder / "model.onnx")
    app = runpy.run_path(str(EXAMPLES / "onnx_service.py"))["make_app"](folder / "model.onnx")
    return TestClient(app)


@pytest.fixture(scope="module")
def ragged():
    generator = np.random.default_rng(0)
    lengths = generator.integers(3, 15, size=N_SENSORS * N_EACH)
    return [generator.normal(size=(n, 2)).astype(np.float32) for n in lengths]


def test_an_onnx_file_answers_a_thousand_requests_of_eight_threads_as_predict_does(
    ragged, tmp_path
):
    gaps = [np.where(one > 2, np.nan, one) for one in ragged]
    y = ["up" if one[-1, 0] > 0 else "down" for one in ragged[:100]]
    model = skrnn.GRUClassifier(units=4, epochs=2, missing="mask", random_state=0)
    model.fit(gaps[:100], y)

    def ask(sequence):
        steps = [[None if np.isnan(v) else float(v) for v in step] for step in sequence]
        answer = client.post("/predictions", json={"sequences": [steps]})
        assert answer.status_code == 200, answer.text
        return answer.json()

    with make_onnx_client(model, tmp_path) as client, ThreadPoolExecutor(N_SENSORS) as threads:
        answers = list(threads.map(ask, gaps))
    assert [answer["label"][0] for answer in answers] == model.predict(gaps).tolist()
    found = [answer["probabilities"][0] for answer in answers]
    np.testing.assert_allclose(found, model.predict_proba(gaps), atol=1e-5)


def test_requests_that_the_model_cannot_answer_are_refused_with_the_reason(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 6, 2))
    model = skrnn.TCNRegressor(filters=2, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    with make_onnx_client(model, tmp_path) as client:
        answer = client.post("/predictions", json={"sequences": X[:3].tolist()})
        np.testing.assert_allclose(answer.json()["prediction"], model.predict(X[:3]), atol=1e-5)
        for sequences, reason in [
            ([], "at least one sequence"),
            ([[]], "at least one step"),
            ([[[1.0]] * 6], "each step of a sequence 2 values"),
            ([[[1.0, 2.0], [1.0]]], "inhomogeneous|2 values"),
        ]:
            answer = client.post("/predictions", json={"sequences": sequences})
            assert answer.status_code == 422
            assert any(part in answer.json()["detail"] for part in reason.split("|"))
