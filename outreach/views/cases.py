"""The queue of cases, one case, and what is done to it. Every deed is a resource of its own, POSTed to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Membership, Unit
from accounts.toasts import toast
from outreach import alerting, caring
from outreach.caring import CaseError, SomebodyWasFaster
from outreach.dials import dial_of, span_of
from outreach.forms import AssignForm, CallForm, CloseForm, NoteForm, OpenCaseForm, ReplyForm
from outreach.models import Alert, Case, CaseDraft, CaseEvent
from outreach.models.case import CaseQuerySet
from segments.contacting import may_contact
from segments.models import Channel, Customer, Purpose

PER_PAGE = 25
VIEWS = ("mine", "all", "closed")


@member_page("case.view")
def case_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The queue, sorted by the clock: work from the top."""
    actor: Actor = request.actor
    at = timezone.now()
    visible = Case.objects.visible_to(actor)
    view = request.GET.get("view", "all")
    if view not in VIEWS:
        view = "all"
    found = {
        "mine": visible.open().mine_and_free(actor.membership),
        "all": visible.open(),
        "closed": visible.closed(),
    }
    counts = {name: rows.count() for name, rows in found.items() if name != "closed"}
    rows = _narrowed(found[view], request)
    rows = rows.order_by("-closed_at", "-id") if view == "closed" else rows.by_the_clock()
    rows = rows.select_related("customer", "owner__user", "response", "unit")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    last_closed = visible.closed().order_by("-closed_at").first()
    return render(
        request,
        "outreach/cases.html",
        {
            "page": page,
            "rows": [dial_of(case, at) for case in page],
            "view": view,
            "counts": counts,
            "figures": caring.figures(actor, at),
            "units": Unit.objects.visible_to(actor).alive().in_order(),
            "unit": request.GET.get("unit", ""),
            "score": request.GET.get("score", ""),
            "q": request.GET.get("q", ""),
            "last_closed": last_closed,
            "last_took": span_of(last_closed.closed_at - last_closed.opened_at) if last_closed else "",
        },
    )


def _narrowed(rows: CaseQuerySet, request: HttpRequest) -> CaseQuerySet:
    """By unit, score and words, as typed in the filters; what cannot be read is left out."""
    unit, score, words = (request.GET.get(name, "").strip() for name in ("unit", "score", "q"))
    if unit.isdigit():
        rows = rows.filter(unit_id__in=Unit.objects.all().branch_ids(int(unit)) or [0])
    if score.isdigit():
        rows = rows.filter(score=int(score))
    if words:
        found = Q(customer__in=Customer.objects.matching(words)) | Q(response__comment__icontains=words)
        if words.isdigit():
            found |= Q(number=int(words))
        rows = rows.filter(found)
    return rows


def _case(request: HttpRequest, number: int) -> Case:
    """The look-up is the permission: another branch's case is a missing one."""
    case = (
        Case.objects.visible_to(request.actor)
        .select_related("customer", "customer__company", "owner__user", "response", "unit")
        .filter(number=number, deleted_at=None)
        .first()
    )
    if case is None:
        raise Http404
    return case


@member_page("case.view")
def case_detail(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return _page(request, _case(request, number))


def _page(request: HttpRequest, case: Case, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The whole case: words, timeline, composer, facts. `forms` carry what could not be done."""
    at = timezone.now()
    actor: Actor = request.actor
    draft = CaseDraft.objects.filter(case=case, membership=actor.membership).first()
    tab = forms.pop("tab", None) or request.GET.get("write", "email")
    subject = draft.subject if draft else _subject(case, actor)
    customer = case.customer
    context = {
        "case": case,
        "row": dial_of(case, at),
        "events": _events(case),
        "tab": tab if tab in ("email", "call", "note") else "email",
        "draft": draft,
        "reply_form": ReplyForm(initial={"subject": subject, "text": draft.text if draft else ""}),
        "note_form": NoteForm(),
        "call_form": CallForm(),
        "close_form": CloseForm(),
        "assign_form": AssignForm(
            members=caring.members_who("case.work", case.unit_id), initial={"owner": case.owner_id}
        ),
        "causes": _causes(),
        "may_send": _may_send(customer, at) if customer else [],
        "scores": _scores(case),
        "earlier": Case.objects.filter(customer=customer).exclude(pk=case.pk).count() if customer else 0,
        "reachable": bool(customer and customer.email),
        "conflict": "",
        **forms,
    }
    if actor.membership is not None:
        unread = Alert.objects.of(actor.membership).unread().filter(case=case).values_list("pk", flat=True)
        context["unread_here"] = list(unread)
    return render(request, "outreach/case.html", context, status=status)


def _events(case: Case) -> list[CaseEvent]:
    """The timeline; events hold ids, names are joined here."""
    events = list(CaseEvent.objects.filter(case=case).in_order().select_related("send_key"))
    named = {int(each) for event in events for key in ("owner", "to") if (each := event.facts.get(key))}
    members = {member.pk: member for member in Membership.objects.filter(pk__in=named).select_related("user")}
    for event in events:
        given = event.facts.get("owner") or event.facts.get("to")
        event.given_to = members.get(int(given)) if given else None
    return events


def _subject(case: Case, actor: Actor) -> str:
    return _("Your answer to %(business)s") % {"business": actor.organization.name}


def _causes() -> list[str]:
    """Root causes used before, the most frequent first, to be picked instead of typed."""
    from django.db.models import Count

    used = Case.objects.closed().exclude(cause="").values_list("cause").annotate(n=Count("id")).order_by("-n")
    return [cause for cause, _n in used[:30]]


def _may_send(customer: Customer, at: datetime) -> list[dict[str, Any]]:
    """What may be sent to this customer now, and why not."""
    rows = []
    for label, purpose in (
        (_("Answer in this case, by e-mail"), Purpose.SERVICE),
        (_("Offers and campaigns"), Purpose.MARKETING),
        (_("Another survey"), Purpose.SURVEYS),
    ):
        decision = may_contact(customer, Channel.EMAIL, purpose, at)
        rows.append({"label": label, "decision": decision})
    return rows


def _scores(case: Case) -> list[int]:
    """The customer's scores, the newest last, at most five."""
    if case.customer_id is None:
        return []
    from surveys.models import Response

    found = (
        Response.objects.filter(customer=case.customer_id, score__isnull=False)
        .order_by("-answered_at")
        .values_list("score", flat=True)[:5]
    )
    return [score for score in found if score is not None][::-1]


def _deed(
    request: HttpRequest, number: int, do: Callable[[Case], Any], said: str, *, back: str = "case"
) -> HttpResponse:
    """Do one thing to a case, say so, and go back; what cannot be done is said as well."""
    case = _case(request, number)
    try:
        do(case)
    except CaseError as error:
        toast(request, str(error), level=messages.ERROR)
    else:
        toast(request, said)
    if back == "queue":
        return redirect("case_list", request.organization.slug)
    return redirect("case_detail", request.organization.slug, number)


@require_POST
@member_page("case.work")
def case_take(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return _deed(request, number, lambda case: caring.take(case, by=request.actor), _("It is yours."))


@require_POST
@member_page("case.assign")
def case_assign(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    case = _case(request, number)
    form = AssignForm(request.POST, members=caring.members_who("case.work", case.unit_id))
    if not form.is_valid():
        return _page(request, case, status=422, assign_form=form)
    owner = form.cleaned_data["owner"]
    said = _("%(name)s has it now.") % {"name": owner} if owner else _("It is back in the queue.")
    return _deed(request, number, lambda each: caring.assign(each, to=owner, by=request.actor), said)


@require_POST
@member_page("case.work")
def case_wait(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    said = _("The clock stands still while you wait for the customer.")
    return _deed(request, number, lambda case: caring.wait(case, by=request.actor), said)


@require_POST
@member_page("case.work")
def case_resume(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return _deed(
        request, number, lambda case: caring.resume(case, by=request.actor), _("The clock runs again.")
    )


@require_POST
@member_page("case.work")
def case_reopen(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return _deed(
        request, number, lambda case: caring.reopen(case, by=request.actor), _("The case is open again.")
    )


@require_POST
@member_page("case.work")
def case_reply(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Send the answer, or keep it as a draft; nothing that was typed is ever lost."""
    case = _case(request, number)
    form = ReplyForm(request.POST)
    typed = {"subject": request.POST.get("subject", ""), "text": request.POST.get("text", "")}
    if "keep" in request.POST:
        caring.keep_draft(case, by=request.actor, **typed)
        toast(request, _("Kept as a draft."))
        return redirect("case_detail", slug, number)
    if not form.is_valid():
        return _page(request, case, status=422, reply_form=form, tab="email")
    try:
        caring.reply(case, by=request.actor, **form.cleaned_data)
    except SomebodyWasFaster as error:
        caring.keep_draft(case, by=request.actor, **typed)
        words = _("%(what)s Your reply is kept as a draft and was not sent.") % {"what": error}
        return _page(request, _case(request, number), status=409, conflict=words, tab="email")
    except CaseError as error:
        form.add_error(None, str(error))
        return _page(request, case, status=422, reply_form=form, tab="email")
    toast(request, _("Sent. The clock stopped at the first contact."))
    return redirect("case_detail", slug, number)


@require_POST
@member_page("case.work")
def case_discard(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    def throw_away(case: Case) -> None:
        caring.keep_draft(case, by=request.actor, subject="", text="")

    return _deed(request, number, throw_away, _("The draft is thrown away."))


@require_POST
@member_page("case.work")
def case_note(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    case = _case(request, number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, case, status=422, note_form=form, tab="note")
    said = _("Noted for the team.")
    return _deed(
        request,
        number,
        lambda each: caring.note(each, text=form.cleaned_data["text"], by=request.actor),
        said,
    )


@require_POST
@member_page("case.work")
def case_call(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    case = _case(request, number)
    form = CallForm(request.POST)
    if not form.is_valid():
        return _page(request, case, status=422, call_form=form, tab="call")
    said = _("The call is written down. The clock stopped at the first contact.")
    return _deed(
        request,
        number,
        lambda each: caring.call(each, text=form.cleaned_data["text"], by=request.actor),
        said,
    )


@require_POST
@member_page("case.work")
def case_close(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    case = _case(request, number)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, case, status=422, close_form=form)
    try:
        caring.close(case, by=request.actor, **form.cleaned_data)
    except SomebodyWasFaster as error:
        return _page(request, _case(request, number), status=409, conflict=str(error))
    except CaseError as error:
        form.add_error(None, str(error))
        return _page(request, case, status=422, close_form=form)
    toast(request, _("Case %(number)s is closed.") % {"number": number})
    return redirect("case_list", slug)


@member_page("case.view", post="case.work")
def case_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a case by hand: a customer called, or somebody in the shop heard it."""
    form = OpenCaseForm(request.POST or None, initial={"customer": request.GET.get("customer", "")})
    if request.method == "POST" and form.is_valid():
        found = list(
            Customer.objects.visible_to(request.actor).present().matching(form.cleaned_data["customer"])[:2]
        )
        if len(found) == 1:
            case = caring.open_by_hand(
                customer=found[0], by=request.actor, reason=form.cleaned_data["reason"]
            )
            toast(request, _("Case %(number)s is open.") % {"number": case.number})
            return redirect("case_detail", slug, case.number)
        words = (
            _("Nobody is found by these words.")
            if not found
            else _("Several customers fit. Type the e-mail address.")
        )
        form.add_error("customer", words)
    return render(request, "outreach/case_new.html", {"form": form}, status=422 if form.errors else 200)


@member_page("alert.view")
def alert_list(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own alerts, newest first."""
    rows = alerting.visible_alerts(request.actor)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "outreach/alerts.html",
        {"page": page, "unread": alerting.unread_count(request.actor.membership), "kinds": CaseEvent.Kind},
    )


@require_POST
@member_page("alert.view")
def alert_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Mark one's own alerts as read: those named, or all."""
    ids = [int(each) for each in request.POST.getlist("alert") if each.isdigit()]
    alerting.mark_read(request.actor.membership, ids or None)
    target = request.POST.get("case", "")
    if target.isdigit():
        return redirect("case_detail", slug, int(target))
    return redirect("alert_list", slug)
