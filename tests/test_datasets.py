"""The data sets: what they hold, and how the one that is downloaded is kept."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from http.client import IncompleteRead
from importlib.resources import files
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

from skrnn import datasets

CSV = "jena_climate_2009_2016.csv"
ZIP = "jena_climate_2009_2016.csv.zip"
HEADER = (
    '"Date Time","p (mbar)","T (degC)","Tpot (K)","Tdew (degC)","rh (%)","VPmax (mbar)",'
    '"VPact (mbar)","VPdef (mbar)","sh (g/kg)","H2OC (mmol/mol)","rho (g/m**3)","wv (m/s)",'
    '"max. wv (m/s)","wd (deg)"\n'
)
ROWS = (
    "01.01.2009 00:10:00,996.52,-8.02,265.4,-8.9,93.3,3.33,3.11,0.22,1.94,3.12,1307.75,1,1.75,152\n"
    "02.12.2009 00:20:00,996.57,-8.41,265.01,-9.28,93.4,3.23,3,0.21,1.89,3,1309.8,-9999.0,1.5,136\n"
    "02.12.2009 00:20:00,996.53,-8.5,264.91,-9.3,93.9,3,3.01,0.2,1.88,3,1310.24,0.19,0.63,171.6\n"
)
TEXT = HEADER + ROWS


def read_ts(problem, part):
    """Read series (step, channel) and labels straight from the text of a .ts file."""
    path = files("sktime") / "datasets" / "data" / problem / f"{problem}_{part.upper()}.ts"
    body = path.read_text(encoding="utf-8").split("@data\n")[1]
    series, labels = [], []
    for line in body.splitlines():
        *channels, label = line.strip().split(":")
        series.append(np.array([[float(v) for v in c.split(",")] for c in channels]).T)
        labels.append(label)
    return series, labels


# ------------------------------------------------------------------ shipped data


@pytest.mark.parametrize(("part", "size"), [("train", 270), ("test", 370)])
def test_japanese_vowels_equal_the_file(part, size):
    X, y = datasets.load_japanese_vowels(split=part)
    expected, labels = read_ts("JapaneseVowels", part)
    assert isinstance(X, list)
    assert len(X) == len(expected) == size
    assert y.dtype.kind == "U"
    assert y.tolist() == labels
    for got, want in zip(X, expected, strict=True):
        assert got.dtype == np.float64
        assert got.flags.c_contiguous
        assert got.flags.writeable
        np.testing.assert_array_equal(got, want)


def test_japanese_vowels_whole():
    X, y = datasets.load_japanese_vowels()
    expected = read_ts("JapaneseVowels", "train")[0] + read_ts("JapaneseVowels", "test")[0]
    for got, want in zip(X, expected, strict=True):
        np.testing.assert_array_equal(got, want)
    lengths = [len(series) for series in X]
    assert len(X) == y.size == 640
    assert (min(lengths), max(lengths)) == (7, 29)
    assert {series.shape[1] for series in X} == {12}
    # The source gives 30 training utterances of each speaker and counts the test utterances.
    counts = [[int(np.sum(part == s)) for s in "123456789"] for part in (y[:270], y[270:])]
    assert counts == [[30] * 9, [31, 35, 88, 44, 29, 24, 40, 50, 29]]


@pytest.mark.parametrize("part", ["train", "test"])
def test_basic_motions_equal_the_file(part):
    X, y = datasets.load_basic_motions(split=part)
    expected, labels = read_ts("BasicMotions", part)
    assert X.shape == (40, 100, 6)
    assert X.dtype == np.float64
    assert X.flags.c_contiguous
    assert X.flags.writeable
    np.testing.assert_array_equal(X, np.stack(expected))
    assert y.dtype.kind == "U"
    assert y.tolist() == [label.lower() for label in labels]


def test_basic_motions_whole():
    X, y = datasets.load_basic_motions()
    np.testing.assert_array_equal(X[:40], datasets.load_basic_motions("train")[0])
    np.testing.assert_array_equal(X[40:], datasets.load_basic_motions("test")[0])
    names, counts = np.unique(y, return_counts=True)
    assert names.tolist() == ["badminton", "running", "standing", "walking"]
    assert counts.tolist() == [20, 20, 20, 20]


@pytest.mark.parametrize("load", [datasets.load_japanese_vowels, datasets.load_basic_motions])
@pytest.mark.parametrize("split", ["TRAIN", "validation", 0])
def test_unknown_split_is_named(load, split):
    with pytest.raises(ValueError, match=f"split must be None, 'train' or 'test', got {split!r}"):
        load(split=split)


def test_digits_are_rows_of_the_images():
    from sklearn.datasets import load_digits

    X, y = datasets.load_digits_sequences()
    flat, target = load_digits(return_X_y=True)
    assert (X.shape, X.dtype) == ((1797, 8, 8), np.float64)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(X.reshape(1797, 64), flat)
    np.testing.assert_array_equal(y, target)
    assert (X.min(), X.max()) == (0.0, 16.0)


def test_airline_equals_the_file():
    y = datasets.load_airline()
    path = files("sktime") / "datasets" / "data" / "Airline" / "Airline.csv"
    pairs = [line.split(",") for line in path.read_text(encoding="utf-8").split()[1:]]
    assert isinstance(y, pd.Series)
    assert y.dtype == np.float64
    assert isinstance(y.index, pd.PeriodIndex)
    assert y.index.freqstr == "M"
    assert len(y) == 144
    assert [str(month) for month in y.index] == [month for month, _ in pairs]
    assert y.tolist() == [float(value) for _, value in pairs]


def test_import_is_light():
    code = (
        "import importlib.util as u, sys\n"
        "spec = u.spec_from_file_location('alone', sys.argv[1])\n"
        "spec.loader.exec_module(u.module_from_spec(spec))\n"
        "print(sorted({'sktime', 'sklearn', 'pandas', 'keras'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code, datasets.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------------- Jena


def zipped(text, member=CSV):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        # ZipInfo's fixed date makes the same bytes every time.
        archive.writestr(zipfile.ZipInfo(member), text, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(f"__MACOSX/._{member}"), "not the data")
    return buffer.getvalue()


class Answer(io.BytesIO):
    """A server's answer that calls `at_end` when its bytes are used up."""

    def __init__(self, body, at_end=lambda: None):
        super().__init__(body)
        self.at_end = at_end

    def read(self, size=-1):
        return super().read(size) or self.at_end() or b""


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Put a function in the place of the network; it also makes three rows a whole file."""
    monkeypatch.setattr(datasets, "_JENA_ROWS", 3)
    for name in ("SKRNN_DATA", "SCIKIT_LEARN_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    calls = []

    def serve(answer):
        def urlopen(url, timeout):
            calls.append((url, timeout))
            if isinstance(answer, BaseException):
                raise answer
            return Answer(answer) if isinstance(answer, bytes) else answer

        monkeypatch.setattr(datasets, "urlopen", urlopen)
        return calls

    serve(AssertionError("the network was used"))
    return serve


def check_frame(frame):
    assert frame.columns.tolist() == HEADER.replace('"', "").strip().split(",")[1:]
    assert (frame.dtypes == np.float64).all()
    values = [[float(v) for v in row.split(",")[1:]] for row in ROWS.splitlines()]
    assert frame.to_numpy().tolist() == values  # -9999.0 among them, as in the source
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert frame.index.name == "Date Time"
    # Day before month; a repeated time stamp stays.
    stamps = ["2009-01-01 00:10:00", "2009-12-02 00:20:00", "2009-12-02 00:20:00"]
    assert [str(stamp) for stamp in frame.index] == stamps


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (CSV, TEXT.encode()),
        (CSV, TEXT.replace("\n", "\r\n").replace('"', "").encode("utf-8-sig")),
        (ZIP, zipped(TEXT)),
    ],
    ids=["csv", "csv saved elsewhere", "zip"],
)
@pytest.mark.parametrize("download", [True, False])
def test_jena_reads_what_is_there(served, tmp_path, name, body, download):
    (tmp_path / name).write_bytes(body)
    check_frame(datasets.fetch_jena(tmp_path, download))
    assert listing(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == body


def test_jena_prefers_the_csv_file(served, tmp_path):
    (tmp_path / CSV).write_text(TEXT, encoding="utf-8")
    (tmp_path / ZIP).write_bytes(b"not an archive")
    check_frame(datasets.fetch_jena(str(tmp_path)))


def test_jena_downloads_once(served, tmp_path):
    folder = tmp_path / "new" / "folder"
    calls = served(zipped(TEXT))
    check_frame(datasets.fetch_jena(folder))
    check_frame(datasets.fetch_jena(folder))
    (url, timeout), *more = calls
    assert not more
    assert url == f"https://storage.googleapis.com/tensorflow/tf-keras-datasets/{ZIP}"
    assert 0 < timeout < 600
    assert listing(folder) == [ZIP]
    assert (folder / ZIP).read_bytes() == zipped(TEXT)
    plain = tmp_path / "plain"
    plain.touch()
    assert (folder / ZIP).stat().st_mode == plain.stat().st_mode


def test_jena_downloads_through_urllib(monkeypatch, tmp_path):
    source = tmp_path / "source.zip"
    source.write_bytes(zipped(TEXT))
    monkeypatch.setattr(datasets, "_JENA_ROWS", 3)
    monkeypatch.setattr(datasets, "_JENA_URL", source.as_uri())
    check_frame(datasets.fetch_jena(tmp_path / "kept"))
    assert listing(tmp_path / "kept") == [ZIP]
    source.unlink()
    check_frame(datasets.fetch_jena(tmp_path / "kept"))


def test_jena_has_its_name_only_when_complete(served, tmp_path):
    seen = []
    served(Answer(zipped(TEXT), at_end=lambda: seen.append(listing(tmp_path))))
    datasets.fetch_jena(tmp_path)
    assert seen
    for (name,) in seen:  # one file in the same folder, under another name
        assert name.endswith(".part")
        assert name != ZIP
    assert listing(tmp_path) == [ZIP]


@pytest.mark.parametrize(
    "error", [ConnectionResetError("reset by peer"), TimeoutError("too slow"), IncompleteRead(b"")]
)
def test_jena_interrupted_download_leaves_nothing(served, tmp_path, error):
    def fail():
        raise error

    served(Answer(zipped(TEXT)[:50], at_end=fail))
    with pytest.raises(OSError, match="the download failed") as caught:
        datasets.fetch_jena(tmp_path)
    assert caught.value.__cause__ is error
    assert f"{type(error).__name__}: {error}" in str(caught.value)
    assert listing(tmp_path) == []
    served(zipped(TEXT))
    check_frame(datasets.fetch_jena(tmp_path))


def test_jena_keyboard_interrupt_leaves_nothing(served, tmp_path):
    def fail():
        raise KeyboardInterrupt

    served(Answer(zipped(TEXT)[:50], at_end=fail))
    with pytest.raises(KeyboardInterrupt):
        datasets.fetch_jena(tmp_path)
    assert listing(tmp_path) == []


def flipped(body, at):
    return body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]


DAMAGED = {
    "cut": zipped(TEXT)[:-30],
    "empty": b"",
    "a page": b"<html>Sign in first</html>",
    "flipped bits": flipped(zipped(TEXT), 120),
    "flipped first block": flipped(zipped(TEXT), 30 + len(CSV)),
    "flipped field length": flipped(zipped(TEXT), 29),
    "flipped flags": flipped(zipped(TEXT), zipped(TEXT).index(b"PK\1\2") + 8),
    "flipped offset": flipped(zipped(TEXT), len(zipped(TEXT)) - 4),
    "other member": zipped(TEXT, member="weather.csv"),
    "other columns": zipped(TEXT.replace("T (degC)", "T (degF)")),
    "no header": zipped(ROWS),
    "no text": zipped(""),
    "few rows": zipped(HEADER + ROWS[: ROWS.index("\n") + 1]),
    "many rows": zipped(TEXT + ROWS),
    "cut row": zipped(TEXT[: TEXT.rindex(",")] + "\n"),
    "other time format": zipped(TEXT.replace("02.12.2009", "2009-12-02")),
    "no number": zipped(TEXT.replace("996.57", "dry")),
    "no UTF-8 in the header": zipped(TEXT.encode().replace(b"rho", b"\xff\xfe")),
    "no UTF-8": zipped(TEXT.encode().replace(b"996.57", b"\xff\xfe")),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_jena_damaged_file_is_refused(served, tmp_path, body):
    served(body)
    with pytest.raises(OSError, match=r"the download failed: .+ Retry"):
        datasets.fetch_jena(tmp_path)
    assert listing(tmp_path) == []  # a damaged download is not kept

    (tmp_path / ZIP).write_bytes(body)
    with pytest.raises(OSError, match=r"cannot be used: .+ Delete it") as caught:
        datasets.fetch_jena(tmp_path)
    assert str(tmp_path / ZIP) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(tmp_path)) + 250  # the content is not quoted
    assert (tmp_path / ZIP).read_bytes() == body  # the user's file is left alone


def test_jena_damaged_archive_is_replaced_by_a_good_one(served, tmp_path):
    (tmp_path / ZIP).write_bytes(DAMAGED["cut"])
    calls = served(zipped(TEXT))
    with pytest.raises(OSError, match="Delete it"):
        datasets.fetch_jena(tmp_path, download=False)
    assert calls == []
    check_frame(datasets.fetch_jena(tmp_path))
    assert (tmp_path / ZIP).read_bytes() == zipped(TEXT)
    assert listing(tmp_path) == [ZIP]


def test_jena_archive_is_unpacked_up_to_a_limit(served, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_JENA_BYTES", len(TEXT) - 1)
    served(zipped(TEXT))
    with pytest.raises(OSError, match=f"more than {len(TEXT) - 1} bytes"):
        datasets.fetch_jena(tmp_path)
    monkeypatch.setattr(datasets, "_JENA_BYTES", len(TEXT.encode()))
    check_frame(datasets.fetch_jena(tmp_path))


def test_jena_damaged_csv_file_is_refused(served, tmp_path):
    (tmp_path / CSV).write_text(HEADER + ROWS[:150], encoding="utf-8")
    with pytest.raises(OSError, match=r"cannot be used: .+ 2 of 3 rows") as caught:
        datasets.fetch_jena(tmp_path)
    assert str(tmp_path / CSV) in str(caught.value)


def test_jena_checksum_of_the_csv_file(served, tmp_path):
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    wrong = hashlib.sha256(ROWS.encode()).hexdigest()
    served(zipped(TEXT))
    with pytest.raises(OSError, match=f"SHA-256 {digest}, expected {wrong}"):
        datasets.fetch_jena(tmp_path, sha256=wrong)
    assert listing(tmp_path) == []
    check_frame(datasets.fetch_jena(tmp_path, sha256=digest.upper()))
    (tmp_path / CSV).write_text(TEXT, encoding="utf-8", newline="")
    check_frame(datasets.fetch_jena(tmp_path, sha256=digest))
    with pytest.raises(OSError, match=f"SHA-256 {digest}, expected {wrong}"):
        datasets.fetch_jena(tmp_path, sha256=wrong)


def test_jena_message_without_network(served, tmp_path):
    reason = URLError("Name or service not known")
    served(reason)
    folder = tmp_path / "absent"
    with pytest.raises(OSError, match="Name or service not known") as caught:
        datasets.fetch_jena(folder)
    for part in (CSV, ZIP, str(folder), "https://", "data_home", "SKRNN_DATA"):
        assert part in str(caught.value)
    assert caught.value.__cause__ is reason
    assert not folder.exists()


def test_jena_message_without_download(served, tmp_path):
    calls = served(zipped(TEXT))
    folder = tmp_path / "absent"
    with pytest.raises(OSError, match="download=True") as caught:
        datasets.fetch_jena(folder, download=False)
    for part in (CSV, ZIP, str(folder), "https://", "data_home", "SKRNN_DATA"):
        assert part in str(caught.value)
    assert not folder.exists()
    assert calls == []


def test_jena_folder_that_is_a_file(served, tmp_path):
    served(zipped(TEXT))
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        datasets.fetch_jena(tmp_path / "taken")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_jena_environment_names_the_folder(served, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / CSV).write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("SKRNN_DATA", str(tmp_path / "here"))
    check_frame(datasets.fetch_jena())
    with pytest.raises(OSError, match="there"):  # an argument wins over the environment
        datasets.fetch_jena(tmp_path / "there", download=False)
    monkeypatch.setenv("SKRNN_DATA", "~")
    with pytest.raises(OSError, match="Found neither") as caught:
        datasets.fetch_jena(download=False)
    assert str(tmp_path / "home") in str(caught.value)


@pytest.mark.parametrize("variable", [True, False])
def test_jena_default_is_in_the_folder_of_scikit_learn(served, tmp_path, monkeypatch, variable):
    from sklearn.datasets import get_data_home

    if variable:
        monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sk"))
    before = listing(tmp_path)
    with pytest.raises(OSError, match="Found neither"):
        datasets.fetch_jena(download=False)
    assert listing(tmp_path) == before
    served(zipped(TEXT))
    check_frame(datasets.fetch_jena())
    assert os.listdir(os.path.join(get_data_home(), "skrnn")) == [ZIP]


def test_jena_full_number_of_rows(tmp_path):
    (tmp_path / CSV).write_text(HEADER + ROWS.splitlines(True)[0] * 420_551, encoding="utf-8")
    assert datasets.fetch_jena(tmp_path, download=False).shape == (420_551, 14)
