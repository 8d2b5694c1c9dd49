"""The common style of the examples of docs/gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

STYLE = Path(__file__).resolve().parents[1] / "figures" / "skrnn.mplstyle"


def use_style(gallery_conf: dict[str, Any], fname: str | Path) -> None:
    """Let an example draw in the style of the gallery."""
    plt.style.use(STYLE)
