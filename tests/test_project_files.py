"""The files around the package agree with it: version, links, paths, pinned actions."""

import re
import tomllib
from pathlib import Path

import pytest

import skrnn
from tests.test_docs import LINK, headings_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_file_has_the_version_of_the_package():
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["version"] == skrnn.__version__
    assert re.search(r"^version: (.*)$", text_of("CITATION.cff"), re.M)[1] == skrnn.__version__
    assert re.search(r"^## \[(.*)\]", text_of("CHANGELOG.md"), re.M)[1] == skrnn.__version__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_has_a_goal(page):
    for match in LINK.finditer(page.read_text(encoding="utf-8")):
        goal = page.parent / match["path"] if match["path"] else page
        assert goal.exists(), match[0]
        assert not match["heading"] or match["heading"] in headings_of(goal), match[0]


def test_every_path_in_a_command_of_the_contributing_guide_exists():
    text = text_of("CONTRIBUTING.md")
    paths = set(re.findall(r"(?<![\w(/])(?:tests|docs|skrnn|\.ci)/[\w/.]+\w", text))
    real = {path for path in paths if "NAME" not in path and "TASK" not in path}
    assert len(real) > 20
    built = "docs/_build/"
    assert not [path for path in real if not (ROOT / path).exists() and not path.startswith(built)]


def test_actions_and_hooks_are_pinned_by_their_full_version():
    workflows = "".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))
    pins = re.findall(r"uses: \S+@(\S+)", workflows)
    pins += re.findall(r"rev: (\S+)", text_of(".pre-commit-config.yaml"))
    assert len(pins) > 5
    assert all(re.fullmatch(r"v?\d+\.\d+\.\d+", pin) for pin in pins)
