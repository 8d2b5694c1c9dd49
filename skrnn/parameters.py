"""Constructor parameters declared once: default, domain and documentation; their validation.

A `Domain` holds the values that a parameter accepts, as a test, as the precise text of its error
and as the type in its documentation.

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
import json
import math
import numbers
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ClassVar, Literal, NoReturn, Self, TypeVar, dataclass_transform

import numpy as np

from skrnn._version import restore, with_version

__all__ = [
    "BOOLEAN",
    "CALLABLE",
    "FUNCTION",
    "NONE",
    "REQUIRED",
    "Domain",
    "Parameter",
    "Parametrized",
    "combination_check",
    "describe",
    "fitted",
    "integers",
    "one_of",
    "parameter",
    "plain",
    "reals",
    "redeclared",
    "require",
    "satisfying",
    "singles",
    "tuples_of",
    "validate",
]

Method = TypeVar("Method", bound=Callable[..., None])

#: Keras, its backends and numpy's indices count in 32 bits somewhere.
GREATEST = 2**31 - 1


@dataclass(frozen=True)
class Domain:
    """Values that a parameter accepts, as a test and as text; ``|`` unites two domains.

    Attributes
    ----------
    text : str
        Accepted values, for the error; very large bounds are left out.
    contains : callable
        Returns whether a value is accepted.
    options : tuple of str
        Accepted strings, if there is a short list of them.
    bound : callable
        Returns the reason for which a value is refused, if ``text`` leaves it out.
    types : tuple of str
        Accepted types in numpydoc form; empty for ``text`` without its article.
    """

    text: str
    contains: Callable[[Any], bool]
    options: tuple[str, ...] = ()
    bound: Callable[[Any], str] = lambda _: ""
    types: tuple[str, ...] = ()

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Return the accepted types, in the order of declaration."""
        return self.types or (_without_article(self.text),)

    @property
    def type_text(self) -> str:
        """Return the accepted types in numpydoc form, None last."""
        *first, last = sorted(self.alternatives, key=lambda name: name == "None")
        return f"{', '.join(first)} or {last}" if first else last

    def __or__(self, other: Domain) -> Domain:
        return Domain(
            f"{self.text} or {other.text}",
            lambda value: self.contains(value) or other.contains(value),
            self.options + other.options,
            lambda value: self.bound(value) or other.bound(value),
            self.alternatives + other.alternatives,
        )


def integers(low: int, high: int = GREATEST) -> Domain:
    """Accept integers from ``low`` to ``high``; errors name ``high`` for greater ones only."""
    return Domain(
        f"an int >= {low}",
        lambda value: _is_integer(value) and low <= value <= high,
        bound=lambda value: f", at most {high}" if _is_integer(value) and value > high else "",
        types=("int",),
    )


def reals(low: float, high: float = math.inf, *, closed: str = "left") -> Domain:
    """Accept real numbers from ``low`` to ``high``; ``closed`` names the included ends."""
    left, right = closed in ("left", "both"), closed in ("right", "both")
    upper = "inf" if math.isinf(high) else f"{high:g}"
    text = f"a float in {'[' if left else '('}{low:g}, {upper}{']' if right else ')'}"

    def contains(value: Any) -> bool:
        if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool_):
            return False
        try:
            number = float(value)
        except OverflowError:  # an int beyond all floats
            return False
        above = number >= low if left else number > low
        return above and (number <= high if right else number < high)

    return Domain(text, contains)


def singles(low: float, high: float = math.inf, *, closed: str = "left") -> Domain:
    """Accept real numbers that lie in the interval after rounding to 32-bit floats, too."""
    exact = reals(low, high, closed=closed)
    return Domain(
        exact.text,
        lambda value: exact.contains(value) and exact.contains(_rounded(value)),
        bound=lambda value: (
            f", and as a 32-bit float that is {_rounded(value):g}" if exact.contains(value) else ""
        ),
    )


def one_of(*options: str) -> Domain:
    """Accept one of the given strings."""
    quoted = ", ".join(map(_quoted, options))
    return Domain(
        ", ".join(map(repr, options)),
        lambda value: isinstance(value, str) and value in options,
        options,
        types=(quoted if len(options) == 1 else f"{{{quoted}}}",),
    )


def tuples_of(element: Domain) -> Domain:
    """Accept non-empty tuples (or lists) whose elements all lie in ``element``."""
    return Domain(
        f"a tuple of {_without_article(element.text)}",
        lambda value: (
            isinstance(value, tuple | list) and bool(value) and all(map(element.contains, value))
        ),
        element.options,
        lambda value: next(filter(None, map(element.bound, _elements(value))), ""),
        (f"tuple of {' or '.join(element.alternatives)}",),
    )


def satisfying(text: str, contains: Callable[[Any], bool], *types: str) -> Domain:
    """Accept values for which ``contains`` is true; ``types`` are their types in numpydoc form."""
    return Domain(text, contains, types=types)


def _without_article(text: str) -> str:
    return text.removeprefix("an ").removeprefix("a ")


def _quoted(option: str) -> str:
    return json.dumps(option, ensure_ascii=False)


def _is_integer(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _rounded(value: Any) -> float:
    """Return a number as a 32-bit float, with subnormal numbers flushed to zero."""
    with np.errstate(over="ignore", under="ignore"):
        single = np.float32(value)
    return float(single) if abs(single) >= np.finfo(np.float32).tiny else 0.0


def _elements(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple | list) else ()


NONE = Domain("None", lambda value: value is None)
BOOLEAN = Domain("a bool", lambda value: isinstance(value, bool | np.bool_))
CALLABLE = Domain("a callable", callable)
#: A class is refused: one of its objects is meant.
FUNCTION = Domain("a callable", lambda value: callable(value) and not isinstance(value, type))


def require(domain: Domain, name: str, value: Any, owner: str) -> None:
    """Raise ValueError if the argument ``name`` of ``owner`` lies outside its domain."""
    if not domain.contains(value):
        more = domain.bound(value) or _advice(domain, value)
        raise ValueError(
            f"{name}={value!r} was given to {owner}, which accepts {domain.text}{more}."
        )


def _advice(domain: Domain, value: Any) -> str:
    """Return advice for a class given for its object, or an option in the wrong case."""
    classes = [one for one in (value, *_elements(value)) if isinstance(one, type)]
    if classes:
        name = classes[0].__name__
        return f"; {name} is a class, so give an object of it, such as {name}()"
    meant = [
        one
        for one in domain.options
        if isinstance(value, str) and one.casefold() == value.casefold()
    ]
    return f"; write {meant[0]!r}" if meant else ""


@dataclass(frozen=True)
class Parameter:
    """Default, domain and documentation of one declared parameter."""

    default: Any
    domain: Domain
    doc: str
    kw_only: bool = True

    @property
    def heading(self) -> str:
        """Return the type and the default in numpydoc form."""
        if self.default is REQUIRED:
            return self.domain.type_text
        default = _quoted(self.default) if isinstance(self.default, str) else repr(self.default)
        return f"{self.domain.type_text}, default={default}"


#: The default of a parameter that has none.
REQUIRED: Any = inspect.Parameter.empty


def parameter(*, domain: Domain, doc: str, default: Any = REQUIRED, kw_only: bool = True) -> Any:
    """Declare a parameter in the class body of a `Parametrized` class."""
    return Parameter(default, domain, inspect.cleandoc(doc), kw_only)


def redeclared(name: str, *, of: type[Parametrized], default: Any, kw_only: bool = True) -> Any:
    """Declare the parameter ``name`` of another class again, with another default."""
    del kw_only  # for type checkers
    return replace(of._parameters[name], default=default)


def combination_check(method: Method) -> Method:
    """Mark a method that raises ValueError for incompatible parameters; `validate` calls it.

    The checks of all bases run, too.
    """
    method.checks_combination = True  # type: ignore[attr-defined]
    return method


class _Fitted:
    """Placeholder for an attribute that a fit sets, until the class is made."""


def fitted(*, init: Literal[False] = False) -> Any:
    """Declare an attribute that a fit sets, so that type checkers see no parameter in it."""
    del init
    return _Fitted()


@dataclass_transform(
    kw_only_default=True, eq_default=False, field_specifiers=(parameter, redeclared, fitted)
)
class Parametrized:
    """Base of every class whose constructor takes declared parameters and only assigns them.

    The parameters of a base class come first, and keep their place if a subclass declares them
    again. ``class Base(Parametrized, place=1)`` puts its own
    behind those of classes with a lower place, which is 0 by default. A class whose other base
    has a constructor of its own calls it in ``_before_init(self)``. A ``set_params`` of another
    base, such as that of scikit-learn, is called after the same checks of names.
    """

    _parameters: ClassVar[Mapping[str, Parameter]] = {}

    def __init_subclass__(cls, *, place: int = 0, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Parameter)}
        fitted_later = [name for name, value in vars(cls).items() if isinstance(value, _Fitted)]
        for name in [*own, *fitted_later]:
            delattr(cls, name)
        cls._own_parameters, cls._place = own, place
        bases = [base for base in reversed(cls.__mro__) if "_own_parameters" in vars(base)]
        declared: dict[str, Parameter] = {}
        places: dict[str, int] = {}
        for base in bases:
            declared |= vars(base)["_own_parameters"]
            for name in vars(base)["_own_parameters"]:
                places.setdefault(name, vars(base)["_place"])
        names = sorted(places, key=places.__getitem__)
        cls._parameters = {name: declared[name] for name in names}
        if "__init__" not in vars(cls):
            cls.__init__ = _make_init(cls)  # type: ignore[method-assign]
        setter = next(base for base in cls.__mro__ if "set_params" in vars(base))
        if not issubclass(setter, Parametrized):
            cls.set_params = _with_checked_names(cls.set_params)  # type: ignore[method-assign]
        if cls.__doc__:
            doc = _fill(cls.__doc__, "{parameters}", describe(cls._parameters))
            cls.__doc__ = _fill(doc, "{attributes}", inspect.cleandoc(cls._attributes))

    _attributes: ClassVar[str] = ""
    _own_parameters: ClassVar[Mapping[str, Parameter]] = {}
    _place: ClassVar[int] = 0

    def __getstate__(self) -> Any:
        """Return the attributes and the version of the package."""
        return with_version(vars(self))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore attributes; parameters that another version lacked take their defaults.

        Warns
        -----
        InconsistentVersionWarning
            If another version wrote them.
        """
        restore(self, state, {name: one.default for name, one in self._parameters.items()})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            Not used, present for scikit-learn's signature.

        Returns
        -------
        dict of str to object
            The parameters.
        """
        return {name: getattr(self, name) for name in self._parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params : object
            Names and values.

        Returns
        -------
        self : object
            The object.

        Raises
        ------
        ValueError
            If a name is not that of a parameter; nothing is set then. Values are validated
            later, by `validate`.
        """
        for name in params:
            if name not in self._parameters:
                _fail_name(self, name)
        for name, value in params.items():
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
    """Return numpy scalars as Python numbers, lists and arrays as tuples, others unchanged."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return tuple(plain(element) for element in value) if isinstance(value, list | tuple) else value


def validate(owner: Parametrized) -> None:
    """Raise ValueError for the first parameter of ``owner`` outside its domain.

    Combinations of parameters are checked afterwards, in the order of base classes.
    """
    for name, declared in owner._parameters.items():
        require(declared.domain, name, getattr(owner, name), type(owner).__name__)
    for kind in reversed(type(owner).__mro__):
        for method in vars(kind).values():
            if getattr(method, "checks_combination", False):
                method(owner)


def describe(parameters: Mapping[str, Parameter]) -> str:
    """Return parameters in numpydoc form: name, type, default and description."""
    return "\n\n".join(
        f"{name} : {declared.heading}\n" + textwrap.indent(declared.doc, "    ")
        for name, declared in parameters.items()
    )


def _fail_name(owner: Parametrized, name: str, nested: str = "") -> NoReturn:
    names = owner._parameters
    advice = f"set {nested} itself" if nested in names else f"it has {', '.join(names)}"
    raise ValueError(f"{name!r} is not a parameter of {type(owner).__name__}; {advice}.")


def _check_nested(owner: Parametrized, params: Mapping[str, Any]) -> None:
    """Raise ValueError for a ``name__nested`` unless the value of ``name`` has parameters."""
    for full_name, given in params.items():
        name, is_nested, nested = full_name.partition("__")
        if not is_nested:
            continue
        if name not in owner._parameters:
            _fail_name(owner, name, nested)
        value = params.get(name, getattr(owner, name))
        if hasattr(value, "set_params") and not isinstance(value, type):
            continue
        kind = type(owner).__name__
        own = f"{nested} of {kind}, or " if nested in owner._parameters else ""
        domain = owner._parameters[name].domain
        raise ValueError(
            f"{full_name}={given!r} was given to {kind}, whose {name} is {value!r}, which has no "
            f"parameters of its own; set {own}{name} itself, which accepts {domain.text}."
        )


def _with_checked_names(set_params: Callable[..., Any]) -> Callable[..., Any]:
    """Return the ``set_params`` of another library with checks before anything is set."""

    @wraps(set_params)
    def checked(self: Parametrized, **params: Any) -> Any:
        _check_nested(self, params)
        return set_params(self, **params)

    return checked


def _make_init(cls: type[Parametrized]) -> Callable[..., None]:
    """Compile ``__init__`` from source, as dataclasses do, so that inspect and help() see it."""
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
    """Return ``doc`` with ``placeholder`` replaced by ``text``, indented alike."""
    lines = []
    for line in doc.splitlines():
        if line.strip() == placeholder:
            lines.append(textwrap.indent(text, line[: len(line) - len(line.lstrip())]))
        else:
            lines.append(line)
    return "\n".join(lines)
