"""Whether a comment suggests something: "I miss a way to ...", "would be nice if". By the turns of speech of each
language; somebody who is happy and still says so has an idea worth reading."""

from __future__ import annotations

from functools import cache

from surveys.theming.phrases import Phrases
from surveys.theming.words import language_of, sentences

TURNS = {
    "en": """
        would be nice, would be great, would love, would like, could be better, should have, should
        be, should add, please add, i wish, wish you, wish there, if only, i miss, missing, suggest,
        suggestion, my only, one thing, it would help, how about, why not, consider adding, please
        offer, please bring, an idea, only thing, hope you, could you add
    """,
    "de": """
        wäre schön, wäre toll, wäre gut, würde mir wünschen, ich wünsche, wünschte, sollte es,
        sollten sie, könnten sie, könnte man, mir fehlt, ich vermisse, vorschlag, anregung, idee,
        verbesserungsvorschlag, nur eins, bitte mehr, bitte auch
    """,
    "fr": """
        ce serait bien, ce serait bien si, serait bien, aimerais, souhaiterais, j'aimerais, il
        faudrait, il manque, dommage que, suggestion, suggère, pourriez vous, pourriez-vous, une
        idée, si seulement, il serait bon
    """,
    "es": """
        estaría bien, sería bueno, sería genial, me gustaría, deberían, podrían, ojalá, falta, echo
        de menos, sugerencia, sugiero, una idea, por favor añadan
    """,
    "it": """
        sarebbe bello, sarebbe utile, sarebbe meglio, mi piacerebbe, vorrei, dovrebbero, dovreste,
        potrebbero, potreste, manca solo, suggerimento, suggerisco, un'idea, magari
    """,
    "ar": """
        اتمنى, نتمنى, ياليت, يا ليت, اقترح, نقترح, اقتراح, لو كان, من الافضل, ارجو, ينقصكم
    """,
}


@cache
def _turns(language: str) -> Phrases[bool]:
    listed = TURNS.get(language, "").split(",")
    return Phrases([(" ".join(each.split()), True) for each in listed if each.strip()], language)


def is_wish(text: str, *, told: str = "", default: str = "en") -> bool:
    language = language_of(text, told, default)
    phrases = _turns(language)
    return any(
        hit
        for sentence in sentences(text, language)
        for clause in sentence.clauses
        for hit in phrases.found(clause)
    )
