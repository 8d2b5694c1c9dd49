"""Explanations of a classifier by the code of docs/inspection.md, on PyTorch."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "inspection.md"


def values_after(n_blocks, values, folder):
    """Return values of expressions after the first blocks of the page that need other libraries."""
    blocks = re.findall(r"^```py\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == 3
    report = ", ".join(f"{name!r}: {expression}" for name, expression in values.items())
    script = folder / "explain.py"
    lines = [*blocks[:n_blocks], "import json", f"print(json.dumps({{{report}}}))"]
    script.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        env=os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": str(PAGE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
