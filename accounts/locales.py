"""Choosing one text of a locale map: exact language, then its parent, then the default, then any."""

from collections.abc import Mapping


def pick(texts: Mapping[str, str] | None, locale: str = "", default: str = "en") -> str:
    """The text for `locale` ("pt-BR" falls back to "pt"), else for `default`, else the first; "" if none."""
    if not texts:
        return ""
    for wanted in (*_family(locale), *_family(default)):
        if texts.get(wanted):
            return texts[wanted]
    return next((text for text in texts.values() if text), "")


def _family(locale: str) -> list[str]:
    """ "zh-Hans-CN" -> ["zh-Hans-CN", "zh-Hans", "zh"]."""
    parts = [part for part in (locale or "").replace("_", "-").split("-") if part]
    return ["-".join(parts[:end]) for end in range(len(parts), 0, -1)]
