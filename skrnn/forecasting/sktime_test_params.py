"""Parameter settings of forecasters for sktime's test suite."""

from __future__ import annotations

from typing import Any

_QUICK = {"epochs": 1, "window_length": 4, "random_state": 0}

#: Parameter settings that cover the code paths.
_TRIED: tuple[dict[str, Any], ...] = (
    {},
    {
        "strategy": "recursive",
        "loss": "quantile",
        "time_features": (7,),
        "channel_independent": True,
    },
    {
        "strategy": "seq2seq",
        "loss": "gaussian",
        "normalization": "series",
        "differences": 1,
        "calibration": 0.3,
    },
)


def settings_to_try(small: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the settings with parameters of a ``small`` network."""
    return [{**_QUICK, **small, **settings} for settings in _TRIED]
