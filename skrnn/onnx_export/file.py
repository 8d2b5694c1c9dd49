"""ONNX files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skrnn.onnx_export.graph import Graph
from skrnn.onnx_export.outputs import Outputs


def write(
    path: Any, graph: Graph, outputs: Outputs, text: str, notes: Mapping[str, str] | None = None
) -> None:
    """Write a graph with named outputs as a file, with a text and further notes in its metadata.

    Raises
    ------
    TypeError
        If ``path`` is not one.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path={path!r} was given; give the path of the file to write, such as 'model.onnx'."
        )
    content = graph.model(outputs, text, notes or {}).SerializeToString(deterministic=True)
    Path(path).write_bytes(content)
