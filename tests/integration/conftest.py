"""The tests here import libraries that others do without, and run with ``-m integration`` alone."""


def pytest_ignore_collect(config):
    """Leave out the folder in all other runs."""
    return None if config.getoption("markexpr") == "integration" else True
