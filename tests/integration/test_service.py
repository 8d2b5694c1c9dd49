"""FastAPI (https://fastapi.tiangolo.com): a service that answers requests of many threads by a
stream for each sensor."""

import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import skrnn
from tests.saved.files import HERE
from tests.saved_models import growth

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of FastAPI's own

SERVICE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "stream_service.py"
N_SENSORS, N_EACH = 8, 125


@pytest.fixture(scope="module")
def model():
    import skops.io

    return skops.io.load(HERE / "pipeline.skops", trusted=skrnn.trusted_types())


@pytest.fixture(scope="module")
def client(model):
    from fastapi.testclient import TestClient

    with TestClient(runpy.run_path(str(SERVICE))["make_app"](model)) as client:
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
