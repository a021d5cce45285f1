"""Names of languages."""

from django.utils.translation import get_language_info


def language_name(code: str) -> str:
    """The language's name in itself; the code when Django knows no name."""
    try:
        return str(get_language_info(code.lower())["name_local"]).capitalize()
    except KeyError:
        return code
