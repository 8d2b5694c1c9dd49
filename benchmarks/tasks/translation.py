"""Sequence-to-sequence tasks: texts, digits, images and numbers, tested on unseen sources.

All tasks are run, or those named, and the results are collected. Settings are chosen on the
validation set alone; the test set is then predicted once.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # folder of common.py

from common import Parser, command, page, replace_rows, table, today, write_page

from skrnn import SequenceTranslator, networks

UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
UNITS += " fifteen sixteen seventeen eighteen nineteen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
MONTHS = "january february march april may june july august september october november december"

Pairs = tuple[Any, Any]


def spelt(number: int) -> str:
    """Return a number below a million in words."""
    if number < 20:
        return UNITS.split()[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return TENS.split()[tens - 2] + (f" {spelt(rest)}" if rest else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    many, rest = divmod(number, size)
    return f"{spelt(many)} {name}" + (f" {spelt(rest)}" if rest else "")


def spelling(rng: np.random.Generator, n: int) -> Pairs:
    """Return numbers in digits, and in words."""
    numbers = rng.choice(100_000, size=n, replace=False)
    return [str(number) for number in numbers], [spelt(int(number)) for number in numbers]


def dates(rng: np.random.Generator, n: int) -> Pairs:
    """Return dates as people write them, and in ISO form."""
    days = rng.choice(100 * 365, size=n, replace=False)
    first = datetime.date(1950, 1, 1)
    given, iso = [], []
    for day, form in zip(days.tolist(), rng.integers(0, 5, size=n), strict=True):
        date = first + datetime.timedelta(days=day)
        month = MONTHS.split()[date.month - 1]
        forms = (
            f"{date.day} {month} {date.year}",
            f"{month} {date.day}, {date.year}",
            f"{date.day} {month[:3]} {date.year % 100:02d}",
            f"{date.day}.{date.month}.{date.year}",
            f"{date.month}/{date.day}/{date.year % 100:02d}",
        )
        given.append(forms[form])
        iso.append(date.isoformat())
    return given, iso


def letters(rng: np.random.Generator, n: int, alphabet: str, longest: int) -> list[str]:
    """Return different texts of random letters."""
    texts: dict[str, None] = {}
    while len(texts) < n:
        text = "".join(rng.choice(list(alphabet), size=rng.integers(3, longest + 1)))
        texts[text] = None
    return list(texts)


def copying(rng: np.random.Generator, n: int) -> Pairs:
    """Return texts, and the same texts."""
    texts = letters(rng, n, "abcdefghij", 12)
    return texts, texts


def reversing(rng: np.random.Generator, n: int) -> Pairs:
    """Return texts, and the same texts from their end."""
    texts = letters(rng, n, "abcdefghij", 12)
    return texts, [text[::-1] for text in texts]


def sorting(rng: np.random.Generator, n: int) -> Pairs:
    """Return digits, and the same digits in order."""
    texts = letters(rng, n, "0123456789", 10)
    return texts, ["".join(sorted(text)) for text in texts]


def images(rng: np.random.Generator, n: int, *, data: Path) -> Pairs:
    """Return pictures of digits as vectors of pixels, and what they show in words."""
    with np.load(data / "mnist.npz") as file:
        pictures = np.concatenate([file["x_train"], file["x_test"]])
        digits = np.concatenate([file["y_train"], file["y_test"]])
    rows = rng.permutation(len(pictures))[:n]
    names = UNITS.split()
    sentences = [
        f"a {names[d]} which is {'odd' if d % 2 else 'even'}" for d in digits[rows].tolist()
    ]
    return pictures[rows].reshape(n, -1) / 255.0, sentences


def waves(rng: np.random.Generator, n: int) -> Pairs:
    """Return the beginnings of noisy sine waves, of different length, and how they go on."""
    X, y = [], []
    for _ in range(n):
        length, period, phase = rng.integers(20, 40), rng.uniform(8, 20), rng.uniform(0, 6.28)
        wave = np.sin(2 * np.pi * np.arange(length + 12) / period + phase) * rng.uniform(1, 3)
        X.append(wave[:length, None] + 0.02 * rng.normal(size=(length, 1)))
        y.append(wave[length:])
    return X, np.array(y)


@dataclass(frozen=True)
class Task:
    """Maker of the examples, number of training examples, and the settings tried on them.

    With ``reads``, the maker takes the folder of the data sets as ``data``.
    """

    about: str
    make: Callable[..., Pairs]
    n_train: int
    settings: dict[str, Any] = field(default_factory=dict)
    candidates: tuple[networks.Network, ...] = (networks.GRU(units=96), networks.LSTM(units=96))
    reads: str = ""


TASKS = {
    "copying": Task("copy 3 to 12 letters", copying, 2000),
    "reversing": Task("reverse 3 to 12 letters", reversing, 2000),
    "sorting": Task("sort 3 to 10 digits", sorting, 3000),
    "spelling": Task(
        "write numbers up to 99,999 in words", spelling, 2000, {"target_type": "words"}
    ),
    "dates": Task("convert dates in five formats to ISO", dates, 3000),
    "images": Task(
        "describe a digit of 784 pixels in a sentence",
        images,
        24_000,
        {
            "input_type": "vector",
            "target_type": "words",
            "epochs": 8,
            "batch_size": 128,
        },
        (networks.GRU(units=256), networks.GRU(units=256, dropout=0.3)),
        reads="mnist.npz",
    ),
    "waves": Task("continue noisy waves of 20 to 39 steps by 12", waves, 2000),
}
COMMON = {"epochs": 15, "batch_size": 64, "learning_rate": 5e-3, "random_state": 0}
N_VALID, N_TEST = 500, 2000
COLUMNS = ["task", "settings", "parameters", "training pairs", "validation", "test"]
COLUMNS += ["test pairs", "date"]


def split(values: Any, *lengths: int) -> list[Any]:
    """Return the first values, the next ones, and so on."""
    ends = np.cumsum(lengths).tolist()
    return [values[first:last] for first, last in zip([0, *ends], ends, strict=False)]


def rate(
    name: str, make: Callable[[np.random.Generator, int], Pairs], *, quick: bool
) -> list[dict[str, Any]]:
    """Return a row for each candidate; the one that is best on validation data is tested."""
    task, rng = TASKS[name], np.random.default_rng(0)
    sizes = (200, 50, 50) if quick else (task.n_train, N_VALID, N_TEST)
    X, y = make(rng, sum(sizes))
    train, valid, test = zip(split(X, *sizes), split(y, *sizes), strict=True)
    rows, fitted = [], []
    for candidate in task.candidates:
        settings = COMMON | task.settings | ({"epochs": 2} if quick else {})
        model = SequenceTranslator(network=candidate, **settings).fit(*train)
        row: dict[str, Any] = {"task": name, "settings": repr(candidate)}
        row["parameters"] = sum(weight.size for weight in model.weights_)
        row |= {"training pairs": sizes[0], "validation": model.score(*valid)}
        print(row, flush=True)
        rows.append(row)
        fitted.append(model)
    best = max(range(len(rows)), key=lambda number: rows[number]["validation"])
    rows[best] |= {"test": fitted[best].score(*test), "test pairs": sizes[2], "date": today()}
    print(rows[best], flush=True)
    return rows


def report(rows: list[dict[str, str]]) -> str:
    """Return the page of all that was measured."""
    settings = ", ".join(f"{key}={value}" for key, value in COMMON.items())
    return page(
        "Sequence-to-sequence tasks",
        [
            f"{command(__file__)}, one core; data seed 0",
            f"Settings of all tasks: {settings}; for images 8 epochs, batches of 128; "
            "otherwise the defaults",
        ],
        "Share of targets that are predicted exactly; R2 for the waves. No test source is in the "
        "training data. For each task, only the settings with the best validation score are "
        "tested.",
        table(COLUMNS, [[cell(name, row[name]) for name in COLUMNS] for row in rows]),
    )


def cell(column: str, text: str) -> str | float | None:
    """Return a cell of the csv file as the page shows it."""
    if column == "task":
        return TASKS[text].about
    if column in ("parameters", "training pairs", "test pairs"):
        return f"{int(float(text)):,}" if text else None
    return float(text) if text and column in ("validation", "test") else text or None


def main() -> None:
    parser = Parser(__doc__, "data", "results", "quick")
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(TASKS)}; all without any")
    args = parser.parse_args()
    makers: dict[str, Callable[..., Pairs]] = {}
    for name in args.tasks or TASKS:
        task = TASKS[name]
        reads = {"data": parser.data_folder(args, task.reads)} if task.reads else {}
        makers[name] = partial(task.make, **reads)
    for name, make in makers.items():
        rows = rate(name, make, quick=args.quick)
        if args.quick:
            continue
        path = args.results / "translation.csv"
        everything = replace_rows(path, COLUMNS, rows, lambda row: row["task"], TASKS)
        write_page(path.with_suffix(".md"), report(everything))


if __name__ == "__main__":
    main()
