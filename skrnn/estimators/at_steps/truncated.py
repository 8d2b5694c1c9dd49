"""Estimators that learn from sequences longer than a gradient can go back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skrnn._parameters import NONE, integers, parameter
from skrnn.engine.feed import Examples, Lessons
from skrnn.engine.pieces import in_pieces
from skrnn.engine.spec import Spec
from skrnn.estimators.trainable import Trainable
from skrnn.networks.carrying import Carrying


class TruncatedBackpropagation(Trainable):
    """Learn at every step, from pieces of sequences, the state carried from one to the next."""

    bptt_length: int | None = parameter(
        default=None,
        domain=integers(1) | NONE,
        doc="""Learn from consecutive pieces of so many steps, each of which goes on from the state
        at the end of the one before, while the gradient stays within a piece (truncated
        back-propagation through time; Williams and Peng, 1990,
        doi:10.1162/neco.1990.2.4.490). A row of a batch reads sequence after sequence;
        ``shuffle`` reorders sequences, never their pieces. Where they are fewer than
        ``batch_size``, each is read at several places side by side, ten pieces or more from
        each. For recurrent networks in one direction; None learns from whole sequences.""",
    )

    def _to_train(
        self, examples: Examples, validation: Examples | None
    ) -> tuple[Spec, Lessons, Examples | None]:
        spec, whole, validation = super()._to_train(examples, validation)
        if self.bptt_length is None:
            return spec, whole, validation
        lessons = in_pieces(examples, int(self.bptt_length), self.batch_size)
        network = Carrying(spec.network, lessons.n_rows)
        if validation is not None:
            every = np.ones(len(validation), dtype=bool)
            validation = replace(validation, inputs=validation.inputs.marked(every))
        return replace(spec, network=network, n_features=spec.n_features + 1), lessons, validation
