"""Words of the pages: how scores, counts and shares are written, and what components need to know."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.colours import INK, WHITE, contrast
from accounts.languages import language_name
from accounts.models.organization import Organization
from accounts.toasts import UNDO

register = template.Library()

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


@register.filter
def signed(value: float | Decimal | None) -> str:
    """+37, −8, 0 with a true minus; an en dash where there is no score."""
    if value is None or value == "":
        return DASH
    whole = round(value)
    if whole == 0:
        return "0"
    return f"+{number_format(whole, force_grouping=True)}" if whole > 0 else f"{MINUS}{number_format(-whole)}"


@register.filter
def nps(score: Any) -> str:
    """A score on screen: an integer from −100 to +100, or an en dash for none. Accepts -1..1 reports too."""
    return signed(getattr(score, "score", score))


@register.filter
def thousands(value: int | float | Decimal | None) -> str:
    """1,204; an en dash for nothing."""
    return DASH if value is None or value == "" else number_format(value, force_grouping=True)


@register.filter
def percent(share: float | Decimal | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as "26 %" (narrow no-break space); an en dash for none."""
    if share is None or share == "":
        return DASH
    return f"{number_format(round(float(share) * 100, decimals), decimals)}\N{NARROW NO-BREAK SPACE}%"


@register.filter
def of(part: int | None, whole: int | None) -> float | None:
    """`part|of:whole`: a share from 0 to 1, None where there is no whole."""
    return None if not whole or part is None else part / whole


@register.filter
def category(score: int | None) -> str:
    """det, pas, pro of a score from 0 to 10; "" for none."""
    if score is None or score == "":
        return ""
    return "det" if int(score) <= 6 else "pas" if int(score) <= 8 else "pro"


@register.filter
def category_name(score: int | None) -> str:
    return {"det": _("Detractor"), "pas": _("Passive"), "pro": _("Promoter")}.get(
        category(score), _("No score")
    )


@register.filter
def language(code: str) -> str:
    """The language's name in itself, of its code."""
    return language_name(code)


@register.filter
def initials(name: object) -> str:
    """AO of Ann Okafor; a question mark of nobody."""
    words = [word for word in str(name or "").split() if word[:1].isalnum()]
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper() or "?"


@register.filter
def widget_kind(field: BoundField) -> str:
    """How <c-field> lays the control out: box, boxes, file, secret, or line."""
    kind = field.widget_type
    if kind == "checkbox":
        return "box"
    if kind in ("radioselect", "checkboxselectmultiple"):
        return "boxes"
    if kind in ("file", "clearablefile"):
        return "file"
    return "secret" if kind == "password" else "line"


@dataclass(frozen=True)
class Trouble:
    """One line of the error summary: where to go, and what is wrong there."""

    target: str
    label: str
    text: str


@register.filter
def troubles(form: BaseForm | Any) -> list[Trouble]:
    """The errors of a form, a formset, or a list of forms, in the order of the page."""
    forms: Iterable[BaseForm] = (
        form if isinstance(form, list | tuple) else getattr(form, "forms", None) or [form]
    )
    found = [
        Trouble("", "", str(text))
        for text in (getattr(form, "non_form_errors", list)() if hasattr(form, "forms") else ())
    ]
    for each in forms:
        found.extend(Trouble("", "", str(text)) for text in each.non_field_errors())
        for field in each:
            target = field.id_for_label or field.auto_id
            found.extend(Trouble(str(target), str(field.label), str(text)) for text in field.errors)
    return found


@dataclass(frozen=True)
class Toast:
    kind: str
    text: str
    undo: str


@register.filter
def toasts(messages: Iterable[Message] | None) -> Iterator[Toast]:
    """Django's messages as toasts; the address of an undo travels in the extra tags (accounts.toasts)."""
    for message in messages or ():
        words = (message.extra_tags or "").split()
        undo = next((word.removeprefix(UNDO) for word in words if word.startswith(UNDO)), "")
        yield Toast(message.level_tag, str(message), undo)


@register.simple_tag(takes_context=True)
def fresh_id(context: Context, stem: str) -> str:
    """An id that no other element of this page has."""
    kept: Any = context.render_context.dicts[0]
    counter: count[int] = kept.setdefault("_fresh_ids", count(1))
    return f"{stem}-{next(counter)}"


@register.simple_tag(takes_context=True)
def address(context: Context, name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a page of this organization, or "" where the reader's product has no such page."""
    organization = context.get("organization")
    try:
        return reverse(name, args=[organization.slug, *args] if organization else args, kwargs=kwargs or None)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def may(context: Context, action: str) -> bool:
    """`{% may "survey.publish" as publishing %}`: whether the reader may do it."""
    actor = context.get("actor")
    return actor is not None and actor.may(action)


@register.simple_tag(takes_context=True)
def sort_link(context: Context, key: str) -> dict[str, str]:
    """The address that sorts a table by `key` (again: the other way round), and aria-sort as it is now."""
    request = context["request"]
    now = request.GET.get("sort", context.get("sorted_by", "") or "")
    query = request.GET.copy()
    for stale in ("page", "cursor"):
        query.pop(stale, None)
    query["sort"] = f"-{key}" if now == key else key
    order = "ascending" if now == key else "descending" if now == f"-{key}" else ""
    return {"url": "?" + query.urlencode(), "order": order}


@register.filter
def unlocal(value: float | Decimal | None) -> str:
    """A number as attributes of HTML want it: 1234.5."""
    return (
        "0"
        if value is None
        else format(value, "f").rstrip("0").rstrip(".")
        if "." in str(value)
        else str(value)
    )


@register.filter
def text_on(colour: str) -> str:
    """White or ink, whichever reads better on `colour` (#RRGGBB)."""
    try:
        return WHITE if contrast(colour, WHITE) >= contrast(colour, INK) else INK
    except (ValueError, TypeError, IndexError):
        return WHITE


@register.simple_tag(takes_context=True)
def organizations(context: Context) -> list[Organization]:
    """The organizations of the reader, for the switcher. The directory is outside row security."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return []
    return list(
        Organization.objects.filter(memberships__user=request.user, deleted_at=None)
        .order_by("name")
        .distinct()
    )


@register.filter
def trimmed(slot: Any) -> SafeString | str:
    """The words of a slot without the blank space around them; what was safe stays safe."""
    text = slot if isinstance(slot, str) else str(slot)
    return mark_safe(text.strip()) if isinstance(text, SafeString) else text.strip()


@register.filter
def moment(at: datetime | None) -> str:
    """When something happened, in the reader's zone: today 15:21, yesterday 16:02, 17 Nov 09:40, 2 Mar 2025."""
    if at is None:
        return DASH
    local, now = timezone.localtime(at), timezone.localtime()
    clock = date_format(local, "H:i")
    away = (now.date() - local.date()).days
    if away == 0:
        return _("today %(clock)s") % {"clock": clock}
    if away == 1:
        return _("yesterday %(clock)s") % {"clock": clock}
    if away == -1:
        return _("tomorrow %(clock)s") % {"clock": clock}
    return date_format(local, "j M H:i") if local.year == now.year else date_format(local, "j M Y")


@register.filter
def day(at: date | None) -> str:
    """A day, with its year only where it is another one: 17 Nov, 2 Mar 2025."""
    if at is None:
        return DASH
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    return date_format(local, "j M" if local.year == timezone.localtime().year else "j M Y")


@register.filter
def nth(items: Sequence[Any], at: int) -> Any:
    """The item at a place counted from 0; "" beyond the end."""
    return items[at] if 0 <= at < len(items) else ""


@register.filter
def tenths(value: float | None) -> str:
    """+3.4, −0.8, 0.0 with a true minus; an en dash for none."""
    if value is None or value == "":
        return DASH
    told = number_format(abs(round(value, 1)), 1)
    return told if round(value, 1) == 0 else f"+{told}" if value > 0 else f"{MINUS}{told}"
