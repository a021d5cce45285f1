"""Customers: the list, one customer, adding and correcting, putting away, export."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.door import member_page
from accounts.models import Stale
from accounts.sockets import plugged
from accounts.tenancy.context import acting_for
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from segments import catalog, compiling, contacting, grounds, listing, timeline, worth
from segments.catalog import Asked
from segments.customers import Refused, save_by_hand
from segments.forms import CustomerForm
from segments.listing import Search
from segments.models import (
    Attribute,
    Category,
    Channel,
    ConsentChange,
    Customer,
    Merge,
    Purpose,
    Segment,
    StageChange,
)
from segments.putting_away import bring_back, put_away
from segments.rules import as_json
from segments.values import as_text

CHANNEL_ICONS = {Channel.EMAIL: "mail", Channel.SMS: "phone", Channel.IN_APP: "app"}


@member_page("customer.view")
def customer_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody, or whom the search, the category, the segment or an attribute leaves."""
    search = Search.read(request.GET)
    actor, trouble = request.actor, ""
    rows: list[Customer] = []
    mark, number = "", None
    try:
        with compiling.patience():
            rows, mark = search.page(actor)
        number = compiling.count(search.found(actor))
    except (compiling.TooSlow, compiling.Unanswerable) as error:
        trouble = str(error)
    query = request.GET.copy()
    query.pop("after", None)
    fields = search.fields()
    if not request.GET.getlist("columns"):
        fields = _telling(fields, rows)
    told = {
        "search": search,
        "rows": [(customer, [_cell(one, customer) for one in fields]) for customer in rows],
        "fields": fields,
        "number": number,
        "trouble": trouble,
        "next": f"?{query.urlencode()}&{urlencode({'after': mark})}" if mark else "",
        "first": f"?{query.urlencode()}" if search.after else "",
        "export_query": query.urlencode(),
        "rule": json.dumps(rule) if (rule := search.as_rule()) else "",
        "search_rule": json.dumps(as_json(search.rule)) if search.rule else "",
        "categories": [*Category.choices, ("none", _("no answer yet"))],
        "stages": [*search.words["stage"].labels.items(), ("none", _("none"))],
        "segments": Segment.objects.present().order_by("name"),
        "attributes": Attribute.objects.present(),
        "all_columns": search.words.columns(),
        "sorts": [(key, search.words[key].label) for key in listing.ORDERS],
        "kept": [(name, value) for name in query for value in query.getlist(name) if name != "columns"],
    }
    return render(request, "segments/customer_list.html", told)


def _telling(fields: list[catalog.Field], rows: list[Customer]) -> list[catalog.Field]:
    """Without the usual columns that say nothing of anybody on this page; chosen columns always show."""
    return [
        one
        for one in fields
        if one.key == "score" or any(_cell(one, customer)["value"] not in (None, "") for customer in rows)
    ]


def _cell(one: catalog.Field, customer: Customer) -> dict[str, Any]:
    """How a column shows: by its kind."""
    value = one.shown(customer) if one.shown is not None else None
    kind = "score" if one.key in ("score", "previous_score") else one.kind
    if kind == "date" and isinstance(value, str):
        value = date.fromisoformat(value)
    if isinstance(value, datetime):
        kind = "instant"
    if kind in ("list", "yes_no"):
        value = as_text(kind, value)
    if kind == "choice" and one.labels:
        value = one.labels.get(str(value), str(value or ""))
    return {"kind": kind, "value": value, "label": one.label, "currency": one.currency}


@member_page("customer.view")
def customer_detail(request: HttpRequest, slug: str, customer_id: int) -> HttpResponse:
    """What is known of one person, what happened, and what may be sent to them."""
    customer = _customer(request, customer_id)
    actor: Actor = request.actor
    all_lines = timeline.lines(customer, actor)
    kinds = sorted({line.kind for line in all_lines})
    kind = request.GET.get("show", "")
    words = catalog.vocabulary()
    told = {
        "customer": customer,
        "lines": [line for line in all_lines if not kind or line.kind == kind],
        "kinds": [(one, KINDS.get(one, one)) for one in kinds] if len(kinds) > 1 else [],
        "shown_kind": kind,
        "matrix": _matrix(customer),
        "channels": [(channel, label, CHANNEL_ICONS[Channel(channel)]) for channel, label in Channel.choices],
        "story": _story([line for line in all_lines if line.score is not None]),
        "attribute_facts": [
            (words[f"attribute.{one.key}"], _cell(words[f"attribute.{one.key}"], customer))
            for one in Attribute.objects.present()
            if one.key in customer.attributes
        ],
        "lifetime_value": worth.lifetime_value(customer, Asked.of(actor.organization)),
        "currency": actor.organization.currency,
        "keys": customer.keys.order_by("kind", "source"),
        "consents": ConsentChange.objects.filter(customer=customer).order_by("-at")[:20],
        "segments": _segments_with(customer),
        "stage_changes": StageChange.objects.filter(customer_id=customer.pk).order_by("-at", "-id")[:12],
        "merges": Merge.objects.filter(survivor=customer)
        .reversible(timezone.now())
        .select_related("by")
        .order_by("-at"),
        "local_time": timezone.localtime(timezone=_zone(customer)),
        "cards": [card for tell in plugged("CUSTOMER_CARDS") if (card := tell(customer, actor)) is not None],
    }
    return render(request, "segments/customer_detail.html", told)


KINDS = {
    "event": gettext_lazy("Events"),
    "answer": gettext_lazy("Answers"),
    "message": gettext_lazy("Messages"),
    "case": gettext_lazy("Cases"),
}


def _zone(customer: Customer) -> Any:
    import zoneinfo

    company = customer.company.time_zone if customer.company else ""
    return zoneinfo.ZoneInfo(customer.time_zone or company or customer.organization.time_zone or "UTC")


def _matrix(customer: Customer) -> list[dict[str, Any]]:
    """Purpose by channel, judged as a send would be at this moment."""
    purposes = [Purpose.SERVICE, Purpose.SURVEYS, Purpose.MARKETING]
    asked = [
        contacting.Candidate(customer.pk, channel, purpose)
        for purpose in purposes
        for channel in Channel.values
    ]
    # One by one: what is asked of each cell is "now", not "after the cells before it".
    decisions = [contacting.judge([one])[0] for one in asked]
    told = [grounds.verdict(decision) for decision in decisions]
    organization = customer.organization
    notes = {
        Purpose.SERVICE: _("always, day and night"),
        Purpose.SURVEYS: _("%(days)d days between two") % {"days": organization.survey_gap_days},
        Purpose.MARKETING: _("with consent; at most %(count)d in %(days)d days")
        % {"count": organization.cap_count, "days": organization.cap_days},
    }
    width = len(Channel.values)
    return [
        {
            "purpose": purpose.label,
            "note": notes[purpose],
            "cells": told[row * width : (row + 1) * width],
        }
        for row, purpose in enumerate(purposes)
    ]


def _story(answers: list[timeline.Line]) -> dict[str, Any] | None:
    """The scores of one person as points of a small drawing, oldest first."""
    told = sorted(answers, key=lambda line: line.at)[-6:]
    if not told:
        return None
    width = 300
    step = (width - 60) / max(len(told) - 1, 1)
    points = [
        {
            "x": round(30 + step * number if len(told) > 1 else width / 2, 1),
            "y": round(130 - 11 * (line.score or 0), 1),
            "score": line.score,
            "at": line.at,
        }
        for number, line in enumerate(told)
    ]
    return {"points": points, "line": " ".join(f"{point['x']},{point['y']}" for point in points)}


def _segments_with(customer: Customer) -> list[Segment]:
    """The segments this person is in now; those that cannot be asked are left out."""
    found = []
    asked = catalog.Asked.of(customer.organization)
    for segment in Segment.objects.present().order_by("name")[:60]:
        try:
            with compiling.patience(1_000):
                if compiling.members(segment, asked=asked).filter(pk=customer.pk).exists():
                    found.append(segment)
        except (compiling.TooSlow, compiling.Unanswerable, ValueError):
            continue
    return found


@member_page("customer.edit")
def customer_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _edit(request, slug, None)


@member_page("customer.edit")
def customer_edit(request: HttpRequest, slug: str, customer_id: int) -> HttpResponse:
    return _edit(request, slug, _customer(request, customer_id))


def _edit(request: HttpRequest, slug: str, customer: Customer | None) -> HttpResponse:
    actor: Actor = request.actor
    form, status, stale = CustomerForm(by=actor, customer=customer), 200, None
    if request.method == "POST":
        form, status = CustomerForm(request.POST, by=actor, customer=customer), 422
        if form.is_valid():
            facts = {field.name: form.cleaned_data[field.name] for field in form.plain_fields()}
            unit = facts.pop("unit")
            facts["unit_id"] = unit.pk if unit is not None else None
            try:
                saved = save_by_hand(
                    customer, facts, form.values(), expected=form.cleaned_data["revision"] or 0, by=actor
                )
                toast(request, _("Saved."))
                return redirect("customer_detail", slug, saved.pk)
            except Stale as error:
                stale, status = error, 409
                newest = error.subject.revision if isinstance(error.subject, Customer) else 0
                kept = request.POST.copy()
                kept["revision"] = str(newest)
                form.data = kept
            except Refused as error:
                form.add_error(error.path if error.path in form.fields else None, str(error))
    told = {"form": form, "customer": customer, "stale": stale}
    return render(request, "segments/customer_edit.html", told, status=status)


@require_POST
@member_page("customer.edit")
def customer_delete(request: HttpRequest, slug: str, customer_id: int) -> HttpResponse:
    """Put a customer away; for 30 days the toast, and the page of the deletion, bring them back."""
    customer = _customer(request, customer_id)
    deletion = put_away(customer, by=request.actor)
    toast(
        request,
        _("%(name)s was deleted. They can be brought back for 30 days.") % {"name": customer.shown_name},
        undo=reverse("customer_restore", args=[slug, deletion.pk]),
    )
    return redirect("customer_list", slug)


@require_POST
@member_page("customer.edit")
def customer_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    visible = Customer.objects.all().visible_to(request.actor)
    customer = taken_back(request, deletion_id, visible, action="customer.edit", verb=bring_back)
    return redirect("customer_detail", slug, customer.pk)


@member_page("customer.export")
def customer_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Whom the list shows, as CSV, line by line."""
    actor: Actor = request.actor
    search = Search.read(request.GET)
    audit("customer.export", search.segment, by=actor, customers=search.found(actor).count())
    organization_id = actor.organization.pk

    def body() -> Iterator[bytes]:
        # The body is sent after the request's own context is closed.
        with acting_for(organization_id):
            for line in listing.rows_of(search.found(actor), words=search.words, actor=actor):
                yield line.encode()

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="customers-{day}.csv"'
    return response


def _customer(request: HttpRequest, customer_id: int) -> Customer:
    rows = Customer.objects.present().visible_to(request.actor).select_related("company", "unit")
    return get_object_or_404(rows, pk=customer_id)
