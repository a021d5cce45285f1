"""Contrast of colours by WCAG 2.2. Pure."""

from __future__ import annotations

import re

HEX = re.compile(r"^#[0-9a-fA-F]{6}$")
WHITE, INK = "#ffffff", "#14201b"


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    """Contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """White or ink: whichever reads better on the colour."""
    return WHITE if contrast(colour, WHITE) >= contrast(colour, INK) else INK


def soft(colour: str, share: float = 0.1) -> str:
    """The colour thinned with white: `share` of it is left."""
    parts = (round(255 - (255 - int(colour[place : place + 2], 16)) * share) for place in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)
