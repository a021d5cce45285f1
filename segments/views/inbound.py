"""Inbound webhooks: addresses that other software sends to, what came, and what it means."""

import json
from typing import Any

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import deleting
from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Mode, Stale
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from segments import json_paths, receiving
from segments.models import Attribute, InboundDelivery, InboundWebhook
from segments.receiving import ATTRIBUTE, PROPERTY, TARGETS, NotMapped
from segments.segment_shape import NotHeard

SHOWN = 20
BLANK_PROPERTIES = 3


@member_page("customer.import")
def inbound_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them, and a form for another."""
    actor: Actor = request.actor
    status, name, mode = 200, "", Mode.LIVE.value
    if request.method == "POST":
        name, mode = _plain(request.POST.get("name", ""), 120), request.POST.get("mode", "")
        if name and mode in receiving.MODES and actor.branch_ids is None:
            made = receiving.make(name=name, mode=mode, by=actor)
            return redirect("inbound_detail", slug, made.pk)
        status = 422
    rows = (
        InboundWebhook.objects.present()
        .visible_to(actor)
        .annotate(
            last=Max("deliveries__received_at"),
            refused=Count("deliveries", filter=Q(deliveries__outcome=InboundDelivery.Outcome.REFUSED)),
            came=Count("deliveries"),
        )
        .order_by("name", "id")
    )
    told = {
        "rows": rows,
        "name": name,
        "mode": mode,
        "trouble": status == 422,
        "of_a_branch": actor.branch_ids is not None,
    }
    return render(request, "segments/inbound_list.html", told, status=status)


@member_page("customer.import")
def inbound_detail(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """One address: what came, what the bodies mean, and trying a mapping on one of them."""
    webhook = _webhook(request, webhook_id)
    if request.method != "POST":
        return _page(request, webhook)
    mapping = _mapping(request)
    facts: dict[str, Any] = {"mapping": mapping}
    for name, longest in (("name", 120), ("header", 80)):
        if text := _plain(request.POST.get(name, ""), longest):
            facts[name] = text
    if request.POST.get("signing") in InboundWebhook.Signing.values:
        facts["signing"] = request.POST["signing"]
    try:
        if request.POST.get("do") == "try":
            receiving.check(mapping)
            return _page(request, webhook, mapping=mapping, facts=facts, trying=True)
        receiving.change(webhook, facts, expected=_number(request.POST.get("revision", "")), by=request.actor)
    except NotMapped as error:
        return _page(request, webhook, mapping=mapping, facts=facts, trouble=error, status=422)
    except Stale as error:
        webhook = error.subject
        return _page(request, webhook, mapping=mapping, facts=facts, stale=error, status=409)
    toast(request, _("Saved. What comes from now on is read so."))
    return redirect("inbound_detail", slug, webhook.pk)


def _page(
    request: HttpRequest,
    webhook: InboundWebhook,
    *,
    mapping: dict[str, str] | None = None,
    facts: dict[str, Any] | None = None,
    trying: bool = False,
    trouble: NotMapped | None = None,
    stale: Stale | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor
    mapping = webhook.mapping if mapping is None else mapping
    deliveries = list(InboundDelivery.objects.of(webhook)[:SHOWN])
    chosen = _number(request.POST.get("sample", "") or request.GET.get("sample", ""))
    with_body = [one for one in deliveries if one.body]
    sample = next((one for one in with_body if one.pk == chosen), with_body[0] if with_body else None)
    document = _document(sample)
    tried, why = None, None
    if trying and document is not json_paths.NOTHING:
        try:
            tried = receiving.meaning(mapping, document, currency=actor.organization.currency).lines()
        except NotHeard as error:
            why = error
    told = {
        "webhook": webhook,
        "address": request.build_absolute_uri(reverse("inbound", args=[receiving.token_of(webhook)])),
        "deliveries": deliveries,
        "sample": sample,
        "sample_text": json.dumps(document, indent=2, ensure_ascii=False)[:8_000]
        if document is not json_paths.NOTHING
        else (sample.body[:8_000] if sample else ""),
        "places": json_paths.places(document) if document is not json_paths.NOTHING else [],
        "rows": _rows(mapping),
        "properties": _properties(mapping),
        "signings": InboundWebhook.Signing.choices,
        "facts": {
            "name": webhook.name,
            "signing": webhook.signing,
            "header": webhook.header,
            **(facts or {}),
        },
        "tried": tried,
        "why": why,
        "trying": trying,
        "trouble": trouble,
        "trouble_label": {row[0]: row[1] for row in _rows({})}.get(trouble.path, trouble.path)
        if trouble
        else "",
        "stale": stale,
        "secret": secret,
    }
    return render(request, "segments/inbound_detail.html", told, status=status)


def _rows(mapping: dict[str, str]) -> list[tuple[str, str, str]]:
    """(target, what it is called, path) for everything that can be mapped but the properties."""
    declared = {
        f"{ATTRIBUTE}{one.key}": _("Attribute: %(label)s") % {"label": one.label}
        for one in Attribute.objects.present()
    }
    targets = {**TARGETS, **declared}
    return [(target, str(label), mapping.get(target, "")) for target, label in targets.items()]


def _properties(mapping: dict[str, str]) -> list[tuple[str, str]]:
    """(name, path) of the properties of the event, and blank rows for more."""
    told = [(key.removeprefix(PROPERTY), path) for key, path in mapping.items() if key.startswith(PROPERTY)]
    return told + [("", "")] * BLANK_PROPERTIES


def _mapping(request: HttpRequest) -> dict[str, str]:
    found = {}
    for target, _label, _path in _rows({}):
        if text := _plain(request.POST.get(f"path-{target}", ""), 220):
            found[target] = text
    names, paths = request.POST.getlist("property"), request.POST.getlist("property_path")
    for name, path in zip(names, paths, strict=False):
        if _plain(name, 80) and _plain(path, 220):
            found[f"{PROPERTY}{_plain(name, 80)}"] = _plain(path, 220)
    return found


@require_POST
@member_page("customer.import")
def inbound_renew(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """Another address and another secret."""
    webhook = receiving.renew(_webhook(request, webhook_id), by=request.actor)
    toast(request, _("There is another address. What is sent to the one before finds nothing."))
    return redirect("inbound_detail", slug, webhook.pk)


@require_POST
@member_page("customer.import")
def inbound_secret(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """The secret that the sender signs with, in the answer to this deed alone."""
    webhook = _webhook(request, webhook_id)
    return _page(request, webhook, secret=receiving.told_secret(webhook, by=request.actor))


@require_POST
@member_page("customer.import")
def inbound_again(request: HttpRequest, slug: str, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Take in once more what was refused, by the mapping as it is now."""
    webhook = _webhook(request, webhook_id)
    delivery = get_object_or_404(InboundDelivery.objects.of(webhook), pk=delivery_id)
    done = receiving.again(delivery)
    if done.outcome == InboundDelivery.Outcome.RECORDED:
        toast(request, _("Taken in."))
    else:
        toast(request, done.message or _("Not taken in: there is no mapping yet."))
    return redirect("inbound_detail", slug, webhook.pk)


@require_POST
@member_page("customer.import")
def inbound_delete(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    webhook = _webhook(request, webhook_id)
    deletion = deleting.delete(webhook, by=request.actor, action="customer.import")
    toast(
        request,
        _("“%(name)s” was deleted. It can be brought back for 30 days.") % {"name": webhook.name},
        undo=reverse("inbound_restore", args=[slug, deletion.pk]),
    )
    return redirect("inbound_list", slug)


@require_POST
@member_page("customer.import")
def inbound_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    visible = InboundWebhook.objects.all().visible_to(request.actor)
    webhook = taken_back(request, deletion_id, visible, action="customer.import")
    return redirect("inbound_detail", slug, webhook.pk)


def _webhook(request: HttpRequest, webhook_id: int) -> InboundWebhook:
    found: InboundWebhook = get_object_or_404(
        InboundWebhook.objects.present().visible_to(request.actor), pk=webhook_id
    )
    return found


def _document(delivery: InboundDelivery | None) -> Any:
    return receiving.parsed(delivery.body) if delivery is not None else json_paths.NOTHING


def _plain(text: str, longest: int) -> str:
    return text.replace("\x00", "").strip()[:longest]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
