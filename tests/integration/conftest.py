"""The tests here import libraries that others do without, and run with ``-m integration`` alone.

Those of Spark, which needs Java, run with ``-m spark`` alone.
"""


def pytest_ignore_collect(collection_path, config):
    """Leave out the folder in all other runs."""
    needed = "spark" if collection_path.name == "test_spark.py" else "integration"
    if collection_path.is_dir():
        return None if config.getoption("markexpr") in ("integration", "spark") else True
    return None if config.getoption("markexpr") == needed else True
