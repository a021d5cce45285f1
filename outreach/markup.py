"""What a member wrote in Markdown with Liquid, turned into the two Liquid sources a mail needs. Pure.

Markdown is read before Liquid runs, so a customer's words can never become markup: each Liquid tag is set
aside as a plain word, the Markdown is laid out, and the tags go back in, to be escaped where they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
PLACE = re.compile(r"lqz(\d+)zql")
TAGS_ALONE = re.compile(r"<p>((?:\s|<br\s*/?>|lqz\d+zql)+)</p>")
LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\n]+)\)")
EMPHASIS = re.compile(r"(\*\*|__)(.+?)\1")

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["image", "code", "fence"])


@dataclass(frozen=True)
class Markup:
    """Two Liquid sources: `html` for the body of the mail, `text` for its text part."""

    html: str
    text: str


def lay_out(body: str) -> Markup:
    """Lay out a body: Markdown around, Liquid untouched inside."""
    tags: list[str] = []
    # Nobody types our place-holders by accident; who does it on purpose loses them.
    body = PLACE.sub("", body)

    def set_aside(match: re.Match[str]) -> str:
        tags.append(match.group(0))
        return f"lqz{len(tags) - 1}zql"

    held = LIQUID.sub(set_aside, body.replace("\r\n", "\n"))
    page = _markdown.render(_blocks_apart(held, tags))
    page = TAGS_ALONE.sub(lambda match: _only_blocks(match.group(1), tags) or match.group(0), page)
    text = EMPHASIS.sub(r"\2", LINK.sub(r"\1: \2", held))
    return Markup(html=_put_back(page, tags), text=_put_back(text, tags))


def _blocks_apart(held: str, tags: list[str]) -> str:
    """A line of nothing but `{% ... %}` stands by itself, so that what it encloses is laid out as paragraphs."""
    lines = []
    for line in held.split("\n"):
        rest = PLACE.sub("", line).strip()
        numbers = PLACE.findall(line)
        alone = numbers and not rest and all(tags[int(number)].startswith("{%") for number in numbers)
        lines.append(f"\n{line.strip()}\n" if alone else line)
    return "\n".join(lines)


def _only_blocks(inside: str, tags: list[str]) -> str:
    """A paragraph of nothing but `{% ... %}` tags is not a paragraph."""
    numbers = [int(number) for number in PLACE.findall(inside)]
    if all(tags[number].startswith("{%") for number in numbers):
        return "".join(f"lqz{number}zql" for number in numbers)
    return ""


def _put_back(source: str, tags: list[str]) -> str:
    return PLACE.sub(lambda match: tags[int(match.group(1))], source)
