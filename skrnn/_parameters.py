"""Constructor parameters declared once: default, domain and documentation in one place.

A class lists its parameters as annotated class attributes::

    class LSTM(Network):
        units: int = parameter(default=32, domain=integers(1), doc="Units of a layer.")

and receives an explicit keyword-only ``__init__`` that only assigns, ``get_params`` and
``set_params``, a ``repr``, and its parameters in numpydoc form wherever its docstring says
``{parameters}`` (and the text of ``_attributes`` where it says ``{attributes}``). A class
inherits the parameters of all its bases, which is how one declaration serves every estimator
that has the parameter.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, dataclass_transform

import numpy as np

from skrnn._domains import (
    BOOLEAN,
    CALLABLE,
    FUNCTION,
    NONE,
    Domain,
    integers,
    one_of,
    reals,
    require,
    satisfying,
    singles,
    tuples_of,
)
from skrnn._version import Versioned

__all__ = [
    "BOOLEAN",
    "CALLABLE",
    "FUNCTION",
    "NONE",
    "REQUIRED",
    "Domain",
    "Parameter",
    "Parametrised",
    "describe",
    "fitted",
    "integers",
    "one_of",
    "parameter",
    "plain",
    "reals",
    "require",
    "satisfying",
    "singles",
    "tuples_of",
    "validate",
]


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its default, the values it accepts and what it means."""

    default: Any
    domain: Domain
    doc: str
    kw_only: bool = True

    @property
    def heading(self) -> str:
        """Return what numpydoc says of a parameter beside its name."""
        end = "" if self.default is REQUIRED else f", default={self.default!r}"
        return f"{self.domain.text}{end}"


#: The default of a parameter that has none.
REQUIRED: Any = inspect.Parameter.empty


def parameter(*, domain: Domain, doc: str, default: Any = REQUIRED, kw_only: bool = True) -> Any:
    """Declare a parameter in the class body of a `Parametrised` class."""
    return Parameter(default, domain, inspect.cleandoc(doc), kw_only)


class _Fitted:
    """What stands for an attribute that a fit sets, until the class is made."""


def fitted(*, init: Literal[False] = False) -> Any:
    """Declare an attribute that a fit sets: type checkers take it for no parameter."""
    del init
    return _Fitted()


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(parameter, fitted))
class Parametrised(Versioned):
    """Base of every class whose constructor takes declared parameters and only assigns them.

    A class whose other base has a constructor of its own calls it in ``_before_init(self)``.
    """

    _parameters: ClassVar[Mapping[str, Parameter]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Parameter)}
        fitted_later = [name for name, value in vars(cls).items() if isinstance(value, _Fitted)]
        for name in [*own, *fitted_later]:
            delattr(cls, name)
        inherited: dict[str, Parameter] = {}
        for base in reversed(cls.__mro__[1:]):
            inherited |= vars(base).get("_own_parameters", {})
        cls._own_parameters = own
        cls._parameters = inherited | own
        if "__init__" not in vars(cls):
            cls.__init__ = _make_init(cls)  # type: ignore[method-assign]
        if cls.__doc__:
            doc = _fill(cls.__doc__, "{parameters}", describe(cls._parameters))
            cls.__doc__ = _fill(doc, "{attributes}", inspect.cleandoc(cls._attributes))

    _attributes: ClassVar[str] = ""
    _own_parameters: ClassVar[Mapping[str, Parameter]] = {}

    def _check_together(self) -> None:
        """Raise ValueError, or warn, where parameters do not go together."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` is accepted for scikit-learn's sake."""
        del deep
        return {name: getattr(self, name) for name in self._parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name and return the object."""
        for name, value in params.items():
            if name not in self._parameters:
                raise ValueError(
                    f"{name!r} is no parameter of {type(self).__name__}; "
                    f"it has {', '.join(self._parameters)}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = (
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if repr(value) != repr(self._parameters[name].default)
        )
        return f"{type(self).__name__}({', '.join(changed)})"


def plain(value: Any) -> Any:
    """Return numpy scalars as Python numbers and lists as tuples, anything else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    return tuple(plain(element) for element in value) if isinstance(value, list | tuple) else value


def validate(owner: Parametrised) -> None:
    """Raise ValueError for the first parameter of ``owner`` outside its domain.

    Combinations of parameters are checked afterwards, by the owner.
    """
    for name, declared in owner._parameters.items():
        require(declared.domain, name, getattr(owner, name), type(owner).__name__)
    owner._check_together()


def describe(parameters: Mapping[str, Parameter]) -> str:
    """Write parameters in numpydoc form: name, accepted values, default and meaning."""
    return "\n\n".join(
        f"{name} : {declared.heading}\n" + textwrap.indent(declared.doc, "    ")
        for name, declared in parameters.items()
    )


def _make_init(cls: type[Parametrised]) -> Callable[..., None]:
    """Write ``__init__`` as source, as dataclasses do, so that inspect and help() see it."""
    kinds: dict[bool, list[str]] = {False: [], True: []}
    for name, declared in cls._parameters.items():
        default = "" if declared.default is REQUIRED else f"=_parameters[{name!r}].default"
        kinds[declared.kw_only].append(f"{name}{default}")
    arguments = ["self", *kinds[False], *(["*", *kinds[True]] if kinds[True] else [])]
    body = "\n    self._before_init()" if hasattr(cls, "_before_init") else ""
    body += "".join(f"\n    self.{name} = {name}" for name in cls._parameters) or "\n    pass"
    scope: dict[str, Any] = {"_parameters": cls._parameters}
    exec(f"def __init__({', '.join(arguments)}):{body}\n", scope)
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    return init


def _fill(doc: str, placeholder: str, text: str) -> str:
    """Put ``text`` in place of ``placeholder``, at the placeholder's indentation."""
    lines = []
    for line in doc.splitlines():
        if line.strip() == placeholder:
            lines.append(textwrap.indent(text, line[: len(line) - len(line.lstrip())]))
        else:
            lines.append(line)
    return "\n".join(lines)
