"""Settings: connections to the CRM and the help desk of the business."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Organization, Stale
from accounts.toasts import toast
from segments import connecting
from segments.connecting import ATTRIBUTE, FACTS, TAKES, TARGETS, VENDORS, NotConnected
from segments.models import Attribute, Connection, NotTakenIn, Outgoing, Segment


@member_page("connection.view")
def connection_list(request: HttpRequest, slug: str) -> HttpResponse:
    """One card for each vendor: connected, or a way to connect."""
    actor: Actor = request.actor
    known = {one.vendor: one for one in Connection.objects.present().visible_to(actor)}
    rows = [
        {"vendor": key, "label": label, "one": known.get(key)} for key, label in Connection.Vendor.choices
    ]
    told = {
        "rows": rows,
        "of_a_branch": actor.branch_ids is not None,
        "invented": actor.organization.kind == Organization.Kind.DEMO,
    }
    return render(request, "segments/connection_list.html", told)


@member_page("connection.edit")
def connection_new(request: HttpRequest, slug: str, vendor: str) -> HttpResponse:
    """The form that connects an account, or gives another secret to one that is connected."""
    actor: Actor = request.actor
    connector = VENDORS.get(vendor)
    if connector is None or actor.branch_ids is not None:
        raise Http404
    known = Connection.objects.present().filter(vendor=vendor).first()
    trouble: NotConnected | None = None
    if request.method == "POST":
        facts = {entry.name: request.POST.get(entry.name, "") for entry in connector.entries}
        try:
            if known is None:
                known = connecting.connect(vendor, facts, by=actor)
            else:
                known = connecting.replace_secret(known, facts, by=actor)
        except NotConnected as refusal:
            trouble = refusal
        else:
            toast(request, _("Kept. The connection is being tried."))
            return redirect("connection_detail", slug, known.pk)
    entries = [
        {
            "entry": entry,
            # A secret is never written back into a page.
            "value": "" if entry.secret else request.POST.get(entry.name, ""),
            "error": str(trouble) if trouble is not None and trouble.path == entry.name else "",
        }
        for entry in connector.entries
    ]
    told = {
        "label": dict(Connection.Vendor.choices)[vendor],
        "vendor": vendor,
        "entries": entries,
        "known": known,
        "trouble": trouble if trouble is not None and not any(one["error"] for one in entries) else None,
    }
    return render(request, "segments/connection_new.html", told, status=422 if trouble else 200)


@member_page("connection.view", post="connection.edit")
def connection_detail(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    """How it stands, what is read and written, and what failed."""
    connection = _connection(request, connection_id)
    if request.method != "POST":
        return _page(request, connection)
    facts = _facts(request, connection)
    try:
        revision = request.POST.get("revision", "")
        expected = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0
        connecting.change(connection, facts, expected=expected, by=request.actor)
    except NotConnected as error:
        return _page(request, connection, facts=facts, trouble=error, status=422)
    except Stale as error:
        return _page(request, error.subject, facts=facts, stale=error, status=409)
    toast(request, _("Saved. It goes on like this."))
    return redirect("connection_detail", slug, connection.pk)


def _page(
    request: HttpRequest,
    connection: Connection,
    *,
    facts: dict[str, Any] | None = None,
    trouble: NotConnected | None = None,
    stale: Stale | None = None,
    status: int = 200,
) -> HttpResponse:
    connector = VENDORS[connection.vendor]
    shown = {name: getattr(connection, name) for name in connecting.CHANGEABLE} | (facts or {})
    theirs = sorted(connection.their_fields, key=lambda one: str(one["label"]).lower())
    declared = {
        f"{ATTRIBUTE}{one.key}": _("Attribute: %(label)s") % {"label": one.label}
        for one in Attribute.objects.present()
    }
    told = {
        "one": connection,
        "shown": shown,
        "brings_people": connector.brings_people,
        "brings_tickets": connector.brings_tickets,
        "can_make_fields": connector.can_make_fields,
        "missing": connecting.missing_fields(connection) if connection.tried_at else [],
        "rows_in": [
            (ours, label, shown["fields_in"].get(ours, ""), theirs)
            for ours, label in {**TARGETS, **declared}.items()
        ],
        "rows_out": [
            (
                ours,
                label,
                shown["fields_out"].get(ours, ""),
                [field for field in theirs if field["writable"] and field["kind"] in TAKES[kind]],
            )
            for ours, (label, kind) in FACTS.items()
        ],
        "segments": Segment.objects.present().order_by("name"),
        "waiting": Outgoing.objects.filter(connection=connection, held_at=None).count(),
        "failures": connecting.failures(connection),
        "failed": Outgoing.objects.filter(connection=connection).held().count()
        + NotTakenIn.objects.filter(connection=connection).count(),
        "trouble": trouble,
        "stale": stale,
        "may_edit": request.actor.may("connection.edit"),  # type: ignore[attr-defined]
    }
    return render(request, "segments/connection_detail.html", told, status=status)


def _facts(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    """What the form says: switches, both mappings, and the segments."""
    given = request.POST
    names = [
        *TARGETS,
        *(f"{ATTRIBUTE}{key}" for key in Attribute.objects.present().values_list("key", flat=True)),
    ]
    chosen = [
        int(one) for one in given.getlist("segments") if one.isascii() and one.isdigit() and len(one) < 18
    ]
    return {
        **{name: given.get(name) == "on" for name in ("pulls", "pushes", "errands", "makes_people")},
        "fields_in": {name: text for name in names if (text := given.get(f"in-{name}", "")[:120])},
        "fields_out": {name: text for name in FACTS if (text := given.get(f"out-{name}", "")[:120])},
        "segments": chosen,
    }


@require_POST
@member_page("connection.edit")
def connection_try(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    connection = connecting.try_again(_connection(request, connection_id), by=request.actor)
    toast(request, _("It is being tried."))
    return redirect("connection_detail", slug, connection.pk)


@require_POST
@member_page("connection.edit")
def connection_fields(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    """Have our fields made there."""
    connection = _connection(request, connection_id)
    try:
        connecting.make_missing(connection, by=request.actor)
    except NotConnected as refusal:
        return _page(request, connection, trouble=refusal, status=422)
    toast(request, _("The fields are being made."))
    return redirect("connection_detail", slug, connection.pk)


@require_POST
@member_page("connection.edit")
def connection_sync(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    connection = connecting.sync_now(_connection(request, connection_id), by=request.actor)
    toast(request, _("It is being looked at."))
    return redirect("connection_detail", slug, connection.pk)


@require_POST
@member_page("connection.edit")
def connection_retry(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    """What failed is tried once more."""
    connection = _connection(request, connection_id)
    count = connecting.retry_failed(connection, by=request.actor)
    toast(request, ngettext("%(n)d is tried once more.", "%(n)d are tried once more.", count) % {"n": count})
    return redirect("connection_detail", slug, connection.pk)


@require_POST
@member_page("connection.edit")
def connection_pause(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    connection = connecting.pause(_connection(request, connection_id), by=request.actor)
    toast(request, _("Paused. What happens meanwhile waits."))
    return redirect("connection_detail", slug, connection.pk)


@require_POST
@member_page("connection.edit")
def connection_resume(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    connection = connecting.resume(_connection(request, connection_id), by=request.actor)
    toast(request, _("It goes on."))
    return redirect("connection_detail", slug, connection.pk)


@require_POST
@member_page("connection.edit")
def connection_end(request: HttpRequest, slug: str, connection_id: int) -> HttpResponse:
    connection = _connection(request, connection_id)
    connecting.disconnect(connection, by=request.actor)
    toast(request, _("%(vendor)s is disconnected, and its secret forgotten.") % {"vendor": connection})
    return redirect("connection_list", slug)


def _connection(request: HttpRequest, connection_id: int) -> Connection:
    found: Connection = get_object_or_404(
        Connection.objects.present().visible_to(request.actor),  # type: ignore[attr-defined]
        pk=connection_id,
    )
    return found
