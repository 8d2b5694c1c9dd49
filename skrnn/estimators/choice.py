"""The ``network`` parameter of the estimators that take any architecture."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Self

from skrnn._parameters import Parametrised, one_of, parameter, plain, satisfying
from skrnn.networks import BY_NAME, Network
from skrnn.networks.callable import FromCallable


class NetworkChoice(Parametrised):
    """Take the network as a name, as a network object or as a function."""

    network: Any = parameter(
        default="gru",
        domain=one_of(*BY_NAME)
        | satisfying(
            "a network object such as skrnn.networks.GRU(units=64)",
            lambda value: isinstance(value, Network),
        )
        | satisfying(
            "a function (inputs, lengths) -> KerasTensor",
            lambda value: (
                callable(value)
                and not isinstance(value, type)
                and not hasattr(value, "add_weight")  # a Keras layer carries weights of its own
            ),
        ),
        doc="""The architecture: a name, with that network's own defaults; a network object,
        whose parameters a search reaches as ``network__units``; or a function from a
        KerasTensor (batch, n_steps, n_features) and one of lengths (batch,) to a
        KerasTensor (batch, n_outputs). A function of the inputs alone takes sequences of
        one length only.""",
    )

    def _make_network(self) -> Network:
        if isinstance(self.network, str):
            return BY_NAME[self.network]()
        if isinstance(self.network, Network):
            params = self.network.get_params(deep=False)
            return type(self.network)(**{name: plain(value) for name, value in params.items()})
        return FromCallable(self.network)

    def _network_name(self) -> str:
        return getattr(self.network, "__name__", repr(self.network))

    def __getstate__(self) -> Any:
        """Return the state, or say why a function in it cannot be pickled.

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
                    f"network={self._network_name()} cannot be pickled, since it is a lambda or "
                    "defined inside a function; define it with def at the top of a module."
                ) from error
        state: Any = super().__getstate__()
        return state

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy without pickling, so that a lambda as network is no obstacle."""
        duplicate = type(self).__new__(type(self))
        memo[id(self)] = duplicate
        vars(duplicate).update(copy.deepcopy(vars(self), memo))
        return duplicate
