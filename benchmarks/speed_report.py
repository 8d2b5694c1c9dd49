"""The page and the figure of speed.py, from its records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reporting import RESULTS, table
from speed_bars import CURVES, Bar, all_bars, curve, fastest, slope
from speed_records import Measured, Record, cases, is_ours
from speed_rows import BASE, LIMIT, ONE, ROWS, TWO

#: What a row's numbers do and do not count.
EXPLANATIONS = {
    "search": "`GridSearchCV` over two learning rates, dropouts and sizes of a GRU, three folds "
    "and the refit: 160 sequences of 24 steps and 3 features, 30 epochs in batches of 32. Each "
    "neighbour is a small scikit-learn estimator, as its users write it. All have searched once "
    "before in the same process.",
    "search_fresh": "The same search, from the start of Python to its end, with all imports and "
    "compilation. Keras on JAX and TensorFlow takes minutes here as there, and is left out.",
    "epoch": "Windows of 120 rows and 14 features in batches of 256, Adam, clipped gradients. "
    "Ours and Keras: a whole `fit` of one epoch on a compiled model, with all that it prepares. "
    "PyTorch: a loop over a tensor of windows. darts and neuralforecast: between the first and "
    "the last batch only. neuralforecast forecasts one hour ahead, the others 24. The matrix "
    "products are those that any program needs, forward and backward, and nothing else.",
    "tcn": "Five residual blocks of two convolutions, 32 filters, kernel 3, dilations 1 to 16; "
    "only the last step is read. neuralforecast has ten convolutions and no residuals, darts "
    "a loss over all steps and one filter in its last convolution.",
    "predict_one": "A window of 120 x 14, GRU 32, median of 200 calls; Keras with the fastest of "
    "`predict`, `predict_on_batch` and a call of the model.",
    "predict_many": "An array of 100,000 windows of 120 x 14, GRU 32; the neighbours with the "
    "faster of two batch sizes.",
    "start": "The first fit is one of two epochs of a GRU 16 on 160 sequences.",
    "curves": "GRU 32 in batches of 256 windows of 120 steps, one of the three changed.",
    "memory": "The median slope between any two of the fits after the tenth, times their number.",
    "jobs": "The search of ours with 300 epochs; every process has one device and one thread.",
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
        parts += ["Not measured: " + "; ".join(dict.fromkeys(r.note for r in records)) + "."]
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
    """Return the table of a case: one line for each contestant."""
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
    header = ["", f"first, {unit}", "least", "median", "runs", *(f"/ {name}" for name in ours)]
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
        parts += [table([kind, "ms a batch"], lines), f"Slope of the logarithms: {steepness:.2f}."]
    return parts


def write(records: list[Record], notes: str) -> None:
    """Write the page and the figure of everything that was measured."""
    bars = all_bars(records)
    draw(records, bars, RESULTS / "speed.png")
    keys = [key for key in ROWS if any(record.row == key for record in records)]
    ratios = (
        "A ratio is the median of theirs / ours, each run of theirs divided by the run of ours "
        "right before it. What was compared with what, and why the ratios are what they are, "
        "is told in [performance](../../docs/performance.md)."
    )
    verdicts = "\n".join(f"- {bar.verdict()}" for bar in bars)
    parts = ["# Speed, side by side", notes, ratios, verdicts, "![Ratios and curves](speed.png)"]
    parts += [section(key, records) for key in keys]
    (RESULTS / "speed.md").write_text("\n\n".join(parts) + "\n")


# ------------------------------------------------------------------ the figure


def draw(records: list[Record], bars: list[Bar], path: Path) -> None:
    """Draw the ratios of all neighbours beside their bars, and the curves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    if any(record.row == "curves" for record in records):
        left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
        draw_curves(right, records)
    else:
        left = figure.subplots()
    draw_ratios(left, records, bars)
    figure.savefig(path, dpi=110)


def draw_ratios(axis: Any, records: list[Record], bars: list[Bar]) -> None:
    """Draw, for each case, the ratio of the fastest neighbour as a bar, the others as dots."""
    labels: list[str] = []
    for key in ("search", "search_fresh", "epoch", "tcn", "predict_one", "predict_many"):
        for case, measured in cases(records, key).items():
            for ours in (ONE, TWO):
                found = fastest(measured, ours)
                if found is None:
                    continue
                place = -len(labels)
                alone = ours == ONE
                color = "#0072B2" if alone else "#56B4E9"
                axis.barh(place, found[0] - 1, left=1, color=color, height=0.7)
                others = [n for n in measured.names if not is_ours(n) and n != LIMIT]
                dots = [ratio for n in others if (ratio := measured.ratio(n, ours))]
                axis.plot(dots, [place] * len(dots), "o", color="0.25", markersize=3)
                bound = bound_of(bars, key, case, ours)
                if bound:
                    axis.plot([bound] * 2, [place - 0.45, place + 0.45], color="#D55E00", lw=2.5)
                devices = (
                    "" if key.startswith("search") else ", 1 device" if alone else ", 2 devices"
                )
                kind = {"search": "search, warm", "search_fresh": "search, whole process"}
                kind |= {"predict_one": "predict one", "predict_many": "predict 100,000"}
                labels.append(f"{kind.get(key, case)}{devices}  [{found[1]}]")
    axis.set_yticks([-place for place in range(len(labels))], labels)
    axis.axvline(1, color="0.6", linestyle="--")
    axis.set_xscale("log")
    plain_ticks(axis.xaxis)
    axis.set_xlim(left=min(0.8, axis.get_xlim()[0]))
    axis.set_xlabel(
        "their time / ours; bar: the fastest neighbour, named; dots: all; line: what is asked"
    )
    axis.grid(axis="x", color="0.9")
    axis.set_axisbelow(True)


def bound_of(bars: list[Bar], key: str, case: str, ours: str) -> float | None:
    """Return the bound of the fastest neighbour's ratio, where there is one."""
    return next(
        (
            bar.bound
            for bar in bars
            if bar.row == key
            and "fastest" in bar.text
            and bar.text.endswith(ours)
            and (key != "epoch" or f" {case}:" in bar.text)
        ),
        None,
    )


def draw_curves(axis: Any, records: list[Record]) -> None:
    """Draw the time of a batch against length, batch size and units."""
    for kind, color in zip(CURVES, ("#0072B2", "#009E73", "#CC79A7"), strict=True):
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
    axis.set_xlabel("steps, sequences in a batch, or units")
    axis.set_ylabel("ms a batch, skrnn on JAX, 1 device")
    axis.grid(color="0.9")
    if axis.lines:
        axis.legend()


def plain_ticks(axis: Any) -> None:
    """Label a logarithmic axis with the numbers themselves, 1, 2, 5, 10 and so on."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    if axis.get_transform().base == 10:
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
