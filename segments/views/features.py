"""Settings: which events of the business are features, with proposals from what came in."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.door import member_page
from accounts.models.editable import Stale
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from segments import catalog, declaring_features, suggesting_features
from segments.catalog import Asked
from segments.declaring_features import NotAFeature
from segments.models import Feature
from segments.models.feature import MOST_DAYS, SILENT_DAYS


class FeatureForm(forms.Form):
    """One feature: its name, the events that say it was used, and when silence means that it was given up."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    event = forms.CharField(
        label=gettext_lazy("Event"),
        max_length=80,
        help_text=gettext_lazy("The name of the event that comes in whenever somebody uses it."),
        widget=forms.TextInput(attrs={"list": "event-names", "autocomplete": "off"}),
    )
    property = forms.CharField(
        label=gettext_lazy("Property"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Where one event tells of several features: the property that says which."),
    )
    value = forms.CharField(
        label=gettext_lazy("Value"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Of that property. Left empty, any value counts."),
    )
    silent_days = forms.IntegerField(
        label=gettext_lazy("Days of silence"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=SILENT_DAYS,
        help_text=gettext_lazy("Who used it before, and not for so long, gave it up."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def facts(self) -> dict[str, Any]:
        return {key: value for key, value in self.cleaned_data.items() if key != "revision"}


@member_page("segment.view", post="feature.edit")
def feature_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What is declared, what could be, and the form that declares more."""
    may_edit = request.actor.may("feature.edit")
    form, status = FeatureForm(), 200
    if request.method == "POST":
        form, status = FeatureForm(request.POST), 422
        if form.is_valid():
            try:
                made = declaring_features.declare(**form.facts(), by=request.actor)
                toast(request, _("%(name)s is a feature now.") % {"name": made.name})
                return redirect("feature_list", slug)
            except NotAFeature as error:
                form.add_error(error.field, str(error))
    context = {
        "form": form if may_edit else None,
        "features": Feature.objects.present(),
        "suggested": suggesting_features.suggested(Asked.of(request.organization)) if may_edit else [],
        "event_names": catalog.event_names(),
        "silent_days": SILENT_DAYS,
    }
    return render(request, "segments/feature_list.html", context, status=status)


@member_page("feature.edit")
def feature_edit(request: HttpRequest, slug: str, feature_id: int) -> HttpResponse:
    feature = get_object_or_404(Feature.objects.present(), pk=feature_id)
    names = ("name", "event", "property", "value", "silent_days", "revision")
    form = FeatureForm(initial={name: getattr(feature, name) for name in names})
    status, stale = 200, None
    if request.method == "POST":
        form, status = FeatureForm(request.POST), 422
        if form.is_valid():
            revision = form.cleaned_data["revision"] or 0
            try:
                declaring_features.change(feature, **form.facts(), revision=revision, by=request.actor)
                toast(request, _("Saved."))
                return redirect("feature_list", slug)
            except NotAFeature as error:
                form.add_error(error.field, str(error))
            except Stale as conflict:
                stale, status = conflict, 409
                form.data = request.POST.copy()
                form.data["revision"] = str(Feature.objects.get(pk=feature.pk).revision)
        feature = Feature.objects.get(pk=feature.pk)
    context = {
        "feature": feature,
        "form": form,
        "stale": stale,
        "event_names": catalog.event_names(),
    }
    return render(request, "segments/feature_edit.html", context, status=status)


@require_POST
@member_page("feature.edit")
def feature_delete(request: HttpRequest, slug: str, feature_id: int) -> HttpResponse:
    feature = get_object_or_404(Feature.objects.present(), pk=feature_id)
    deletion = declaring_features.put_away(feature, by=request.actor)
    undo = reverse("feature_restore", args=[slug, deletion.pk])
    toast(request, _("%(name)s is no feature any more.") % {"name": feature.name}, undo=undo)
    return redirect("feature_list", slug)


@require_POST
@member_page("feature.edit")
def feature_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    taken_back(request, deletion_id, Feature.objects.all(), action="feature.edit")
    return redirect("feature_list", slug)
