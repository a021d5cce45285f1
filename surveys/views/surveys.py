"""Surveys: the list, a new one, the builder and its tabs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Count, Max, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from accounts import modes
from accounts.acting import Actor
from accounts.door import member_page
from accounts.languages import language_name
from accounts.models import Stale
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from surveys import (
    answering,
    colours,
    grouping,
    inviting,
    nps,
    piping,
    publishing,
    question_form,
    reporting,
    showing,
    starting,
    writing,
)
from surveys.definition import Asked, Definition
from surveys.forms import AfterForm, LocalesForm, LookForm, NewSurveyForm
from surveys.kinds import Problem, Value
from surveys.models import Question, Response, Survey
from surveys.wording import problem_sentence

KINDS = ("nps", "text", "choice", "rating")


@member_page("survey.view")
def survey_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All surveys with what came back; archived ones on their own tab."""
    actor = _actor(request)
    archived = request.GET.get("which") == "archived"
    surveys = Survey.objects.present() if archived else Survey.objects.kept()
    if archived:
        surveys = surveys.filter(state=Survey.State.ARCHIVED)
    answered = (
        Response.objects.all()
        .visible_to(actor)
        .counting(_modes(request))
        .filter(survey=OuterRef("pk"))
        .order_by()
    )
    surveys = surveys.annotate(
        answers=Subquery(answered.values("survey").annotate(n=Count("id")).values("n")),
        last_answer=Subquery(answered.values("survey").annotate(at=Max("answered_at")).values("at")),
    )
    rows = []
    for survey in surveys:
        counts = (
            reporting.counts_of(
                grouping.last_of_each(
                    answered.model.objects.all().visible_to(actor).counting(_modes(request)).of(survey)
                )
            )
            if survey.answers
            else nps.Counts(0, 0, 0)
        )
        protected = survey.anonymous or not actor.may("response.view")
        threshold = actor.organization.privacy_threshold if protected else 1
        rows.append((survey, reporting.Scored(counts, hidden=0 < counts.n < threshold)))
    return render(
        request,
        "surveys/surveys.html",
        {
            "rows": rows,
            "archived": archived,
            "archived_count": Survey.objects.present().filter(state=Survey.State.ARCHIVED).count(),
        },
    )


@member_page("survey.edit")
def survey_new(request: HttpRequest, slug: str) -> HttpResponse:
    """From a template to the builder in one step."""
    form = NewSurveyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        survey = starting.start(
            form.cleaned_data["name"], by=_actor(request), template_key=form.cleaned_data["template"]
        )
        return redirect("survey_edit", slug, survey.pk)
    return render(request, "surveys/survey_new.html", {"form": form, "templates": starting.TEMPLATES})


@member_page("survey.view", post="survey.edit")
def survey_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The builder: questions, the one being written, and how it looks."""
    survey = _survey(pk)
    if request.method == "POST":
        return _save_question(request, survey)
    return _builder(request, survey, publishing.draft(survey), key=request.GET.get("q", ""))


@require_POST
@member_page("survey.edit")
def question_add(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    survey = _survey(pk)
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        raise Http404
    try:
        question = writing.add_question(survey, kind, by=_actor(request), expected=_expected(request))
    except Stale as stale:
        return _conflict(request, survey, stale)
    except writing.TooMany:
        return _too_many(request, slug, pk)
    return _to_question(survey, question.key)


@require_POST
@member_page("survey.edit")
def question_move(request: HttpRequest, slug: str, pk: int, key: str) -> HttpResponse:
    survey = _survey(pk)
    question: Question = get_object_or_404(survey.present_questions, key=key)
    step = -1 if request.POST.get("to") == "up" else 1
    try:
        writing.move_question(question, step, by=_actor(request), expected=_expected(request))
    except Stale as stale:
        return _conflict(request, survey, stale)
    return _to_question(survey, key)


@require_POST
@member_page("survey.edit")
def question_remove(request: HttpRequest, slug: str, pk: int, key: str) -> HttpResponse:
    survey = _survey(pk)
    question: Question = get_object_or_404(survey.present_questions, key=key)
    try:
        writing.remove_question(question, by=_actor(request), expected=_expected(request))
    except Stale as stale:
        return _conflict(request, survey, stale)
    toast(
        request,
        _("Question removed from the draft. What was published and answered stays."),
        undo=reverse("question_restore", args=[slug, pk, key]),
    )
    return redirect("survey_edit", slug, pk)


@require_POST
@member_page("survey.edit")
def question_restore(request: HttpRequest, slug: str, pk: int, key: str) -> HttpResponse:
    """Put a removed question back; after the next version is published there is nothing to put back."""
    survey = _survey(pk)
    question: Question = get_object_or_404(survey.questions, key=key)
    try:
        writing.put_back(question, by=_actor(request))
    except writing.TooMany:
        return _too_many(request, slug, pk)
    toast(request, _("The question is back."))
    return _to_question(survey, key)


@require_POST
@member_page("survey.publish")
def survey_publish(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Freeze the draft; or say which questions need a change, with the version that stays live."""
    survey = _survey(pk)
    try:
        version = publishing.publish(survey, by=_actor(request))
    except publishing.NotReady as refused:
        definition = publishing.draft(survey)
        return _builder(
            request,
            survey,
            definition,
            key=refused.problems[0].question,
            problems=refused.problems,
            status=422,
        )
    toast(request, _("Version %(n)s is live.") % {"n": version.number})
    return redirect("survey_edit", slug, pk)


@xframe_options_sameorigin
@member_page("survey.view", post="survey.edit")
def survey_preview(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The draft as a respondent sees it, in a frame; a POST shows a question that is not saved yet."""
    survey = _survey(pk)
    definition = publishing.draft(survey)
    query = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        definition = _with_written(definition, request.POST)
    language = definition.locale_for(query.get("preview_lang", "") or query.get("lang", ""))
    pages = definition.pages()
    number = query.get("preview_page", "0")
    page = min(int(number), len(pages) - 1) if number.isascii() and number.isdigit() else 0
    score = query.get("preview_score", "6")
    values: dict[str, Value] = {}
    if definition.counting and score.isascii() and score.isdigit() and int(score) <= 10:
        values[definition.counting.key] = Value(number=int(score))
    known = {"organization.name": survey.organization.name, "customer.first_name": _("Ann")}
    with translation.override(language):
        context = {
            **showing.frame(definition, survey.organization, language),
            "sheet": showing.page(definition, page, language, values, known=known),
            "view": "",
            "csp_nonce": getattr(request, "csp_nonce", ""),
            "language": language,
            "direction": "rtl" if language.split("-")[0] in ("ar", "fa", "he", "ur") else "ltr",
            "others": [],
            "anonymous": definition.anonymous,
            "invited": True,
            "preview": True,
        }
        response = HttpResponse(render_to_string("surveys/hosted/page.html", context))
    nonce = getattr(request, "csp_nonce", "")
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    )
    return response


@member_page("survey.view", post="survey.edit")
def survey_look(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Colour, logo and name, with the contrast that text on the colour has."""
    survey = _survey(pk)
    form = LookForm(request.POST or None, request.FILES or None, survey=survey, by=_actor(request))
    if request.method == "POST" and form.is_valid():
        try:
            writing.save_look(survey, form.facts(), by=_actor(request), expected=_expected(request))
        except Stale as stale:
            return _conflict(
                request, survey, stale, form=form, template="surveys/survey_look.html", tab="look"
            )
        toast(request, _("Look saved. It goes live with the next version."))
        return redirect("survey_look", slug, pk)
    look = publishing.look(survey)
    facts = {"form": form, "look": look, "contrast": round(colours.contrast(look.colour, look.ink), 1)}
    return _tab(request, survey, "surveys/survey_look.html", "look", facts)


@member_page("survey.view", post="survey.edit")
def survey_languages(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """In which languages the survey speaks, and what is still missing in each."""
    survey = _survey(pk)
    form = LocalesForm(request.POST or None, survey=survey)
    if request.method == "POST" and form.is_valid():
        try:
            writing.set_locales(survey, form.locales(), by=_actor(request), expected=_expected(request))
        except Stale as stale:
            return _conflict(
                request, survey, stale, form=form, template="surveys/survey_languages.html", tab="languages"
            )
        toast(request, _("Languages saved."))
        return redirect("survey_languages", slug, pk)
    questions = list(survey.present_questions)
    rows = [
        (
            code,
            language_name(code),
            code == survey.default_locale,
            sum(1 for each in questions if each.text.get(code, "").strip()),
            [each for each in questions if not each.text.get(code, "").strip()],
        )
        for code in survey.every_locale
    ]
    facts = {"form": form, "rows": rows, "of": len(questions)}
    return _tab(request, survey, "surveys/survey_languages.html", "languages", facts)


@member_page("survey.view", post="survey.edit")
def survey_after(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Name, thank-you texts per category, window for changes, anonymity, open link."""
    survey = _survey(pk)
    form = AfterForm(request.POST or None, survey=survey)
    if request.method == "POST" and form.is_valid():
        try:
            writing.save_survey(survey, form.facts(), by=_actor(request), expected=_expected(request))
        except Stale as stale:
            return _conflict(
                request, survey, stale, form=form, template="surveys/survey_after.html", tab="after"
            )
        toast(request, _("Saved. It goes live with the next version."))
        return redirect("survey_after", slug, pk)
    facts = {"form": form, "open_address": inviting.open_link(survey) if survey.open_link else ""}
    return _tab(request, survey, "surveys/survey_after.html", "after", facts)


@member_page("survey.view")
def survey_versions(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What was published, with its answers: editing never loses one."""
    survey = _survey(pk)
    versions = survey.versions.select_related("published_by").annotate(answers=Count("responses"))
    rows = [(each, answering.definition_of(each)) for each in versions]
    return _tab(request, survey, "surveys/survey_versions.html", "versions", {"rows": rows})


@require_POST
@member_page("survey.edit")
def survey_duplicate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    copy = starting.duplicate(_survey(pk), by=_actor(request))
    toast(request, _("Copied. The copy is a draft."))
    return redirect("survey_edit", slug, copy.pk)


@require_POST
@member_page("survey.edit")
def survey_archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Close a survey, or open it again (`undo`)."""
    survey = _survey(pk)
    if "undo" in request.GET:
        writing.unarchive(survey, by=_actor(request))
        toast(request, _("The survey takes answers again."))
    else:
        writing.archive(survey, by=_actor(request))
        undo = reverse("survey_archive", args=[slug, pk]) + "?undo"
        toast(request, _("Archived: its links are closed, its answers stay."), undo=undo)
    return redirect("survey_list", slug)


@require_POST
@member_page("survey.edit")
def survey_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    deletion = writing.put_away(_survey(pk), by=_actor(request))
    toast(
        request,
        _("Survey deleted. It can be taken back for 30 days."),
        undo=reverse("survey_restore", args=[slug, deletion.pk]),
    )
    return redirect("survey_list", slug)


@require_POST
@member_page("survey.edit")
def survey_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    words = _("The survey is back.")
    survey = taken_back(request, deletion_id, Survey.objects.all(), action="survey.edit", words=words)
    return redirect("survey_edit", slug, survey.pk)


def _save_question(request: HttpRequest, survey: Survey) -> HttpResponse:
    definition = publishing.draft(survey)
    question: Question = get_object_or_404(survey.present_questions, key=request.POST.get("question", ""))
    written = question_form.read(request.POST, publishing.asked(question), definition)
    try:
        writing.save_question(question, written, by=_actor(request), expected=_expected(request))
    except Stale as stale:
        survey.refresh_from_db()
        return _builder(
            request,
            survey,
            _replaced(publishing.draft(survey), written),
            key=question.key,
            stale=stale,
            status=409,
        )
    toast(request, _("Saved in the draft."))
    return _to_question(survey, question.key)


def _builder(
    request: HttpRequest,
    survey: Survey,
    definition: Definition,
    *,
    key: str = "",
    problems: list[Problem] | None = None,
    stale: Stale | None = None,
    status: int = 200,
) -> HttpResponse:
    questions = _numbered(definition, survey.organization.name)
    current = next(
        (each for each in questions if each["asked"].key == key), questions[0] if questions else None
    )
    facts: dict[str, Any] = {
        "questions": questions,
        "current": current,
        "problems": [_told(each, questions) for each in problems or []],
        "stale": stale,
        "next_version": survey.latest_version + 1,
        "kinds": [(value, label) for value, label in Question.Kind.choices],
        "locales": question_form.language_names(definition),
        "seconds": 10 * len(definition.questions),
        "contrast": round(colours.contrast(definition.look.colour, definition.look.ink), 1),
    }
    if current is not None:
        asked: Asked = current["asked"]
        facts |= {
            "texts": question_form.texts("text", asked.text, definition),
            "hints": question_form.texts("hint", asked.hint, definition),
            "lows": question_form.texts("low_label", asked.settings.get("low_label", {}), definition),
            "highs": question_form.texts("high_label", asked.settings.get("high_label", {}), definition),
            "choices": question_form.choice_rows(asked, definition) if asked.kind == "choice" else [],
            "conditions": question_form.conditions(asked, definition),
            "strip": _strip(asked, definition),
            "answers": Response.objects.filter(answers__question=asked.key, survey=survey).count()
            if survey.latest_version
            else 0,
            "faults": [each for each in facts["problems"] if each["key"] == asked.key],
        }
    return _tab(request, survey, "surveys/survey_edit.html", "questions", facts, status)


def _numbered(definition: Definition, organization: str = "") -> list[dict[str, Any]]:
    """The questions with their numbers: those that hang on one are 1a, 1b beneath it."""
    rows: list[dict[str, Any]] = []
    known = {"organization.name": organization}
    number, letter = 0, 0
    for asked in definition.questions:
        if asked.shown_to:
            letter += 1
            label = f"{number}{chr(96 + letter)}" if letter <= 26 else f"{number}.{letter}"
        else:
            number, letter = number + 1, 0
            label = str(number)
        ends = asked.shown_to.get("from"), asked.shown_to.get("to")
        rows.append(
            {
                "asked": asked,
                "label": label,
                "hangs": bool(asked.shown_to),
                "text": piping.fill(asked.text.get(definition.default_locale, ""), known)
                or _("(no text yet)"),
                "kind": dict(Question.Kind.choices).get(asked.kind, asked.kind),
                "ends": f"{ends[0]}–{ends[1]}" if ends[0] is not None else "",
            }
        )
    return rows


def _told(problem: Problem, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """A problem as a sentence that leads to its field."""
    row = next((each for each in questions if each["asked"].key == problem.question), None)
    sentence = problem_sentence(problem.code, problem.params)
    words = (
        _("Question %(label)s: %(sentence)s") % {"label": row["label"], "sentence": sentence}
        if row
        else sentence
    )
    return {"words": words, "key": problem.question, "where": problem.where, "sentence": sentence}


def _strip(asked: Asked, definition: Definition) -> list[tuple[int, str, bool]]:
    """0 to 10 with the category of each, and whether those who chose it see this question."""
    counting = definition.counting
    condition = asked.shown_to
    if counting is None or condition.get("question") != counting.key or "from" not in condition:
        return []
    return [
        (score, nps.category(score).value[:3], condition["from"] <= score <= condition["to"])
        for score in range(11)
    ]


def _with_written(definition: Definition, post: QueryDict) -> Definition:
    question = definition.question(post.get("question", ""))
    return _replaced(definition, question_form.read(post, question, definition)) if question else definition


def _replaced(definition: Definition, question: Asked) -> Definition:
    return replace(
        definition,
        questions=tuple(question if each.key == question.key else each for each in definition.questions),
    )


def _conflict(
    request: HttpRequest,
    survey: Survey,
    stale: Stale,
    *,
    form: Any = None,
    template: str = "",
    tab: str = "questions",
) -> HttpResponse:
    """Somebody was faster: who and when, with what was written still in the fields."""
    survey.refresh_from_db()
    if not template:
        return _builder(request, survey, publishing.draft(survey), stale=stale, status=409)
    look = publishing.look(survey)
    facts = {"form": form, "stale": stale, "look": look}
    facts["contrast"] = round(colours.contrast(look.colour, look.ink), 1)
    return _tab(request, survey, template, tab, facts, 409)


def _tab(
    request: HttpRequest, survey: Survey, template: str, tab: str, facts: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, template, {**facts, "survey": survey, "tab": tab}, status=status)


def _too_many(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    toast(request, _("A survey holds at most %(n)s questions.") % {"n": writing.MOST_QUESTIONS})
    return redirect("survey_edit", slug, pk)


def _to_question(survey: Survey, key: str) -> HttpResponse:
    return redirect(reverse("survey_edit", args=[survey.organization.slug, survey.pk]) + f"?q={key}")


def _survey(pk: int) -> Survey:
    return get_object_or_404(Survey.objects.present().select_related("organization"), pk=pk)


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]


def _modes(request: HttpRequest) -> tuple[str, ...]:
    return modes.counting(request.organization)  # type: ignore[attr-defined]


def _expected(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
