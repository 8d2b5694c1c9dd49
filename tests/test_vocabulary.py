"""Words and phrases that the package, its docs, tests and benchmarks avoid, with better ones."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("skrnn", "docs", "tests", "benchmarks")

#: Names of an earlier design, and the field's names for the same things.
NAMES = {
    r"all_or_nothing": "rollback_on_error",
    r"NetworkChoice": "NetworkParameterMixin",
    r"holding_out": "validation_split",
    r"merge_repeats": "merge_duplicates",
    r"StepTask|step_tasks": "target_types, or a target such as MulticlassTarget",
    r"finding_events|FindsEvents": "event detection",
    r"step_errors|UsualErrors": "RobustErrorScale",
    r"Labeller|labeller": "labeler",
    r"NextStepModel": "an autoregressive model",
    r"Lessons\b": "BatchSource",
    r"\broll_out\b": "decode_values",
    r"EveryStep\b": "PerStepHead",
    r"RealSteps\b": "PaddingMask",
    r"RepeatAlong": "RepeatVector",
    r"BesideEachStep": "ConcatenateToSteps",
    r"AlignEnds": "AlignRight",
    r"Standardiser": "AffineScaling",
    r"TriedForecaster": "settings for sktime's tests",
}

#: Phrases that name a thing by a clause instead of the field's noun, and the noun.
PHRASES = {
    r"makes small\b": "loss to minimize",
    r"how the learning rate goes": "learning-rate schedule",
    r"greatest norm of the gradient": "clip gradients to this global norm",
    r"among how many equally": "perplexity",
    r"yes-or-no questions": "cross-entropy in bits",
    r"\bof late\b": "a decaying running maximum, or recent scores",
    r"pieces of at most|of at most so many": "chunks of at most this many steps",
    r"\bbrakes\b": "regularization",
    r"mark to beat": "baseline",
    r"\bit goes live\b": "streaming inference",
    r"\bit moves\b": "backend-portable models",
    r"nobody else's": "does not touch global random state",
    r"\bhas no say\b": "is ignored",
    r"common sense": "persistence, or a naive baseline",
    r'"as now"': "persistence",
    r"\blearnt\b": "trained",
    r"\bpart held out|\bheld-out part": "validation set",
    r"\bwhoever\b": "if you, or users that",
    r"no library can see": "this cannot be detected",
    r"learns what it sees repeatedly": "networks do not extrapolate trends",
    r"first impression": "indicative only",
    r"\bwhat is looked at\b": "attention weights",
    r"where the line is\b": "choosing the threshold",
    r"those of a world in which": "probabilities for the reweighted class frequencies",
    r"by heart\b": "overfit",
    r"what mends (either|it)\b": "how to fix it",
    r"in a hurry\b": "with fewer optimizations",
    r"\b(its|the|their) neighbors (do|had|have)\b|beside the neighbors": "other libraries",
    r"outlives itself": "so exemptions cannot go stale",
    r"where nobody looks": "without validation or callbacks",
    r"learn from pieces|learned from pieces": "trained on chunks",
    r"call fit with warm_start": "set warm_start=False",
    r"are not as most": "unusual",
    r"\btakes? one pass\b": "train for one epoch",
    r"at a constant rate\b": "at a constant learning rate",
    r"cuts nothing\b": "does not split",
    r"for scikit-learn's sake": "not used, present for API consistency",
    r"what (the )?messages? calls?\b": "name used in messages",
    r"longer one is shortened": "clip gradients to this global norm",
}

#: British spellings, and American ones.
SPELLINGS = {
    r"labell(ed|ing)": "labeled, labeling",
    r"modell(ed|ing)": "modeled, modeling",
    r"cancell(ed|ing)\b": "canceled, canceling",
    r"(standard|normal|initial|optim|regular|serial|parametr|random|summar|general|visual|organ)is"
    r"(e|ed|es|er|ers|ing|ation)\b": "-ize",
    r"(recogn|vector|quant|discret|minim|maxim|penal|special|token|synchron|categor|character)is"
    r"(e|ed|es|er|ers|ing|ation)\b": "-ize",
    r"\banalys(e|ed|ing)\b": "analyze",
    r"(colou|behaviou|favou|neighbou)r": "-or",
    r"\b(centre|metre|litre)s?\b": "-er",
    r"\bgrey\b": "gray",
    r"\b(whilst|amongst|towards)\b": "while, among, toward",
    r"\bcatalogue\b": "catalog",
    r"\bprogramme\b": "program",
}

PATTERNS = NAMES | PHRASES | SPELLINGS


@functools.cache
def files(*suffixes):
    """Return the text files of the project, but this one, recorded results and the built site."""
    found = [ROOT / "README.md"]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    built = {ROOT / line.strip("/") for line in ignored if line.startswith("/docs/")}
    left_out = {Path(__file__), ROOT / "benchmarks" / "results", *built}
    return sorted(
        path
        for path in found
        if path.suffix in suffixes and left_out.isdisjoint({path, *path.parents})
    )


@functools.cache
def text_of(path):
    """Return the text of a file with line breaks as spaces, so that phrases may span lines."""
    return re.sub(r"\s+(?:#:?\s+)?", " ", path.read_text(encoding="utf-8"))


def uses(pattern, text):
    """Return the places where a text uses a pattern, each with some context."""
    return [
        text[max(0, match.start() - 30) : match.end() + 30]
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


def faulty_beginning(source):
    """Return the first line of a module docstring that names no thing, or None."""
    first = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    return first if re.match(r"(What|Which|Where|How|From)\b", first) else None


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_avoid_words_for_which_there_are_better_ones(pattern):
    found = {
        str(path.relative_to(ROOT)): places
        for path in files(".py", ".md")
        if (places := uses(pattern, text_of(path)))
    }
    assert not found, f"better: {PATTERNS[pattern]}; found in {found}"


def test_module_docstrings_begin_with_a_noun():
    found = {
        str(path.relative_to(ROOT)): first
        for path in files(".py")
        if (first := faulty_beginning(path.read_text(encoding="utf-8")))
    }
    assert not found, f"say what the module contains, with a noun first: {found}"


def test_the_files_of_every_folder_are_read():
    read = {path.relative_to(ROOT).parts[0] for path in files(".py", ".md")}
    assert read == {"README.md", *FOLDERS}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"makes small\b", "What training makes small: a name"),
        (r"\bhas no say\b", "with a tuple, n_layers has no say."),
        (r"labell(ed|ing)", "steps are labelled"),
        (r"\b(whilst|amongst|towards)\b", "amongst others"),
        (r"\bbrakes\b", "Dropout and other brakes"),
    ],
)
def test_a_use_is_found_with_its_context(pattern, text):
    assert pattern in PATTERNS
    assert len(uses(pattern, text)) == 1
    assert uses(pattern, "Loss to minimize: a name") == []


def test_a_phrase_that_spans_two_lines_of_a_comment_is_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("#: With a tuple, n_layers has\n#: no say here.\n", encoding="utf-8")
    assert len(uses(r"\bhas no say\b", text_of(path))) == 1


@pytest.mark.parametrize("word", ["What", "Which", "Where", "How", "From"])
def test_a_docstring_without_a_noun_first_is_found(word):
    assert faulty_beginning(f'"""{word} is kept here.\n\nMore."""\n') == f"{word} is kept here."
    assert faulty_beginning('"""Whatever."""\n') is None
    assert faulty_beginning('"""Settings.\n\nHow they are kept."""\n') is None
    assert faulty_beginning("x = 1\n") is None
