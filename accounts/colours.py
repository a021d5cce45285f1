"""Contrast of colours, as WCAG 2.2 defines it (relative luminance, 1.4.3)."""

WHITE, INK = "#FFFFFF", "#14201B"
ENOUGH = 4.5


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB", from 0 (black) to 1 (white)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def darkened(colour: str, *, against: str = WHITE, enough: float = ENOUGH) -> str:
    """The nearest darker shade of the same hue that reads on `against`; the colour itself if it does."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    for percent in range(100, -1, -1):
        shade = "#{:02X}{:02X}{:02X}".format(*(part * percent // 100 for part in (red, green, blue)))
        if contrast(shade, against) >= enough:
            return shade
    return "#000000"
