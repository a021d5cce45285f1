"""Benchmarks: the own units and surveys, competitors rated by the same people, and figures of others."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models.editable import Stale
from accounts.tenancy.forms import TenantModelForm
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from surveys import benchmarking, competing, reporting
from surveys.filtering import EARLIEST, LATEST, Filter
from surveys.models import Benchmark
from surveys.views.results import figure, filter_choices


class BenchmarkForm(TenantModelForm):
    """An outside figure: nothing without its source, year and method."""

    score = forms.DecimalField(
        label=gettext_lazy("Score"), min_value=-100, max_value=100, max_digits=4, decimal_places=1,
        help_text=gettext_lazy("From −100 to +100."),
    )  # fmt: skip
    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=EARLIEST, max_value=LATEST,
        help_text=gettext_lazy("In which people were asked."),
    )  # fmt: skip
    people = forms.IntegerField(
        label=gettext_lazy("People asked"), min_value=1, max_value=2**31 - 1, required=False,
        help_text=gettext_lazy("If the source says how many."),
    )  # fmt: skip
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Benchmark
        fields = benchmarking.FIELDS
        labels = {
            "whose": gettext_lazy("Whose score"),
            "source": gettext_lazy("Source"),
            "method": gettext_lazy("Method"),
        }
        help_texts = {
            "whose": gettext_lazy("Such as: supermarkets in Norway."),
            "source": gettext_lazy("Who published it, and under which title."),
            "link": gettext_lazy("Where others can read it; may be empty."),
            "method": gettext_lazy("Who was asked, how, and on which scale."),
        }

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in benchmarking.FIELDS}


@member_page("report.view", post="benchmark.edit")
def benchmark_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything to compare with, and the form that adds a figure."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form, status = BenchmarkForm(), 200
    if request.method == "POST":
        form, status = BenchmarkForm(request.POST), 422
        if form.is_valid():
            made = benchmarking.enter(form.facts(), by=actor)
            toast(request, _("“%(whose)s” stands among the figures.") % {"whose": made.whose})
            return redirect("benchmark_list", slug)
    chosen = Filter.read(request.GET, request.organization).of_everybody()  # type: ignore[attr-defined]
    ours = reporting.overall(chosen, actor).scored
    units = benchmarking.by_unit(chosen, actor)
    return render(
        request,
        "surveys/benchmarks.html",
        {
            "chosen": chosen,
            "guard": reporting.Guard.of(actor, chosen),
            "ours": ours,
            "ours_figure": figure(ours),
            "units": units,
            "surveys": benchmarking.by_survey(chosen, actor),
            "rivals": [
                (each, figure(each.theirs), figure(each.ours)) for each in competing.rivals(chosen, actor)
            ],
            "standings": benchmarking.standings(ours),
            "tested_from": competing.TESTED_FROM,
            "form": form if actor.may("benchmark.edit") else None,
            "edits_surveys": actor.may("survey.edit"),
            "without_category": True,
            **filter_choices(chosen),
        },
        status=status,
    )


@member_page("report.view", post="benchmark.edit")
def benchmark_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One figure with all that is known of it, and the form for those who may change it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    benchmark = get_object_or_404(Benchmark.objects.present(), pk=pk)
    form = BenchmarkForm(instance=benchmark, initial={"revision": benchmark.revision})
    status, stale = 200, None
    if request.method == "POST":
        form, status = BenchmarkForm(request.POST), 422
        if form.is_valid():
            try:
                revision = form.cleaned_data["revision"] or 0
                benchmarking.change(benchmark, form.facts(), revision=revision, by=actor)
                toast(request, _("Saved."))
                return redirect("benchmark_detail", slug, benchmark.pk)
            except Stale as error:
                stale, status = error, 409
                benchmark = Benchmark.objects.get(pk=benchmark.pk)
                form.data = request.POST.copy()
                form.data["revision"] = str(benchmark.revision)
    return render(
        request,
        "surveys/benchmark.html",
        {"benchmark": benchmark, "form": form if actor.may("benchmark.edit") else None, "stale": stale},
        status=status,
    )


@require_POST
@member_page("benchmark.edit")
def benchmark_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    benchmark = get_object_or_404(Benchmark.objects.present(), pk=pk)
    deletion = benchmarking.put_away(benchmark, by=request.actor)  # type: ignore[attr-defined]
    undo = reverse("benchmark_restore", args=[slug, deletion.pk])
    toast(request, _("“%(words)s” was put away.") % {"words": str(benchmark)}, undo=undo)
    return redirect("benchmark_list", slug)


@require_POST
@member_page("benchmark.edit")
def benchmark_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    words = _("The figure is back.")
    taken_back(request, deletion_id, Benchmark.objects.all(), action="benchmark.edit", words=words)
    return redirect("benchmark_list", slug)
