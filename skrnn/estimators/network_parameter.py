"""The ``network`` parameter: a name, network object or function, as a network."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar, Self

from skrnn.networks import BY_NAME, Network, Recurrent
from skrnn.networks.wrappers.from_function import FromFunction
from skrnn.parameters import Domain, Parametrized, one_of, parameter, plain


def _accepts(value: Any) -> bool:
    """Return whether a value is a network object or a function of Keras tensors."""
    if isinstance(value, type) or _trains(value) or _has_weights(value):
        return False
    return isinstance(value, Network) or callable(value)


def _trains(value: Any) -> bool:
    """Return whether a value is an estimator, or a Keras model."""
    return hasattr(value, "fit")


def _has_weights(value: Any) -> bool:
    """Return whether a value is a Keras layer or model, whose weights exist before a fit."""
    return hasattr(value, "add_weight")


def _instead(value: Any) -> str:
    """Return the advice for an estimator, a Keras layer or a Keras model."""
    if isinstance(value, type) or not (_trains(value) or _has_weights(value)):
        return ""
    name = type(value).__name__
    if not _has_weights(value):
        own = getattr(value, "network_class", None)
        written = f"networks.{own.__name__}({next(iter(own._parameters))}=...)" if own else ""
        return (
            f"; {name} is an estimator, which has a network of its own: write "
            f"network={written or 'networks.GRU(units=...)'}, with skrnn.networks"
        )
    kind = {"SimpleRNN": "RNN", "LSTM": "LSTM"}.get(name, "GRU")
    return (
        f"; {name} is a Keras {'model' if _trains(value) else 'layer'}, whose weights each fit "
        f"would share: write network=networks.{kind}(units=...), with skrnn.networks, or a "
        "function that makes its layers"
    )


NETWORK = parameter(
    default="gru",
    domain=one_of(*BY_NAME)
    | Domain(
        "a network object such as skrnn.networks.GRU(units=64) or a function "
        "(inputs, lengths) -> KerasTensor",
        _accepts,
        bound=_instead,
        types=("network object", "callable"),
    ),
    doc="""Architecture: a name, for a network with its defaults; a network object, whose
    parameters are searched as ``network__units``; or a function from a KerasTensor (batch,
    n_steps, n_features) and one of lengths (batch,) to a KerasTensor (batch, n), or (batch,
    n_steps, n) for outputs at each step; n is free, as the estimator adds the output layer. A
    function of the inputs alone takes sequences of one length only.""",
)


#: The network of estimators whose architecture has to be recurrent.
RECURRENT = parameter(
    default="gru",
    domain=one_of(*(name for name, kind in BY_NAME.items() if issubclass(kind, Recurrent)))
    | Domain(
        "a recurrent network object such as skrnn.networks.GRU(units=64)",
        lambda value: isinstance(value, Recurrent),
        bound=_instead,
    ),
    doc="""Recurrent layers of the encoder and of the decoder: a name, for a network with its
    defaults, or a network object such as ``networks.GRU(units=64)``, whose parameters are
    searched as ``network__units``.""",
)


class NetworkParameterMixin(Parametrized, place=-1):
    """Take the network as a parameter; estimators with it can be copied and pickled."""

    network: Any = NETWORK
    network_class: ClassVar[None] = None

    def __getstate__(self) -> Any:
        """Return the state to pickle.

        Raises
        ------
        TypeError
            If ``network`` is a lambda or a function defined inside another one.
        """
        if callable(self.network):
            try:
                pickle.dumps(self.network)
            except (pickle.PicklingError, AttributeError) as error:
                raise TypeError(
                    f"network={name_of(self.network)} cannot be pickled, since it is a lambda or "
                    "defined inside a function; define it with def at the top of a module."
                ) from error
        state: Any = super().__getstate__()
        return state

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy without pickling, so that the network may be a lambda."""
        duplicate = type(self).__new__(type(self))
        memo[id(self)] = duplicate
        vars(duplicate).update(copy.deepcopy(vars(self), memo))
        return duplicate


def network_from(network: Any) -> Network:
    """Return the network for a valid ``network`` parameter."""
    if isinstance(network, str):
        return BY_NAME[network]()
    if isinstance(network, Network):
        params = network.get_params(deep=False)
        return type(network)(**{name: plain(value) for name, value in params.items()})
    return FromFunction(network)


def name_of(network: Any) -> str:
    """Return the name of a ``network`` parameter in messages."""
    return getattr(network, "__name__", repr(network))
