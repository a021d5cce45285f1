"""The page on which people answer: /s/<token>. No log-in, no cookie, no script.

GET and HEAD record no answer: a score in the link is only chosen. An answer is a POST that carries the
nonce of a page view. A wrong, an expired and a foreign link look alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import tokens
from accounts.door import public_page
from accounts.models import Organization
from accounts.tokens import Claim
from segments.models import Customer
from surveys import answering, nps, reading, showing
from surveys.answering import Refused
from surveys.definition import Definition
from surveys.kinds import Value, WrongAnswer
from surveys.models import Invitation, Response, Survey, Version
from surveys.public import page_view
from surveys.wording import answer_sentence

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True)
class Sitting:
    """One person before one survey: what is asked, of whom, and what was said so far."""

    organization: Organization
    version: Version
    definition: Definition
    language: str
    token: str
    invitation: Invitation | None = None
    customer: Customer | None = None
    response: Response | None = None
    said: Mapping[str, Value] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.invitation is None

    @property
    def known(self) -> dict[str, str]:
        """What merge fields are filled with; where answers are anonymous, nobody is called by name."""
        return showing.facts_of(self.organization, None if self.definition.anonymous else self.customer)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("answering", token="survey", referrer="no-referrer")
def invited(request: HttpRequest, claim: Claim) -> HttpResponse:
    """The survey of one invitation."""
    invitation = (
        Invitation.objects.answerable()
        .select_related("distribution")
        .filter(pk=claim.object_id, generation=claim.generation)
        .first()
    )
    now = timezone.now()
    if invitation is None or invitation.distribution.deleted_at is not None:
        raise Http404
    if invitation.started_at is None and invitation.has_expired(now):
        raise Http404
    version = Version.objects.defer("definition").get(pk=invitation.distribution.version_id or 0)
    customer = invitation.customer
    sitting = _sitting(request, version, invitation=invitation, customer=customer)
    if request.method == "POST":
        return _take(request, sitting, now)
    if request.method == "GET" and invitation.opened_at is None:
        Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(
            opened_at=answering.day_of(sitting.organization, now) if sitting.definition.anonymous else now
        )
    return _show(request, sitting, now)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("answering", token="open", referrer="no-referrer")
def open_link(request: HttpRequest, claim: Claim) -> HttpResponse:
    """The survey for whoever has the link; these answers are a source of their own."""
    survey = Survey.objects.live().filter(pk=claim.object_id, open_link=True).first()
    version = survey.version() if survey else None
    if version is None:
        raise Http404
    sitting = _sitting(request, version)
    if request.method == "POST":
        return _take(request, sitting, timezone.now())
    if request.GET.get("sent") in showing.CATEGORIES:
        return _thanks(request, sitting, None, request.GET["sent"])
    return _page(request, sitting, 0, _chosen(request, sitting))


def _sitting(
    request: HttpRequest,
    version: Version,
    *,
    invitation: Invitation | None = None,
    customer: Customer | None = None,
) -> Sitting:
    definition = answering.definition_of(version)
    wanted = (
        request.GET.get("lang", "")
        or request.POST.get("lang", "")
        or (customer.locale if customer else "")
        or (invitation.locale if invitation else "")
        or request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
    )
    response = None
    said: Mapping[str, Value] = {}
    if invitation is not None and invitation.started_at is not None and not definition.anonymous:
        response = Response.objects.filter(invitation=invitation).first()
        said = answering.stored_values(response) if response else {}
    return Sitting(
        organization=request.organization,  # type: ignore[attr-defined]
        version=version,
        definition=definition,
        language=definition.locale_for(wanted),
        token=request.path.rpartition("/")[2],
        invitation=invitation,
        customer=customer,
        response=response,
        said=said,
    )


def _show(request: HttpRequest, sitting: Sitting, now: dt.datetime) -> HttpResponse:
    invitation, response = sitting.invitation, sitting.response
    assert invitation is not None
    if _is_closed(sitting):
        return _words(request, sitting, "closed")
    if invitation.started_at is None:
        return _page(request, sitting, 0, _chosen(request, sitting))
    if response is None:
        return _words(request, sitting, "used")
    within = now <= response.answered_at + dt.timedelta(days=sitting.definition.edit_days)
    if response.state == Response.State.PARTIAL:
        following = reading.next_page(sitting.definition, response.pages_sent - 1, sitting.said)
        if following is not None and "change" not in request.GET:
            return _page(request, sitting, following, sitting.said)
    if within and ("change" in request.GET or "score" in request.GET):
        return _page(request, sitting, 0, {**sitting.said, **_chosen(request, sitting)})
    return _thanks(request, sitting, response, "", may_change=within)


def _take(request: HttpRequest, sitting: Sitting, now: dt.datetime) -> HttpResponse:
    """A page of answers was sent."""
    definition = sitting.definition
    pages = definition.pages()
    view = page_view.unseal(sitting.token, request.POST.get("view", ""))
    number = request.POST.get("page", "0")
    page = int(number) if number.isascii() and number.isdigit() and int(number) < len(pages) else 0
    before = dict(sitting.said)
    if view and view.get("response") and not before:
        before = _said_by(view["response"])
    sheet = reading.read_form(
        definition, pages[page], {key: request.POST.getlist(key) for key in request.POST}, before
    )
    if view is None or sheet.errors:
        return _page(
            request,
            sitting,
            page,
            {**before, **sheet.values},
            errors=sheet.errors,
            raw=request.POST,
            again=view is None,
            response_id=(view or {}).get("response"),
            status=422 if sheet.errors else 409,
        )
    try:
        accepted = answering.answer(
            sheet.values if not page else {**before, **sheet.values},
            version=sitting.version,
            invitation=sitting.invitation,
            response_id=view.get("response"),
            page=page,
            language=sitting.language,
            source=Response.Source.OPEN if sitting.is_open else Response.Source.INVITATION,
            channel="link" if sitting.is_open else "",
            at=now,
        )
    except Refused as refused:
        if refused.reason in ("expired", "not_asked", "missing"):
            raise Http404 from refused
        return _words(request, sitting, "closed" if refused.reason == "closed" else "used", status=409)
    linked = sitting.invitation is not None and not definition.anonymous
    if accepted.next_page is not None and not linked:
        known = {**before, **sheet.values}
        return _page(request, sitting, accepted.next_page, known, response_id=accepted.response_id)
    lang = sitting.language if "lang" in request.GET else ""
    if linked:
        return _see_other(request, lang=lang)
    if sitting.is_open:
        return _see_other(request, sent=accepted.category or "other", lang=lang)
    return _thanks(request, sitting, None, accepted.category)


def _see_other(request: HttpRequest, **query: str) -> HttpResponse:
    """Answer a form by an address, so that reloading sends nothing again."""
    parameters = urlencode({key: value for key, value in query.items() if value})
    redirect = HttpResponseRedirect(request.path + (f"?{parameters}" if parameters else ""))
    redirect.status_code = 303
    return redirect


def _chosen(request: HttpRequest, sitting: Sitting) -> dict[str, Value]:
    """The score that the link names, if it is one: it is chosen on the page, nothing more."""
    counting = sitting.definition.counting
    wanted = request.GET.get("score", "")
    if counting is None or not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 2):
        return {}
    try:
        nps.category(int(wanted))
    except nps.NotAScore:
        return {}
    return {counting.key: Value(number=int(wanted))}


def _page(
    request: HttpRequest,
    sitting: Sitting,
    number: int,
    values: Mapping[str, Value],
    *,
    errors: Mapping[str, WrongAnswer] | None = None,
    raw: Any = None,
    again: bool = False,
    response_id: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """One page of questions."""
    view = page_view.seal(sitting.token, **_continued(sitting, response_id))
    with translation.override(sitting.language):
        said = {key: answer_sentence(each.code, each.params) for key, each in (errors or {}).items()}
        facts = showing.page(
            sitting.definition,
            number,
            sitting.language,
            values,
            known=sitting.known,
            errors=said,
            raw={key: raw.getlist(key) for key in raw} if raw is not None else None,
        )
        return _render(
            request,
            sitting,
            "surveys/hosted/page.html",
            {"sheet": facts, "view": view, "again": again},
            status,
        )


def _thanks(
    request: HttpRequest,
    sitting: Sitting,
    response: Response | None,
    category: str,
    *,
    may_change: bool = False,
) -> HttpResponse:
    if response is not None and response.category is not None:
        category = response.category.value
    with translation.override(sitting.language):
        facts = showing.thanks(
            sitting.definition,
            sitting.language,
            category,
            sitting.known,
            response.comment if response else "",
        )
        return _render(
            request, sitting, "surveys/hosted/thanks.html", {"thanks": facts, "may_change": may_change}
        )


def _words(request: HttpRequest, sitting: Sitting, what: str, status: int = 200) -> HttpResponse:
    """A page of nothing but words: used, closed."""
    with translation.override(sitting.language):
        return _render(request, sitting, "surveys/hosted/words.html", {"what": what}, status)


def _render(
    request: HttpRequest, sitting: Sitting, template: str, facts: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    context = {
        **facts,
        **showing.frame(sitting.definition, sitting.organization, sitting.language),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "others": showing.other_languages(sitting.definition, sitting.language),
        "language": sitting.language,
        "direction": "rtl" if sitting.language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
        "anonymous": sitting.definition.anonymous,
        "invited": sitting.invitation is not None,
        "preferences": (
            tokens.derive("choices", sitting.organization.pk, sitting.customer.pk) if sitting.customer else ""
        ),
    }
    return HttpResponse(render_to_string(template, context), status=status)


def _is_closed(sitting: Sitting) -> bool:
    return not Survey.objects.kept().filter(pk=sitting.version.survey_id).exists()


def _continued(sitting: Sitting, response_id: int | None) -> dict[str, int]:
    """What the form of a page says without being asked: the answer it goes on with, the version it shows."""
    facts = {} if response_id is None else {"response": response_id}
    if sitting.invitation is not None and not sitting.definition.anonymous:
        facts |= {"version": sitting.version.pk, "survey": sitting.version.survey_id}
    return facts


def _said_by(response_id: int) -> dict[str, Value]:
    response = Response.objects.filter(pk=response_id).first()
    return dict(answering.stored_values(response)) if response else {}
