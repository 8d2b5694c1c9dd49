"""Versions of other libraries, on which a few tests depend."""

import sklearn

SKLEARN = tuple(map(int, sklearn.__version__.split(".")[:2]))
