"""Links in the metadata of the package: only those whose address is known when it is built."""

from __future__ import annotations

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Links(MetadataHookInterface):
    """Link to the documentation at the address in the environment variable SKRNN_DOCS_URL."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the links to the metadata."""
        address = os.environ.get("SKRNN_DOCS_URL")
        metadata["urls"] = {"Documentation": address} if address else {}
