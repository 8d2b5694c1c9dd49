"""Lines of code beside docstrings, comments and blank lines, on files made for it."""

import subprocess
import sys
import textwrap

import code_size
import pytest

SOURCE = '''\
"""A docstring

over three lines."""

import os  # counts

TEXT = """not a docstring

but a value"""


class Thing:
    """A docstring."""

    #: a comment
    size = 1

    def method(self):
        """A docstring."""
        # a comment

        def inner():
            return self

        return [
            inner,
            # a comment

            os,
        ]


async def later(): "é"; return TEXT
'''


def test_lines_of_code_are_those_with_a_token_of_code():
    lines = SOURCE.splitlines()
    counted = [lines[number - 1] for number in sorted(code_size.code_lines(SOURCE))]
    assert counted == [
        "import os  # counts",
        'TEXT = """not a docstring',
        "",
        'but a value"""',
        "class Thing:",
        "    size = 1",
        "    def method(self):",
        "        def inner():",
        "            return self",
        "        return [",
        "            inner,",
        "            os,",
        "        ]",
        'async def later(): "é"; return TEXT',
    ]


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("", 0),
        ('"""Only a docstring."""\n', 0),
        ("x = 1\n'a string, and no docstring'\n", 2),
        ("x = (\n    1\n)\n", 3),
        ('def f():\n    "one"\n    "two"\n', 2),
        ("def f():\n    'one' \\\n    'docstring'\n", 1),
    ],
)
def test_the_number_of_lines_of_code(source, number):
    assert len(code_size.code_lines(source)) == number


def package(folder, **sources):
    for path, source in sources.items():
        file = folder / "skrnn" / f"{path.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(source), encoding="utf-8")
    return folder


@pytest.fixture
def checkout(tmp_path):
    sources = {"front": SOURCE, "parts__one": "x = 1\n", "parts__deep__two": "y = 1\nz = 2\n"}
    return package(tmp_path / "here", **sources)


def test_files_functions_and_folders_are_measured(checkout):
    size = code_size.measure(checkout / "skrnn")
    assert size.files == {
        "skrnn/front.py": 14,
        "skrnn/parts/deep/two.py": 2,
        "skrnn/parts/one.py": 1,
    }
    assert size.functions == {
        "skrnn/front.py: Thing.method": 7,
        "skrnn/front.py: Thing.method.inner": 2,
        "skrnn/front.py: later": 1,
    }
    assert size.folders == {"skrnn": 14, "skrnn/parts": 3}


def test_differences_to_another_checkout_are_printed(checkout, tmp_path):
    there = package(tmp_path / "there", front=SOURCE, parts__one="x = 1\ny = 2\n", old="x = 1\n")
    sizes = [code_size.measure(folder / "skrnn") for folder in (checkout, there)]
    report = code_size.report(*sizes, 2)
    assert "| skrnn | 14 | 15 | -1 |" in report
    assert "| skrnn/parts | 3 | 2 | +1 |" in report
    assert "| total | 17 | 17 | +0 |" in report
    assert "| skrnn/front.py: Thing.method | 7 | 7 | +0 |" in report
    # Two files differ by one line and one by two: of them the first two are shown.
    differences = report.partition("## Greatest differences")[2]
    assert "| skrnn/parts/deep/two.py | 2 | - | +2 |" in differences
    assert "| skrnn/old.py | 0 | 1 | -1 |" in differences
    assert "one.py" not in differences


def test_without_another_checkout_there_are_no_differences(checkout):
    report = code_size.report(code_size.measure(checkout / "skrnn"), None, 1)
    assert "| total | 17 |" in report
    assert "difference" not in report


def test_the_script_refuses_a_folder_without_the_package(tmp_path):
    command = [sys.executable, code_size.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no folder skrnn" in done.stderr
