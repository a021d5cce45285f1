"""The pen: elements, escaped text, rounded numbers, and the three patterns."""

from html import escape
from itertools import count

from django.utils.formats import number_format

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_serial = count(1)


def element(name: str, *inside: str, **attributes: object) -> str:
    """An SVG element. `class_` is class, `stroke_width` is stroke-width; None leaves an attribute out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(inside)
    return f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>"


def text(words: object, x: float | str, y: float, **attributes: object) -> str:
    return element("text", escape(str(words)), x=x, y=y, **attributes)


def line(x1: float | str, y1: float, x2: float | str, y2: float, **attributes: object) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def rect(x: float | str, y: float, width: float | str, height: float, **attributes: object) -> str:
    wide = width if isinstance(width, str) else max(0.0, width)
    return element("rect", x=x, y=y, width=wide, height=max(0.0, height), **attributes)


def percent(share: float) -> str:
    """A length as a share of the chart's width: "37.5%"."""
    return f"{_value(100.0 * share)}%"


def fluid(*inside: str, height: float, sentence: str, class_: str = "fluid") -> str:
    """A frame as wide as its box, whose letters keep their size: lengths along x are percents."""
    return element(
        "svg",
        *inside,
        class_=class_,
        width="100%",
        height=height,
        role="img",
        aria_label=sentence,
        focusable="false",
    )


def svg(*inside: str, width: float, height: float, sentence: str = "", class_: str = "chart") -> str:
    """A frame that scales as a whole. With a sentence it is an image with that name, without one decoration."""
    named = {"role": "img", "aria_label": sentence} if sentence else {"aria_hidden": "true"}
    return element(
        "svg",
        *inside,
        class_=class_,
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        focusable="false",
        **named,
    )


def hatch(kind: str = "det") -> tuple[str, str]:
    """A 45-degree hatch for detractors ("det") or for those who wait ("ink-3"): (definition, fill)."""
    name = f"hatch-{kind}-{next(_serial)}"
    ground = f"c-{kind}-soft" if kind == "det" else "c-surface"
    pattern = element(
        "pattern",
        element("rect", width=6, height=6, class_=ground),
        element("rect", width=3.6 if kind == "det" else 1.6, height=6, class_=f"c-{kind}"),
        id=name,
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return element("defs", pattern), f"url(#{name})"


def signed(value: float | None) -> str:
    """+37, −8, 0; an en dash for none."""
    if value is None:
        return DASH
    whole = round(value)
    return "0" if whole == 0 else f"+{whole}" if whole > 0 else f"{MINUS}{-whole}"


def thousands(value: int) -> str:
    return number_format(value, force_grouping=True)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") if value == value else "0"
    return escape(str(value), quote=True)
