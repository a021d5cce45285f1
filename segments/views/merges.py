"""Duplicates: found, compared side by side, made one, and taken apart again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Stale
from accounts.toasts import toast
from segments import compiling, matching, merging, moving_rows, telling_apart, unmerging
from segments.merging import KEPT, OTHER, NotMerged
from segments.models import Attribute, Customer, Distinction, Merge
from segments.values import as_text


@member_page("customer.merge")
def duplicate_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Records that may be one person, each pair with a way to compare it."""
    trouble, groups = "", []
    try:
        with compiling.patience():
            groups = matching.groups(request.actor)
    except compiling.TooSlow as error:
        trouble = str(error)
    told = {
        "groups": groups,
        "trouble": trouble,
        "merges": merges_of(request.actor)
        .reversible(timezone.now())
        .select_related("survivor", "by")
        .order_by("-at", "-id")[:20],
        "apart": distinctions_of(request.actor)
        .select_related("first", "second", "by")
        .order_by("-at", "-id")[:20],
        "most": matching.MOST,
    }
    return render(request, "segments/duplicate_list.html", told)


@member_page("customer.merge")
def customer_merge(request: HttpRequest, slug: str, customer_id: int, other_id: int) -> HttpResponse:
    """Two records side by side; what is sent makes them one."""
    actor: Actor = request.actor
    seen = Customer.objects.present().visible_to(actor).select_related("company", "unit")
    kept, other = (get_object_or_404(seen, pk=one) for one in (customer_id, other_id))
    if kept.pk == other.pk:
        raise Http404
    rows = _compared(kept, other)
    status, trouble, stale = 200, "", None
    if request.method == "POST":
        chosen = {row["key"]: request.POST[row["key"]] for row in rows if row["key"] in request.POST}
        try:
            done = merging.merge(
                kept,
                other,
                by=actor,
                choose=chosen,
                expected=(_number(request.POST.get("kept")), _number(request.POST.get("other"))),
            )
        except NotMerged as error:
            trouble, status = str(error), 422
        except Stale as error:
            stale, status = error, 409
        else:
            toast(
                request,
                _("The two records are one now. It can be undone for 30 days."),
                undo=reverse("merge_undo", args=[slug, done.pk]),
            )
            return redirect("customer_detail", slug, kept.pk)
    told = {
        "kept": kept,
        "other": other,
        "rows": rows,
        "moving": moving_rows.moving(other),
        "staying": moving_rows.moving(kept),
        "trouble": trouble,
        "stale": stale,
    }
    return render(request, "segments/customer_merge.html", told, status=status)


@require_POST
@member_page("customer.merge")
def customer_apart(request: HttpRequest, slug: str, customer_id: int, other_id: int) -> HttpResponse:
    """Two people, somebody says who looked at both."""
    seen = Customer.objects.present().visible_to(request.actor)
    one, other = (get_object_or_404(seen, pk=each) for each in (customer_id, other_id))
    try:
        told = telling_apart.tell_apart(one, other, by=request.actor)
    except telling_apart.NotTwo:
        raise Http404 from None
    toast(
        request,
        _("Two people, then. They are not offered again."),
        undo=reverse("distinction_undo", args=[slug, told.pk]),
    )
    return redirect("duplicate_list", slug)


@require_POST
@member_page("customer.merge")
def distinction_undo(request: HttpRequest, slug: str, distinction_id: int) -> HttpResponse:
    told = get_object_or_404(distinctions_of(request.actor), pk=distinction_id)
    telling_apart.take_back(told, by=request.actor)
    toast(request, _("They are offered again."))
    return redirect("duplicate_list", slug)


def distinctions_of(actor: Actor) -> Any:
    """The pairs of customers that were told apart and that the actor may both see."""
    seen = Customer.objects.present().visible_to(actor).values("pk")
    return Distinction.objects.filter(first__in=seen, second__in=seen)


@require_POST
@member_page("customer.merge")
def merge_undo(request: HttpRequest, slug: str, merge_id: int) -> HttpResponse:
    found = get_object_or_404(merges_of(request.actor), pk=merge_id)
    try:
        unmerging.undo(found, by=request.actor)
    except NotMerged as error:
        toast(request, str(error))
    else:
        toast(request, _("Two records again, as they were."))
    return redirect("customer_detail", slug, found.survivor_id)


def merges_of(actor: Actor) -> Any:
    """The merges into customers that the actor may see."""
    survivors = Customer.objects.present().visible_to(actor)
    return Merge.objects.filter(survivor__in=survivors.values("pk"))


def _compared(kept: Customer, other: Customer) -> list[dict[str, Any]]:
    """One row per fact that one of them has: both values, whose is preselected, and whether there is a choice."""
    found = []
    for name, label in merging.FIELDS.items():
        mine, theirs = getattr(kept, name), getattr(other, name)
        words = (
            (kept.role_words, other.role_words) if name == "roles" else (str(mine or ""), str(theirs or ""))
        )
        found.append(_row(name, label, mine, theirs, *words))
    for one in Attribute.objects.present():
        mine, theirs = kept.attributes.get(one.key), other.attributes.get(one.key)
        shown = [as_text(one.kind, value) for value in (mine, theirs)]
        found.append(_row(f"{merging.ATTRIBUTE}{one.key}", one.label, mine, theirs, *shown))
    return [row for row in found if row["mine"] or row["theirs"]]


def _row(key: str, label: Any, mine: Any, theirs: Any, shown: str, other_shown: str) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "mine": shown,
        "theirs": other_shown,
        "chosen": merging.chosen(key, mine, theirs, {}),
        "differs": mine != theirs,
        "values": [(KEPT, shown), (OTHER, other_shown)],
    }


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else 0
