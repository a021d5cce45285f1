"""Which of several rated aspects go with a score, and how much of it: relative weights and an ordinal model. Pure.

Johnson 2000 (Multivariate Behavioral Research 35): the aspects are taken apart into directions that share nothing; what
each aspect adds to these, times what these explain of the score, is its weight. The weights of all add up to R-squared,
and aspects that say nearly the same share what they explain, instead of one taking it all. A weight is never below
zero, so its interval cannot tell whether it is more than chance: beside each draw stands an aspect of pure noise
(Tonidandel, LeBreton and Johnson 2009, Psychological Methods 14), and what surely weighs more than that goes with the
score, the level divided by the number of aspects. Drawn anew are people; always from the same seed.

The direction is that of a proportional-odds model (McCullagh 1980, JRSS-B 42) of the three categories, fitted by
Newton's method on its concave likelihood. Where ratings tell the categories apart without fault there is no largest
likelihood, and no figure.

numpy is loaded by the first who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveys import nps
from surveys.ranks import SEED, turns_for

if TYPE_CHECKING:
    import numpy as np

FEWEST = 100  # people
ALIKE = 0.9  # correlation from which on two aspects are hardly told apart
BEYOND = 12.0  # a coefficient per standard deviation that no data of people have: perfect separation
MOST_STEPS = 60

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Weights:
    """`raw` add up to `r2`; `rescaled` are their shares in per cent."""

    raw: tuple[float, ...]
    rescaled: tuple[float, ...]
    r2: float


@dataclass(frozen=True)
class Driver:
    """One aspect: its share of what all explain, in per cent, with its 95 % interval; whether that is more than noise.

    `odds` is by how much the odds of a higher category multiply with one step more of the rating, others being the
    same, with its interval; None where the model has no figure.
    """

    weight: float
    low: float
    high: float
    goes_with: bool
    odds: float | None
    odds_low: float | None
    odds_high: float | None


@dataclass(frozen=True)
class Fit:
    """`drivers` in the order of the columns; `alike` are pairs of columns that hardly can be told apart.

    `without_model` says why there are no odds: "separated", the ratings tell the categories apart without fault;
    "alike", one aspect follows from others; "" where there are.
    """

    n: int
    r2: float
    r2_low: float
    r2_high: float
    drivers: tuple[Driver, ...]
    alike: tuple[tuple[int, int], ...]
    without_model: str


def weights(scores: Sequence[float], rows: Rows) -> Weights | None:
    """Johnson's weights; None where the score or an aspect is the same for everybody."""
    import numpy as np

    found = _weighed(_together(scores, rows), np.ones(len(scores)))
    if found is None:
        return None
    r2 = float(found.sum())
    shares = found / r2 * 100 if r2 > 0 else found
    return Weights(tuple(map(float, found)), tuple(map(float, shares)), r2)


def fit(scores: Sequence[int], rows: Rows, *, turns: int | None = None) -> Fit | None:
    """Of FEWEST people or more, each with all ratings; None where nothing can be weighed."""
    import numpy as np

    n = len(scores)
    data = _together(scores, rows)
    plain = _weighed(data, np.ones(n))
    if n < FEWEST or plain is None or plain.sum() <= 0:
        return None
    aspects = data.shape[1] - 1
    random = np.random.default_rng(SEED)
    noise = random.standard_normal((n, 1))
    drawn, apart, explained = [], [], []
    for _turn in range(turns or turns_for(n)):
        often = np.bincount(random.integers(n, size=n), minlength=n).astype(float)
        again = _weighed(data, often)
        beside = _weighed(np.hstack([data, noise]), often)
        if again is None or beside is None or again.sum() <= 0:
            continue
        drawn.append(again / again.sum() * 100)
        apart.append(beside[:-1] - beside[-1])
        explained.append(again.sum())
    if not drawn:
        return None
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    surely = np.percentile(apart, 100 * 0.05 / 2 / aspects, axis=0)
    r2_low, r2_high = np.percentile(explained, [2.5, 97.5])
    share = plain / plain.sum() * 100
    odds = _odds(scores, data[:, 1:])
    drivers = tuple(
        Driver(
            float(share[j]), float(low[j]), float(high[j]), bool(surely[j] > 0), *(odds[j] if odds else _NONE)
        )
        for j in range(aspects)
    )
    related = np.corrcoef(data[:, 1:], rowvar=False) if aspects > 1 else np.ones((1, 1))
    alike = tuple(
        (i, j) for i in range(aspects) for j in range(i + 1, aspects) if abs(float(related[i, j])) >= ALIKE
    )
    return Fit(
        n,
        float(plain.sum()),
        float(r2_low),
        float(r2_high),
        drivers,
        alike,
        _why(data) if odds is None else "",
    )


_NONE = (None, None, None)


def _why(data: np.ndarray[Any, Any]) -> str:
    import numpy as np

    x = data[:, 1:] - data[:, 1:].mean(axis=0)
    return "alike" if np.linalg.matrix_rank(x) < x.shape[1] else "separated"


def _together(scores: Sequence[float], rows: Rows) -> np.ndarray[Any, Any]:
    """The score in the first column, the aspects behind it."""
    import numpy as np

    return np.column_stack([np.asarray(scores, dtype=float), np.asarray(rows, dtype=float)])


def _weighed(data: np.ndarray[Any, Any], often: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Raw weights of the aspects, each person counted as often as told."""
    import numpy as np

    total = often.sum()
    centred = data - (often @ data) / total
    spread = np.sqrt(often @ (centred * centred) / total)
    if (spread < 1e-9).any():
        return None
    scaled = centred / spread
    related = (scaled * often[:, None]).T @ scaled / total
    values, vectors = np.linalg.eigh(related[1:, 1:])
    kept = values > 1e-9
    root = np.sqrt(np.where(kept, values, 0.0))
    # From the aspects to the directions, and from these to the score; a direction that nobody has explains nothing.
    loadings = vectors * root @ vectors.T
    back = vectors * np.where(kept, 1 / np.where(kept, root, 1.0), 0.0) @ vectors.T
    found: np.ndarray[Any, Any] = (loadings**2) @ ((back @ related[1:, 0]) ** 2)
    return found


def _odds(scores: Sequence[int], aspects: np.ndarray[Any, Any]) -> list[tuple[float, float, float]] | None:
    """Of each aspect the odds ratio per step of the rating with its interval; None where there is no maximum."""
    import numpy as np

    spread = aspects.std(axis=0)
    x = (aspects - aspects.mean(axis=0)) / spread
    groups = np.array([0 if score <= 6 else 1 if score <= 8 else 2 for score in scores])
    present, place = np.unique(groups, return_inverse=True)
    cuts = len(present) - 1
    if cuts < 1:
        return None
    above = np.array([(place > cut).mean() for cut in range(cuts)])
    theta = np.concatenate([-np.log(above / (1 - above)), np.zeros(x.shape[1])])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return None
    likely, slope, curve = _likelihood(theta, x, place, cuts)
    for _turn in range(MOST_STEPS):
        try:
            step = np.linalg.solve(-curve, slope)
        except np.linalg.LinAlgError:
            return None
        size = 1.0
        while size > 1e-6:
            after = _likelihood(theta + size * step, x, place, cuts)
            if after[0] >= likely - 1e-12:
                break
            size /= 2
        theta, (likely, slope, curve) = theta + size * step, after
        if np.abs(theta[cuts:]).max() > BEYOND or likely > -1e-3:
            return None
        if np.abs(size * step).max() < 1e-8:
            break
    else:
        return None
    error = np.sqrt(np.diag(np.linalg.inv(-curve)))[cuts:]
    z = nps.quantile(0.95)
    effect, wide = theta[cuts:] / spread, z * error / spread
    return [
        (float(np.exp(e)), float(np.exp(e - w)), float(np.exp(e + w)))
        for e, w in zip(effect, wide, strict=True)
    ]


def _likelihood(
    theta: np.ndarray[Any, Any], x: np.ndarray[Any, Any], place: np.ndarray[Any, Any], cuts: int
) -> tuple[float, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Log-likelihood of P(category <= c) = logistic(cut_c - x b), its gradient and its matrix of second derivatives."""
    import numpy as np

    n = len(place)
    edges = np.concatenate([[-np.inf], theta[:cuts], [np.inf]])
    if not (np.diff(edges[1:-1]) > 0).all():
        return -np.inf, np.zeros(len(theta)), -np.eye(len(theta))
    effect = x @ theta[cuts:]
    upper, lower = edges[place + 1] - effect, edges[place] - effect
    with np.errstate(over="ignore"):
        f_up, f_low = 1 / (1 + np.exp(-upper)), 1 / (1 + np.exp(-lower))
    chance = np.maximum(f_up - f_low, 1e-300)
    d_up, d_low = f_up * (1 - f_up) / chance, f_low * (1 - f_low) / chance
    # Rows of derivatives of both edges by the parameters; an infinite edge depends on none.
    by_up, by_low = np.zeros((n, len(theta))), np.zeros((n, len(theta)))
    inner = place < cuts
    by_up[inner, place[inner]] = 1
    by_up[:, cuts:] = -x * inner[:, None]
    outer = place > 0
    by_low[outer, place[outer] - 1] = 1
    by_low[:, cuts:] = -x * outer[:, None]
    slope = by_up.T @ d_up - by_low.T @ d_low
    up_up = d_up * (1 - 2 * f_up) - d_up**2
    low_low = -d_low * (1 - 2 * f_low) - d_low**2
    both = (by_up * (d_up * d_low)[:, None]).T @ by_low
    curve = (by_up * up_up[:, None]).T @ by_up + (by_low * low_low[:, None]).T @ by_low + both + both.T
    return float(np.log(chance).sum()), slope, curve
