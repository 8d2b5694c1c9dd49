"""Write sktime_record.py beside this file: a forecaster in the registry of sktime.

Run ``python docs/community/write_sktime_record.py`` after a change of the forecaster's parameters.
"""

import inspect
import textwrap
from pathlib import Path

import skrnn
from skrnn.forecasting.base import BaseSequenceForecaster

RECORD = Path(__file__).with_name("sktime_record.py")
FORECASTER = skrnn.GRUForecaster

TEMPLATE = '''# copyright: sktime developers, BSD-3-Clause License (see LICENSE file)
"""Interface to the forecasters of skrnn."""

from sktime.forecasting.base import BaseForecaster
from sktime.utils.dependencies import _placeholder_record


@_placeholder_record("skrnn", dependencies="skrnn>=0.2")
class {name}(BaseForecaster):
    """{doc}
    """

    _tags = {{
{tags}
    }}

    def __init__(
        self,
        *,
{parameters}
    ):
{assignments}
        super().__init__()

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Return testing parameter settings for the estimator.

        Parameters
        ----------
        parameter_set : str, default="default"
            Name of the set of test parameters to return.

        Returns
        -------
        params : dict or list of dict
            Parameters to create testing instances of the class.
        """
        return [
{settings}
        ]
'''


def record():
    """Return the record: documentation, tags, parameters and test settings of the forecaster."""
    parameters = inspect.signature(FORECASTER).parameters.values()
    tags = BaseSequenceForecaster._tags | {"python_dependencies": "skrnn>=0.2", "tests:vm": True}
    text = inspect.getdoc(FORECASTER).partition("\nAttributes\n")[0].rstrip()
    return TEMPLATE.format(
        name=FORECASTER.__name__,
        doc=textwrap.indent(text, "    ").lstrip(),
        tags=items(tags, 8),
        parameters="\n".join(f"        {p.name}={literal(p.default)}," for p in parameters),
        assignments="\n".join(f"        self.{p.name} = {p.name}" for p in parameters),
        settings="\n".join(
            f"            {{\n{items(settings, 16)}\n            }},"
            for settings in FORECASTER.get_test_params()
        ),
    )


def items(pairs, indent):
    """Return the lines of the items of a dict."""
    lines = (f"{literal(key)}: {literal(value)}," for key, value in pairs.items())
    return textwrap.indent("\n".join(lines), " " * indent)


def literal(value):
    """Return a value as Python code with double quotes."""
    return repr(value).replace("'", '"')


if __name__ == "__main__":
    RECORD.write_text(record(), encoding="utf-8")
