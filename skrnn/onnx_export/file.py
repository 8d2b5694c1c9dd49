"""ONNX files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from skrnn.onnx_export.graph import Graph, Outputs


def write(
    path: Any,
    build: Callable[[Graph], Outputs],
    text: str,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write a graph as a file, with a text and further notes in its metadata.

    Parameters
    ----------
    path : str or path-like
        The file.
    build : callable
        Adds everything to a new graph, and returns the named outputs.
    text : str
        Text about the file.
    notes : mapping of str to str, optional
        Further metadata.

    Raises
    ------
    TypeError
        If ``path`` is not one.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path={path!r} was given; give the path of the file to write, such as 'model.onnx'."
        )
    graph = Graph()
    content = graph.model(build(graph), text, notes or {}).SerializeToString(deterministic=True)
    Path(path).write_bytes(content)
