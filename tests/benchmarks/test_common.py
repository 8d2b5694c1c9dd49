"""The arguments, tables and pages that the benchmark scripts share."""

import os

import common
import pytest
from common import Parser


@pytest.fixture
def no_variable(monkeypatch):
    monkeypatch.delenv("SKRNN_DATA", raising=False)


def parsed(*arguments):
    parser = Parser("A script.\n\nMore of it.", "data")
    return parser, parser.parse_args(arguments)


# ------------------------------------------------------------------ arguments


def test_the_description_is_the_first_line_of_the_docstring():
    assert Parser("A script.\n\nMore of it.").description == "A script."


def test_shared_options_are_those_requested_with_the_defaults_given():
    args = Parser("A script.", "data", "quick", rounds=15, seeds=3).parse_args(["--seeds", "2"])
    assert vars(args) == {"data": None, "quick": False, "rounds": 15, "seeds": 2}


def test_the_data_folder_is_the_one_of_the_option_before_that_of_the_variable(
    monkeypatch, tmp_path
):
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("SKRNN_DATA", str(other))
    parser, args = parsed()
    assert parser.data_folder(args) == other
    parser, args = parsed("--data", str(tmp_path))
    assert parser.data_folder(args) == tmp_path


@pytest.mark.usefixtures("no_variable")
def test_without_a_data_folder_the_error_says_what_to_give(capsys):
    parser, args = parsed()
    with pytest.raises(SystemExit) as ended:
        parser.data_folder(args)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "--data" in error
    assert "SKRNN_DATA" in error


@pytest.mark.usefixtures("no_variable")
@pytest.mark.parametrize("missing", ["ucr", "imdb/train.gz"])
def test_a_file_that_the_data_folder_lacks_is_named(missing, capsys, tmp_path):
    parser, args = parsed("--data", str(tmp_path))
    with pytest.raises(SystemExit):
        parser.data_folder(args, missing)
    assert str(tmp_path / missing) in capsys.readouterr().err


# ------------------------------------------------------------------ pages and tables


def test_a_table_has_dashes_for_none_and_three_places_for_floats():
    lines = common.table(["name", "error"], [["a", 0.12345], ["b", None]]).splitlines()
    assert lines == ["| name | error |", "| --- | ---: |", "| a | 0.123 |", "| b | - |"]


def test_a_page_has_its_title_the_circumstances_the_notes_and_the_parts():
    lines = common.page("Errors", ["Seed: 0"], "First.", "Second.").splitlines()
    assert lines[0] == "# Errors"
    assert lines[2].startswith("- Date: ")
    assert lines[5:] == ["- Seed: 0", "", "First.", "", "Second."]


def test_a_command_names_the_script_from_the_root_of_the_project():
    script = str(common.ROOT / "benchmarks" / "tasks" / "ucr.py")
    note = common.command(script, "--seeds 1", "--jobs 2")
    assert note == "Command: `python benchmarks/tasks/ucr.py --seeds 1 --jobs 2`"


@pytest.mark.parametrize(
    ("values", "text"), [([1.0, 2.0, 3.0], "2.000 ± 1.000"), ([0.25], "0.250")]
)
def test_one_value_has_no_deviation(values, text):
    assert common.mean_and_deviation(values) == text


# ------------------------------------------------------------------ csv files


def test_rows_replace_those_of_the_same_key_and_keep_the_order(tmp_path):
    path, columns = tmp_path / "new" / "rows.csv", ["task", "network", "error"]

    def put(*rows):
        return common.replace_rows(path, columns, rows, lambda row: row["task"], ["x", "y", "z"])

    put({"task": "z", "network": "gru", "error": 1.0})
    put({"task": "x", "network": "gru", "error": 2.0}, {"task": "x", "network": "lstm"})
    rows = put({"task": "z", "network": "tcn", "error": 3.0})
    assert rows == common.read_rows(path)
    assert [tuple(row.values()) for row in rows] == [
        ("x", "gru", "2.0"),
        ("x", "lstm", ""),
        ("z", "tcn", "3.0"),
    ]


def test_a_file_that_is_not_there_has_no_rows(tmp_path):
    assert common.read_rows(tmp_path / "rows.csv") == []


# ------------------------------------------------------------------ processes


def test_processes_have_one_thread_and_results_come_with_their_arguments(monkeypatch):
    for name in ("OMP_NUM_THREADS", "XLA_FLAGS"):
        monkeypatch.setenv(name, "")  # what is set here is put back at the end
        monkeypatch.delenv(name)
    calls = [("OMP_NUM_THREADS",), ("XLA_FLAGS",)]
    results = dict(common.in_processes(os.getenv, calls, jobs=1))
    assert results == {calls[0]: "1", calls[1]: common.ONE_THREAD}


def test_rows_are_written_as_they_come_and_replace_those_of_the_same_name(tmp_path, capsys):
    path, columns = tmp_path / "rows.csv", ["task", "seed", "error"]
    common.write_rows(path, columns, [{"task": "a", "seed": 0, "error": 9}])
    written = []

    def results():
        for task in "ba":
            yield (task,), {"task": task, "seed": 0, "error": 1}
            written.append([row["task"] + row["error"] for row in common.read_rows(path)])

    rows = common.add_rows(path, columns, 2, results())
    assert written == [["a9", "b1"], ["a1", "b1"]]
    assert {row["task"]: row["error"] for row in rows} == {"a": 1, "b": 1}
    assert capsys.readouterr().out == "b 0 1\na 0 1\n"
