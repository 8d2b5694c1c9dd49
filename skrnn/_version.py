"""Version of the package, stored in every pickle."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

__version__ = "0.2.0"

#: Key of the version in a pickled state.
_KEY = "_skrnn_version"


def with_version(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes to pickle, and the version that writes them."""
    return {**attributes, _KEY: __version__}


def restore(thing: Any, state: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Set attributes from `with_version`, and defaults for missing ones.

    Warns
    -----
    InconsistentVersionWarning
        If another version wrote them.
    """
    attributes = {**defaults, **state}
    written = attributes.pop(_KEY, "unknown")
    vars(thing).update(attributes)
    if written != __version__:
        _warn_of_version(thing, written)


class Versioned:
    """Pickles with the version, and a warning for those of another version."""

    def __getstate__(self) -> Any:
        """Return the attributes and the version."""
        return with_version(vars(self))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore attributes.

        Warns
        -----
        InconsistentVersionWarning
            If another version wrote them.
        """
        restore(self, state, {})


def _warn_of_version(thing: Any, written: str) -> None:
    from sklearn.exceptions import InconsistentVersionWarning

    warnings.warn(
        InconsistentVersionWarning(
            estimator_name=f"{type(thing).__name__} of skrnn",
            current_sklearn_version=__version__,
            original_sklearn_version=written,
        ),
        stacklevel=4,
    )
