"""Real sequence data for examples, tests and benchmarks."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import uuid
import zipfile
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.request import urlopen

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "fetch_jena",
    "load_airline",
    "load_basic_motions",
    "load_digits_sequences",
    "load_japanese_vowels",
]

FloatArray: TypeAlias = npt.NDArray[np.float64]
StrArray: TypeAlias = npt.NDArray[np.str_]
Split: TypeAlias = Literal["train", "test"] | None

_JENA_CSV = "jena_climate_2009_2016.csv"
_JENA_ZIP = f"{_JENA_CSV}.zip"
_JENA_URL = f"https://storage.googleapis.com/tensorflow/tf-keras-datasets/{_JENA_ZIP}"
_JENA_HEADER = (
    "Date Time,p (mbar),T (degC),Tpot (K),Tdew (degC),rh (%),VPmax (mbar),VPact (mbar),"
    "VPdef (mbar),sh (g/kg),H2OC (mmol/mol),rho (g/m**3),wv (m/s),max. wv (m/s),wd (deg)"
)
_JENA_ROWS = 420_551
_JENA_BYTES = 100_000_000  # more than twice what the CSV file has
_TIMEOUT = 60.0  # seconds without an answer before a download is given up
_DAMAGE = (ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
_FAILURES = (OSError, HTTPException, *_DAMAGE)


def load_japanese_vowels(split: Split = None) -> tuple[list[FloatArray], StrArray]:
    """Load 640 spoken vowel pairs of unequal length from nine speakers.

    The task is to name the speaker. The files ship with the sktime package, so no network is used.

    Parameters
    ----------
    split : {"train", "test"} or None, default=None
        Official training set (270 series), test set (370), or None for both, training first.

    Returns
    -------
    X : list of ndarray of shape (n_steps_i, 12), dtype float64
        One series per utterance, 7 to 29 steps long, one step every 6.4 ms: 12 linear
        prediction cepstrum coefficients (no unit).
    y : ndarray of shape (n_samples,), dtype str
        The speaker, "1" to "9".

    Raises
    ------
    ValueError
        If `split` has another value.

    References
    ----------
    .. [1] Kudo, M., Toyama, J. and Shimbo, M. (1999). Multidimensional curve classification
       using passing-through regions. https://doi.org/10.1016/S0167-8655(99)00077-X

    Examples
    --------
    >>> from skrnn.datasets import load_japanese_vowels
    >>> X, y = load_japanese_vowels(split="train")
    >>> len(X), X[0].shape, X[1].shape, str(y[0])
    (270, (20, 12), (26, 12), '1')
    """
    nested, labels = _load_part("load_japanese_vowels", split, "nested_univ")
    series = [np.column_stack(channels).astype(np.float64) for channels in nested.to_numpy()]
    return series, np.array(labels, dtype=np.str_)


def load_basic_motions(split: Split = None) -> tuple[FloatArray, StrArray]:
    """Load 80 smart-watch recordings of four activities, all of equal length.

    The files ship with the sktime package, so no network is used.

    Parameters
    ----------
    split : {"train", "test"} or None, default=None
        Official training set (40 series), test set (40), or None for both, training first.

    Returns
    -------
    X : ndarray of shape (n_samples, 100, 6), dtype float64
        Ten seconds sampled every 0.1 s: three accelerometer axes, then three gyroscope axes.
        The source states no units.
    y : ndarray of shape (n_samples,), dtype str
        The activity, in lower case: "badminton", "running", "standing" or "walking".

    Raises
    ------
    ValueError
        If `split` has another value.

    References
    ----------
    .. [1] Bagnall, A., Dau, H. A., Lines, J. et al. (2018). The UEA multivariate time
       series classification archive, 2018. https://doi.org/10.48550/arXiv.1811.00075

    Examples
    --------
    >>> from skrnn.datasets import load_basic_motions
    >>> X, y = load_basic_motions(split="train")
    >>> X.shape, str(y[0])
    ((40, 100, 6), 'standing')
    """
    panel, labels = _load_part("load_basic_motions", split, "numpy3d")
    X = np.array(np.swapaxes(panel, 1, 2), dtype=np.float64, order="C")
    return X, np.array(labels, dtype=np.str_)


def load_digits_sequences() -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Load 1797 handwritten digits as sequences of their eight pixel rows.

    Returns
    -------
    X : ndarray of shape (1797, 8, 8), dtype float64
        Steps are image rows, top to bottom; features are the pixels of a row, left to right:
        ink counts from 0 to 16 (no unit).
    y : ndarray of shape (1797,), dtype int64
        The digit, 0 to 9.

    References
    ----------
    .. [1] Alpaydin, E. and Kaynak, C. (1998), UCI repository, https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from skrnn.datasets import load_digits_sequences
    >>> X, y = load_digits_sequences()
    >>> X.shape, int(y[0])
    ((1797, 8, 8), 0)
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images.astype(np.float64), digits.target.astype(np.int64)


def load_airline() -> pd.Series[float]:
    """Load the monthly totals of international airline passengers, 1949 to 1960.

    The file ships with the sktime package, so no network is used.

    Returns
    -------
    y : pandas.Series of shape (144,), dtype float64
        Thousands of passengers per month, with a monthly PeriodIndex, 1949-01 to 1960-12.

    References
    ----------
    .. [1] Box, G. E. P., Jenkins, G. M. and Reinsel, G. C. (2008). Time series analysis:
       forecasting and control, 4th ed., series G. Wiley. https://doi.org/10.1002/9781118619193

    Examples
    --------
    >>> from skrnn.datasets import load_airline
    >>> y = load_airline()
    >>> len(y), str(y.index[0]), float(y.iloc[0])
    (144, '1949-01', 112.0)
    """
    from sktime.datasets import load_airline as load

    return load()


def fetch_jena(
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    *,
    sha256: str | None = None,
) -> pd.DataFrame:
    """Fetch eight years of ten-minute weather records from Jena, Germany.

    The folder is searched for ``jena_climate_2009_2016.csv``, then for
    ``jena_climate_2009_2016.csv.zip``. If both are missing or the archive is damaged, the archive
    (13.6 MB) is downloaded, checked and stored in the folder.

    Parameters
    ----------
    data_home : path-like or None, default=None
        Folder of the data. None is the environment variable SKRNN_DATA, else ``skrnn`` in
        scikit-learn's data folder.
    download : bool, default=True
        Download the archive if it is needed.
    sha256 : str or None, default=None
        Required SHA-256 of the CSV file, in hexadecimal; the source publishes none. None checks
        column names, number of rows, time format and absence of empty fields only.

    Returns
    -------
    frame : pandas.DataFrame of shape (420551, 14), dtype float64
        Indexed by time (a DatetimeIndex without time zone) from 2009-01-01 00:10 to
        2017-01-01 00:00. Column names have units, such as "T (degC)". Clean the raw data first:
        missing wind speeds are -9999.0 in "wv (m/s)" and "max. wv (m/s)"; some times are
        duplicated, others missing.

    Raises
    ------
    OSError
        If there is no file and none can be downloaded, or the file is damaged.

    References
    ----------
    .. [1] Max Planck Institute for Biogeochemistry, Jena. https://www.bgc-jena.mpg.de/wetter/

    Examples
    --------
    >>> from skrnn.datasets import fetch_jena
    >>> fetch_jena("no_such_folder", download=False)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    OSError: Found neither jena_climate_2009_2016.csv nor ...
    """
    default = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data"), "skrnn")
    folder = Path(data_home or os.environ.get("SKRNN_DATA") or default).expanduser()
    for path in (folder / _JENA_CSV, folder / _JENA_ZIP):
        if path.is_file():
            try:
                return _read_jena(path, sha256)
            except _FAILURES as error:
                with contextlib.suppress(*_FAILURES):
                    if download and path.suffix == ".zip":
                        return _download_jena(folder, sha256)
                reason = f"{type(error).__name__}: {error}"
                raise OSError(f"{path} cannot be used: {reason}. Delete it to refetch.") from error
    missing = f"Found neither {_JENA_CSV} nor {_JENA_ZIP} in {folder}"
    advice = f"put {_JENA_URL} there by hand, or name its folder by data_home or SKRNN_DATA"
    if not download:
        raise OSError(f"{missing}. Pass download=True to fetch it, or {advice}.")
    try:
        return _download_jena(folder, sha256)
    except _FAILURES as error:
        reason = f"{type(error).__name__}: {error}"
        raise OSError(f"{missing}; the download failed: {reason}. Retry, or {advice}.") from error


def _load_part(loader: str, split: Split, layout: str) -> Any:
    """Call one of sktime's loaders for an official part, as sktime lays it out."""
    if split not in (None, "train", "test"):
        raise ValueError(f"split must be None, 'train' or 'test', got {split!r}.")
    from sktime import datasets

    return getattr(datasets, loader)(split=split, return_type=layout)


def _download_jena(folder: Path, sha256: str | None) -> pd.DataFrame:
    """Download, check, and only then give the archive its name."""
    part = folder / f".{_JENA_ZIP}.{uuid.uuid4().hex}.part"
    try:
        with urlopen(_JENA_URL, timeout=_TIMEOUT) as response:
            folder.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as file:
                shutil.copyfileobj(response, file)
        frame = _read_jena(part, sha256)
        os.replace(part, folder / _JENA_ZIP)
    finally:
        part.unlink(missing_ok=True)
    return frame


def _read_jena(path: Path, sha256: str | None) -> pd.DataFrame:
    """Read the CSV file or the archive that holds it; raise on any damage."""
    import pandas as pd

    if path.suffix == ".csv":
        content = path.read_bytes()
    else:
        with zipfile.ZipFile(path) as archive, archive.open(_JENA_CSV) as file:
            content = file.read(_JENA_BYTES + 1)
        if len(content) > _JENA_BYTES:
            raise ValueError(f"its CSV has more than {_JENA_BYTES} bytes")
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        raise ValueError(f"its CSV has SHA-256 {digest}, expected {sha256}")
    first = io.BytesIO(content).readline().decode("utf-8-sig")
    if first.replace('"', "").strip() != _JENA_HEADER:
        raise ValueError("its first line does not name the expected columns")
    time, *columns = _JENA_HEADER.split(",")
    frame = pd.read_csv(io.BytesIO(content), dtype=dict.fromkeys(columns, "float64"))
    frame[time] = pd.to_datetime(frame[time], format="%d.%m.%Y %H:%M:%S", errors="coerce")
    if len(frame) != _JENA_ROWS or frame.isna().any(axis=None):
        raise ValueError(f"it has {len(frame)} of {_JENA_ROWS} rows, or fields that cannot be read")
    return frame.set_index(time)
