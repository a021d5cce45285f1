"""One answer, what was changed in it, whether it counts; and answers as a file."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.door import member_page
from accounts.languages import language_name
from accounts.locales import pick
from accounts.toasts import toast
from segments import telling
from segments.models import Channel
from surveys import answering, excluding, exporting, piping, showing
from surveys.filtering import Filter
from surveys.forms import CorrectionForm, ExclusionForm
from surveys.models import Correction, Mention, Response, Theme


@member_page("response.view")
def answer_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What one person said, in the words they were asked in."""
    response = seen_response(request, pk)
    return answer_page(request, response, ExclusionForm())


@require_POST
@member_page("response.edit")
def answer_exclusion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Exclude from the score with a reason; `undo` puts it back."""
    response = seen_response(request, pk)
    if "undo" in request.GET:
        excluding.include(response, by=_actor(request))
        toast(request, _("The answer counts again."))
        return redirect("answer_detail", slug, pk)
    form = ExclusionForm(request.POST)
    if not form.is_valid():
        return answer_page(request, response, form, status=422)
    excluding.exclude(response, reason=form.cleaned_data["reason"], by=_actor(request))
    undo = reverse("answer_exclusion", args=[slug, pk]) + "?undo"
    toast(request, _("The answer stays readable and is not counted."), undo=undo)
    return redirect("answer_detail", slug, pk)


@member_page("response.export")
def answer_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The answers that the filter lets through, as CSV."""
    actor = _actor(request)
    chosen = Filter.read(request.GET, actor.organization)
    audit("response.export", chosen.survey, by=actor, answers=chosen.responses(actor, counting=False).count())
    response = StreamingHttpResponse(
        (line.encode() for line in exporting.lines(chosen, actor)), content_type="text/csv; charset=utf-8"
    )
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="answers-{day}.csv"'
    return response


def answer_page(
    request: HttpRequest,
    response: Response,
    form: ExclusionForm,
    correction: CorrectionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one answer, with the forms as they were filled in."""
    definition = answering.definition_of(response.version)
    language = definition.locale_for(response.language)
    said = answering.stored_values(response)
    known = showing.facts_of(response.organization, response.customer)
    rows = []
    for asked in definition.questions:
        value = said.get(asked.key)
        if value is None:
            continue
        choices = {
            each["key"]: pick(each["text"], language, definition.default_locale)
            for each in asked.settings.get("choices", [])
        }
        rows.append(
            {
                "text": piping.fill(pick(asked.text, language, definition.default_locale), known),
                "asked": asked,
                "value": value,
                "chosen": [choices.get(key, key) for key in value.choices],
                "steps": asked.settings.get("steps", 5),
            }
        )
    return render(
        request,
        "surveys/answer.html",
        {
            "response": response,
            "rows": rows,
            "edits": response.edits.order_by("-at", "-id"),
            "form": form,
            "facts": telling.facts(response.attributes),
            "channel": dict(Channel.choices).get(response.channel, response.channel),
            "language": language_name(response.language) if response.language else "",
            **_themes(response, correction or CorrectionForm()),
        },
        status=status,
    )


def _themes(response: Response, correction: CorrectionForm) -> dict[str, Any]:
    corrections = list(
        Correction.objects.filter(response=response, theme__deleted_at=None).select_related("theme")
    )
    return {
        "has_themes": Theme.objects.present().exists(),
        "mentions": list(
            Mention.objects.present()
            .filter(response=response)
            .select_related("theme")
            .order_by("theme__name")
        ),
        "corrected": {each.theme_id for each in corrections if each.sentiment is not None},
        "denied": [each for each in corrections if each.sentiment is None],
        "correction": correction,
    }


def seen_response(request: HttpRequest, pk: int) -> Response:
    """The answer, if this member may see it; those of a small anonymous group stay hidden."""
    actor = _actor(request)
    response = get_object_or_404(
        Response.objects.all()
        .visible_to(actor)
        .filter(Q(survey__deleted_at=None))
        .select_related("survey", "version", "customer", "unit", "distribution", "excluded_by"),
        pk=pk,
    )
    if response.anonymous:
        threshold = actor.organization.privacy_threshold
        if Response.objects.of(response.survey_id).filter(anonymous=True).count() < threshold:
            raise Http404
    return response


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
