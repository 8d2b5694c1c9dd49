"""The generator: a model of texts, sequences of tokens or music that writes more of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skrnn._parameters import NONE, integers, reals, require
from skrnn.engine.stepping import stepping, walk
from skrnn.estimators.generators.framing import read_and_next, read_to_the_last
from skrnn.estimators.generators.materials import TEXTS, Material, read_material
from skrnn.estimators.generators.next_steps import NextStepModel


def _has_tokens(generator: Any) -> bool:
    """Tell whether a generator has one token at each step, or may once it is fitted."""
    return getattr(generator, "kind_", generator.tokens) != "rolls"


def _has_characters(generator: Any) -> bool:
    """Tell whether a generator is one of texts, or may be once it is fitted."""
    return getattr(generator, "kind_", generator.tokens) in ("auto", *TEXTS)


class SequenceGenerator(NextStepModel):
    """Learn what comes next in texts, sequences of tokens or music, and write more of them.

    The network reads a sequence and gives, at each step, how probable each token is as the
    next one (Bengio et al., 2003, jmlr.org/papers/v3/bengio03a.html; Mikolov et al., 2010,
    doi:10.21437/Interspeech.2010-343); of piano rolls, how probable each key is, independent of
    the others (Boulanger-Lewandowski et al., 2012, arXiv:1206.6392).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skrnn import SequenceGenerator
    >>> line = "to be or not to be, "
    >>> generator = SequenceGenerator(chunk_length=50, batch_size=4, random_state=0)
    >>> generator.fit(line * 40).sample(12, prompt="to be or ", temperature=0)
    'not to be, t'
    >>> bool(generator.bits_per_character(line * 5) < 0.5)
    True
    """

    def sample(
        self,
        n: int = 200,
        prompt: Any = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        n_samples: int | None = None,
        random_state: Any = None,
    ) -> Any:
        """Write a sequence, or go on with one.

        Parameters
        ----------
        n : int, default=200
            Steps to write at most; fewer where the sequence ends.
        prompt : str, list of tokens or array (n_steps, n_keys), default=None
            What comes before, which is no part of what is returned. None begins anew.
        temperature : float, default=1.0
            Divides the logits: below 1 what is probable becomes more so; 0 always takes the
            most probable token, and each key that is more probable than not.
        top_k : int, default=None
            Draw from so many tokens alone, those most probable; of rolls, let no other keys
            sound than so many. None allows all.
        n_samples : int, default=None
            Return a list of so many; None returns one by itself.
        random_state : int, RandomState or None, default=None
            Seed of what is drawn; None draws from numpy's global generator.

        Returns
        -------
        str, list of tokens or ndarray of int (n, n_keys); or a list of them
            As the sequences of the fit were. Unknown tokens are never drawn.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If an argument is not accepted, or the fit did not know a token of the prompt.
        """
        check_is_fitted(self)
        owner = f"{type(self).__name__}.sample"
        require(integers(0), "n", n, owner)
        require(reals(0), "temperature", temperature, owner)
        require(integers(1) | NONE, "top_k", top_k, owner)
        require(integers(1) | NONE, "n_samples", n_samples, owner)
        random, alphabet = check_random_state(random_state), self._alphabet
        n_rows = n_samples or 1
        stages = stepping(self._spec.network, self.weights_, n_rows)
        for step in alphabet.prompt(prompt):
            outputs = stages(np.tile(step, (n_rows, 1)))
        drawn = np.empty((n_rows, n, alphabet.n_features), dtype=np.float32)
        has_ended = np.zeros(n_rows, dtype=bool)
        for position in range(n):
            drawn[:, position] = step = alphabet.draw(outputs, temperature, top_k, random)
            has_ended |= alphabet.is_end(step)
            if has_ended.all():
                break
            outputs = stages(step)
        sequences = [alphabet.decode(row) for row in drawn]
        return sequences[0] if n_samples is None else sequences

    def predict_proba(self, X: Any) -> list[NDArray[np.float64]]:
        """Return what comes next at each step, and how probably.

        Parameters
        ----------
        X
            As in ``fit``, of the same kind.

        Returns
        -------
        list of ndarray of shape (n_steps_i, n_tokens) or (n_steps_i, n_keys)
            For each sequence - one text is one sequence - the probability of each of
            ``tokens_``, or of each key, after each of its steps.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X is not accepted.
        """
        material = self._material(X)
        inputs = read_to_the_last(self._alphabet, material.sequences)
        found = [np.empty((n, self._alphabet.n_outputs)) for n in inputs.lengths]
        for rows, steps, outputs in walk(self._spec.network, self.weights_, inputs):
            for row, part in zip(rows, self._probabilities(outputs), strict=True):
                place = found[row][steps]
                place[:] = part[: len(place)]
        return [part[1:] for part in found]

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each sequence, in nats.

        Parameters
        ----------
        X
            As in ``fit``, of the same kind. The tokens that the fit did not know count as one.

        Returns
        -------
        ndarray of shape (n_samples,)
            With all its steps and, after a fit on a list of tokens or texts, its end.

        Raises
        ------
        NotFittedError
            If there was no fit.
        ValueError, TypeError
            If X is not accepted.
        """
        return self._log_likelihoods(self._material(X))[0]

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of the logarithm of the probability of a step; higher is better.

        Parameters
        ----------
        X
            As in ``score_samples``. Each sequence is read from its beginning to its end.
        y : object, default=None
            Ignored.

        Returns
        -------
        float
            In bits, so that it is minus the bits per token; of rolls in nats, minus the
            negative log-likelihood of a step.

        Raises
        ------
        NotFittedError, ValueError, TypeError
            As ``score_samples`` does.
        """
        del y
        totals, n_steps = self._log_likelihoods(self._material(X))
        nats = float(totals.sum() / n_steps)
        return nats if self.kind_ == "rolls" else nats / math.log(2)

    @available_if(_has_tokens)
    def perplexity(self, X: Any) -> float:
        """Return among how many equally probable tokens the choice is as hard, on average.

        Parameters
        ----------
        X
            As in ``score``, of which this is 2 ** -score.
        """
        return float(2.0 ** -self.score(X))

    @available_if(_has_characters)
    def bits_per_character(self, X: Any) -> float:
        """Return how many bits a character of texts takes; of words, too, so that both compare.

        Parameters
        ----------
        X
            As in ``score``. What the ends of texts take is shared out among their characters.
        """
        material = self._material(X)
        totals, _ = self._log_likelihoods(material)
        n_characters = sum(len("".join(sequence)) for sequence in material.sequences)
        return float(-totals.sum() / n_characters / math.log(2))

    def _material(self, X: Any) -> Material:
        check_is_fitted(self)
        return read_material(X, self.kind_)

    def _log_likelihoods(self, material: Material) -> tuple[NDArray[np.float64], int]:
        """Return that of each sequence, in nats, and how many steps it is of in all."""
        inputs, targets = read_and_next(self._alphabet, material.sequences)
        totals = np.zeros(len(inputs))
        for rows, steps, outputs in walk(self._spec.network, self.weights_, inputs):
            following, real = targets.gather(rows, int(targets.lengths[rows].max()))
            wanted = self._alphabet.targets(following[:, steps])
            found = self._alphabet.log_likelihood(outputs.astype(np.float64), wanted)
            totals[rows] += np.where(real[:, steps], found, 0.0).sum(axis=1)
        return totals, int(inputs.lengths.sum())
