"""The parameters that say how X is read."""

from __future__ import annotations

from skrnn._parameters import NONE, Parametrised, integers, one_of, parameter


class InputParameters(Parametrised):
    """How whoever reads sequences takes the axes of X."""

    n_channels: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="Features of each step in a 2-D X, whose rows hold flattened sequences; None is 1.",
    )
    layout: str = parameter(
        default="channels_last",
        domain=one_of("channels_last", "channels_first"),
        doc="""The order of the axes of a 3-D X, and of a flattened one: (n_steps, n_features),
        or (n_features, n_steps).""",
    )
