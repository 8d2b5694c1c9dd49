"""The version of the package, which every pickle carries."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

__version__ = "0.1.0"

#: The entry of a pickled state that holds the version.
_KEY = "_skrnn_version"


class Versioned:
    """Write the version into every pickle, and warn where one comes from another version.

    A parameter that the other version did not have takes its default.
    """

    _parameters: ClassVar[Mapping[str, Any]] = {}

    def __getstate__(self) -> Any:
        """Return the attributes and the version."""
        return {**vars(self), _KEY: __version__}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take over attributes.

        Warns
        -----
        InconsistentVersionWarning
            If another version wrote them.
        """
        attributes = dict(state)
        written = attributes.pop(_KEY, "unknown")
        missing = self._parameters.keys() - attributes.keys()
        vars(self).update({name: self._parameters[name].default for name in missing})
        vars(self).update(attributes)
        if written != __version__:
            self._warn_of_version(written)

    def _warn_of_version(self, written: str) -> None:
        from sklearn.exceptions import InconsistentVersionWarning

        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=f"{type(self).__name__} of skrnn",
                current_sklearn_version=__version__,
                original_sklearn_version=written,
            ),
            stacklevel=3,
        )
