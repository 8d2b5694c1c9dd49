"""Style of all figures: of the documentation, of its gallery and of the benchmarks.

Color-blind readers can tell the colors apart (Okabe and Ito, 2008). The background is white in
dark mode, too, so that figures look the same everywhere.
"""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt

STYLE = Path(__file__).with_name("skrnn.mplstyle")

#: The colors of the style, in its order.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (f"C{number}" for number in range(7))
#: Shaded backgrounds, such as training data.
SHADE = "#DDDDDD"


def subplots(*shape, **options):
    """Return a figure to be saved to a file, and its axes, in the common style."""
    matplotlib.use("Agg")
    plt.style.use(STYLE)
    return plt.subplots(*shape, **options)
