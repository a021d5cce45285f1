"""Notes on the line: the list, one note with the score before and after it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models.editable import Stale
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from surveys import annotating, reporting, surrounding
from surveys.filtering import EARLIEST, LATEST, Filter
from surveys.models import Annotation, Survey
from surveys.views.results import figure, filter_choices


class AnnotationForm(forms.Form):
    """One note: its day, its words, and the survey whose line it stands on."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    words = forms.CharField(
        label=gettext_lazy("What happened"),
        max_length=120,
        help_text=gettext_lazy("Such as: new store layout."),
    )
    survey: forms.ModelChoiceField[Survey] = forms.ModelChoiceField(
        label=gettext_lazy("On the line of"),
        queryset=Survey.objects.none(),
        required=False,
        empty_label=gettext_lazy("every survey"),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["survey"].queryset = Survey.objects.present().order_by("name")  # type: ignore[attr-defined]

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if not EARLIEST <= day.year <= LATEST:
            raise forms.ValidationError(_("The year lies between 1990 and 2200."))
        return day

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("day", "words", "survey")}


@member_page("report.view", post="annotation.edit")
def annotation_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All notes, newest day first, and the form that adds one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form, status = AnnotationForm(), 200
    if request.method == "POST":
        form, status = AnnotationForm(request.POST), 422
        if form.is_valid():
            made = annotating.annotate(**form.facts(), by=actor)
            toast(request, _("“%(words)s” stands on the line.") % {"words": made.words})
            return redirect("annotation_detail", slug, made.pk)
    found = Annotation.objects.present().select_related("survey")
    told = {
        "form": form if actor.may("annotation.edit") else None,
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
    }
    return render(request, "surveys/annotations.html", told, status=status)


@member_page("report.view", post="annotation.edit")
def annotation_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The windows before and after, and the form for those who may change the note."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    annotation = get_object_or_404(Annotation.objects.present().select_related("survey"), pk=pk)
    form = AnnotationForm(
        initial={
            "day": annotation.day.isoformat(),
            "words": annotation.words,
            "survey": annotation.survey_id,
            "revision": annotation.revision,
        }
    )
    status, stale = 200, None
    if request.method == "POST":
        form, status = AnnotationForm(request.POST), 422
        if form.is_valid():
            revision = form.cleaned_data["revision"] or 0
            try:
                annotating.change(annotation, **form.facts(), revision=revision, by=actor)
                toast(request, _("Saved."))
                return redirect("annotation_detail", slug, annotation.pk)
            except Stale as error:
                stale, status = error, 409
                annotation = Annotation.objects.select_related("survey").get(pk=annotation.pk)
                form.data = request.POST.copy()
                form.data["revision"] = str(annotation.revision)
    chosen = Filter.read(request.GET, request.organization, survey=annotation.survey)  # type: ignore[attr-defined]
    chosen = chosen.of_everybody()
    wanted = request.GET.get("days", "")
    days = int(wanted) if wanted.isdigit() and int(wanted) in surrounding.WINDOWS else 30
    around = surrounding.around(annotation.day, chosen, actor, days=days)
    return render(
        request,
        "surveys/annotation.html",
        {
            "annotation": annotation,
            "form": form if actor.may("annotation.edit") else None,
            "stale": stale,
            "chosen": chosen,
            "of": surrounding.told(chosen),
            "survey": annotation.survey,
            "around": around,
            "before": figure(around.before),
            "after": figure(around.after),
            "windows": [
                (each, chosen.query(days=str(each), period=None), each == days)
                for each in surrounding.WINDOWS
            ],
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            "without_period": True,
            **filter_choices(chosen),
        },
        status=status,
    )


@require_POST
@member_page("annotation.edit")
def annotation_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    annotation = get_object_or_404(Annotation.objects.present(), pk=pk)
    deletion = annotating.put_away(annotation, by=request.actor)  # type: ignore[attr-defined]
    undo = reverse("annotation_restore", args=[slug, deletion.pk])
    toast(request, _("“%(words)s” was put away.") % {"words": annotation.words}, undo=undo)
    return redirect("annotation_list", slug)


@require_POST
@member_page("annotation.edit")
def annotation_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    words = _("The note is back.")
    taken_back(request, deletion_id, Annotation.objects.all(), action="annotation.edit", words=words)
    return redirect("annotation_list", slug)
