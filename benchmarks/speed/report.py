"""The page and the figure of speed.py, from its records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common import page, table, write_page
from records import Measured, Record, cases, is_ours
from rows import BASE, DEFAULT, LIMIT, ONE, ROWS
from summaries import CURVES, curve, fastest, slope, summaries

#: What a row's numbers do and do not count.
EXPLANATIONS = {
    "search": "`GridSearchCV` over two learning rates, dropouts and sizes of a GRU, three folds "
    "and the refit: 160 sequences of 24 steps and 3 features, 30 epochs in batches of 32. Each "
    "library is wrapped in a small scikit-learn estimator, as its users would write it. All have "
    "run one search before in the same process.",
    "search_fresh": "The same search in a new Python process, from start to end, with all imports "
    "and compilation. Keras on JAX and TensorFlow is omitted because it takes minutes.",
    "epoch": "Windows of 120 rows and 14 features in batches of 256, Adam, clipped gradients. "
    "skrnn and Keras: a complete `fit` of one epoch with a compiled model, preparation included. "
    "PyTorch: a loop over a tensor of windows. darts and neuralforecast: between the first and "
    "the last batch only. neuralforecast forecasts one hour ahead, the others 24. The matrix "
    "products are those of the forward and backward passes, without any other computation. The "
    "ridge regression of `linear_skip`, once in a fit, is not included.",
    "tcn": "Five residual blocks of two convolutions, 32 filters, kernel 3, dilations 1 to 16; "
    "only the output at the last step is used. neuralforecast has ten convolutions and no "
    "residuals, darts a loss over all steps and one filter in its last convolution.",
    "predict_one": "A window of 120 x 14, GRU 32, median of 200 calls; Keras with the fastest of "
    "`predict`, `predict_on_batch` and a call of the model. No network has a linear skip "
    "connection.",
    "predict_many": "An array of 100,000 windows of 120 x 14, GRU 32; the other libraries with the "
    "faster of two batch sizes. No network has a linear skip connection.",
    "start": "The first fit is one of two epochs of a GRU 16 on 160 sequences.",
    "curves": "GRU 32 in batches of 256 windows of 120 steps, with one of the three varied.",
    "memory": "The median slope between any two fits after the tenth, times the number of fits.",
    "jobs": "The search of skrnn with 300 epochs; every process has one device and one thread.",
    "gpu": "PyTorch is torch.nn, with cuDNN.",
}


def section(key: str, records: list[Record]) -> str:
    """Return the part of the page that shows a row."""
    row = ROWS[key]
    parts = [f"## {row.title}", EXPLANATIONS[key]]
    measured = cases(records, key)
    if key == "curves":
        parts += curve_tables(records)
    elif all(record.value is None for record in records if record.row == key):
        notes = dict.fromkeys(record.note for record in records if record.row == key)
        parts += ["Not measured: " + "; ".join(notes) + "."]
    else:
        for case, of_case in measured.items():
            parts += [f"### {case}", case_table(of_case, row.unit, row.factor)]
    versions = dict.fromkeys(
        package
        for record in records
        if record.row == key and record.versions
        for package in record.versions.split(", ")
    )
    dates = dict.fromkeys(record.date for record in records if record.row == key)
    parts += [f"Measured on {', '.join(dates)}. {', '.join(versions)}".rstrip(". ") + "."]
    return "\n\n".join(parts)


def case_table(measured: Measured, unit: str, factor: float) -> str:
    """Return the table of a case: one line per library."""
    names = sorted(measured.names, key=lambda name: not is_ours(name))
    ours = [name for name in names if is_ours(name)]
    rivals = [] if BASE in names else [name for name in names if not is_ours(name)]
    ours = [own for own in ours if any(measured.ratio(name, own) for name in rivals)]

    def number(value: float | None) -> str | None:
        return None if value is None else f"{value * factor:.4g}"

    lines: list[list[Any]] = []
    for name in names:
        times = measured.times(name)
        ratios = [None if is_ours(name) else measured.ratio(name, own) for own in ours]
        lines.append(
            [
                name,
                number(measured.first(name)),
                number(min(times, default=None)),
                number(measured.median(name)),
                len(times),
                *(None if ratio is None else f"{ratio:.2f}" for ratio in ratios),
                measured.note(name),
            ]
        )
    header = ["", f"first, {unit}", "minimum", "median", "runs", *(f"/ {name}" for name in ours)]
    return table([*header, "note"], lines)


def curve_tables(records: list[Record]) -> list[str]:
    """Return a table for each curve, with its slope."""
    parts = []
    for kind in CURVES:
        points = curve(records, kind)
        steepness = slope(records, kind)
        if steepness is None:
            continue
        lines = [[number, f"{seconds * 1e3:.3g}"] for number, seconds in points]
        parts += [
            table([kind, "ms per batch"], lines),
            f"Log-log slope: {steepness:.2f}.",
        ]
    return parts


def write(records: list[Record], folder: Path, notes: list[str]) -> None:
    """Write the page and the figure of everything that was measured to a folder."""
    figures = summaries(records)
    draw(records, folder / "speed.png")
    keys = [key for key in ROWS if any(record.row == key for record in records)]
    ratios = (
        "A ratio is the median, over runs, of the time of another library divided by the time of "
        "skrnn directly before it. [Performance](../../docs/performance.md) explains the "
        "comparisons and the reasons for the ratios."
    )
    lines = "\n".join(f"- {one.line()}" for one in figures)
    shown = "Time of other libraries relative to skrnn, and time by length, batch size and units"
    parts = [ratios, lines, f"![{shown}](speed.png)"]
    parts += [section(key, records) for key in keys]
    write_page(folder / "speed.md", page("Speed", notes, *parts))


# ------------------------------------------------------------------ the figure


def draw(records: list[Record], path: Path) -> None:
    """Draw the ratios of all libraries, and the curves."""
    from style import subplots

    if any(record.row == "curves" for record in records):
        figure, (left, right) = subplots(1, 2, figsize=(13, 6.5), width_ratios=[1.6, 1])
        draw_curves(right, records)
    else:
        figure, left = subplots(figsize=(9, 6.5))
    draw_ratios(left, records)
    figure.savefig(path)


def draw_ratios(axis: Any, records: list[Record]) -> None:
    """Draw, for each case, the ratio of the fastest library as a bar, and all as dots."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from style import BLUE, SKY

    labels: list[str] = []
    for key in ("search", "search_fresh", "epoch", "tcn", "predict_one", "predict_many"):
        for case, measured in cases(records, key).items():
            for ours in (DEFAULT, ONE):
                found = fastest(measured, ours)
                if found is None:
                    continue
                place = -len(labels)
                alone = ours == ONE
                color = SKY if alone else BLUE
                axis.barh(place, found[0] - 1, left=1, color=color, height=0.7)
                others = [n for n in measured.names if not is_ours(n) and n != LIMIT]
                dots = [ratio for n in others if (ratio := measured.ratio(n, ours))]
                axis.plot(dots, [place] * len(dots), "o", color="0.25", markersize=3)
                devices = ", 1 device" if alone else ""
                kind = {"search": "search, warm", "search_fresh": "search, whole process"}
                kind |= {"predict_one": "predict one", "predict_many": "predict 100,000"}
                labels.append(f"{kind.get(key, case)}{devices} ({found[1]})")
    axis.set_yticks([-place for place in range(len(labels))], labels)
    axis.axvline(1, color="0.6", linestyle="--")
    axis.set_xscale("log")
    plain_ticks(axis.xaxis)
    axis.set_xlim(left=min(0.8, axis.get_xlim()[0]))
    axis.set(title="Other libraries beside skrnn", xlabel="time relative to skrnn (logarithmic)")
    axis.grid(visible=False, axis="y")
    bars = [Patch(color=BLUE, label="fastest, skrnn on the devices that it chooses")]
    bars += [Patch(color=SKY, label="fastest, skrnn on 1 device")]
    dot = Line2D([], [], marker="o", ls="", color="0.25", markersize=3, label="each library")
    axis.figure.legend(handles=[*bars, dot], loc="outside lower left", ncols=3)


def draw_curves(axis: Any, records: list[Record]) -> None:
    """Draw the time of a batch against length, batch size and units."""
    from style import BLUE, GREEN, PURPLE

    for kind, color in zip(CURVES, (BLUE, GREEN, PURPLE), strict=True):
        points, steepness = curve(records, kind), slope(records, kind)
        if steepness is None:
            continue
        numbers, seconds = zip(*points, strict=True)
        label = f"{kind}, slope {steepness:.2f}"
        axis.plot(numbers, [s * 1e3 for s in seconds], "o-", color=color, label=label)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    plain_ticks(axis.xaxis)
    plain_ticks(axis.yaxis)
    axis.set(title="skrnn on JAX, 1 device", xlabel="steps, sequences per batch or units")
    axis.set_ylabel("time per batch (ms, logarithmic)")
    if axis.lines:
        axis.legend()


def plain_ticks(axis: Any) -> None:
    """Label a logarithmic axis with the numbers themselves, 1, 2, 5, 10 and so on."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    if axis.get_transform().base == 10:
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
