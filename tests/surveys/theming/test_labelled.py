"""The tagger against 200 reviews that a person read before there was a tagger, and against plain keywords."""

import csv
from pathlib import Path

import pytest

from surveys.theming import seeds
from surveys.theming.tagging import Tagger

REVIEWS = Path("/work/shared/data/lounge_reviews_mixed_scale.csv")
LABELLED = Path(__file__).with_name("labelled.txt")
THEMES = {
    "f": "food",
    "d": "drinks",
    "s": "staff",
    "w": "internet",
    "c": "cleanliness",
    "o": "crowding",
    "b": "washrooms",
    "t": "comfort",
    "q": "noise",
    "p": "space",
}
# What somebody would type into a search box for each: found anywhere in the text, also within a word.
KEYWORDS = {
    "food": ("food", "meal", "snack"),
    "drinks": ("drink", "bar", "coffee"),
    "staff": ("staff", "service"),
    "internet": ("wifi", "internet", "computer"),
    "cleanliness": ("clean", "dirty"),
    "crowding": ("crowd", "busy", "full"),
    "washrooms": ("toilet", "shower", "bathroom"),
    "comfort": ("seat", "comfort", "chair"),
    "noise": ("quiet", "noise", "noisy"),
    "space": ("space", "spacious", "small"),
}


def labelled() -> dict[int, tuple[frozenset[str], frozenset[str]]]:
    """Row -> the themes of both readings."""
    found = {}
    for line in LABELLED.read_text().splitlines():
        if not line.startswith("#"):
            row, first, second = line.split()
            found[int(row)] = (_themes(first), _themes(second))
    return found


def _themes(letters: str) -> frozenset[str]:
    return frozenset(THEMES[letter] for letter in letters if letter != "-")


def kappa(pairs: list[tuple[bool, bool]]) -> float:
    """Cohen's, of two readings."""
    agree = sum(one == other for one, other in pairs) / len(pairs)
    one, other = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
    chance = one * other + (1 - one) * (1 - other)
    return 1.0 if chance == 1 else (agree - chance) / (1 - chance)


def measured(found: dict[int, set[str]], theme: str) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean over the rows on which both readings agree."""
    hits = wrong = missed = 0
    for row, (first, second) in labelled().items():
        if (theme in first) != (theme in second):
            continue
        told, true = theme in found[row], theme in first
        hits, wrong, missed = (
            hits + (told and true),
            wrong + (told and not true),
            missed + (true and not told),
        )
    precision, recall = hits / max(1, hits + wrong), hits / max(1, hits + missed)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


@pytest.mark.shared
def test_the_tagger_beats_keywords_on_what_a_person_read(capsys: pytest.CaptureFixture[str]) -> None:
    if not REVIEWS.exists():
        pytest.skip(f"{REVIEWS} is not there")
    with REVIEWS.open(encoding="utf-8") as file:
        texts = [each["content"] for each in csv.DictReader(file)]
    rows = labelled()
    assert len(rows) == 200
    tagger = Tagger({key: seeds.words(key) for key in seeds.KEYS})
    ours = {row: {str(key) for key in tagger.hear(texts[row]).mentions} for row in rows}
    plain = {
        row: {theme for theme, words in KEYWORDS.items() if any(word in texts[row].lower() for word in words)}
        for row in rows
    }
    lines, sums = [], [0.0, 0.0]
    for theme in KEYWORDS:
        agreed = kappa([(theme in first, theme in second) for first, second in rows.values()])
        told, keyed = measured(ours, theme), measured(plain, theme)
        sums = [sums[0] + told[2], sums[1] + keyed[2]]
        lines.append(
            f"{theme:12} kappa {agreed:.2f}   themes: precision {told[0]:.2f} recall {told[1]:.2f} F {told[2]:.2f}"
            f"   keywords: {keyed[0]:.2f} {keyed[1]:.2f} {keyed[2]:.2f}"
        )
    with capsys.disabled():
        print("\n" + "\n".join(lines))
        print(f"mean F {sums[0] / 10:.3f} against {sums[1] / 10:.3f}")
    assert sums[0] > sums[1]
