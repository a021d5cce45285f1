"""Settings: the attributes that the business declares."""

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
from segments import declaring
from segments.models import Attribute
from segments.models.attribute import AttributeKind


class AttributeForm(forms.Form):
    """One attribute; the choices stand one a line."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=AttributeKind.choices)
    choices = forms.CharField(
        label=gettext_lazy("Values"),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        help_text=gettext_lazy("One a line. A choice takes one of them, a list takes any number."),
    )
    sensitive = forms.BooleanField(
        label=gettext_lazy("Sensitive"),
        required=False,
        help_text=gettext_lazy("Marked wherever it shows, so that nobody uses it without thinking."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def facts(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "label": given["label"],
            "kind": given["kind"],
            "choices": given["choices"].splitlines(),
            "sensitive": given["sensitive"],
        }


@member_page("customer.view", post="attribute.edit")
def attribute_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What is declared, and the form that declares more."""
    form, status = AttributeForm(), 200
    if request.method == "POST":
        form, status = AttributeForm(request.POST), 422
        if form.is_valid():
            try:
                made = declaring.declare(**form.facts(), by=request.actor)
                toast(request, _("%(name)s was declared.") % {"name": made.label})
                return redirect("attribute_list", slug)
            except declaring.NotDeclared as error:
                form.add_error(error.field if error.field in form.fields else "label", str(error))
    told = {
        "form": form if request.actor.may("attribute.edit") else None,
        "attributes": Attribute.objects.present(),
    }
    return render(request, "segments/attribute_list.html", told, status=status)


@member_page("attribute.edit")
def attribute_edit(request: HttpRequest, slug: str, attribute_id: int) -> HttpResponse:
    attribute = get_object_or_404(Attribute.objects.present(), pk=attribute_id)
    form = AttributeForm(
        initial={
            "label": attribute.label,
            "kind": attribute.kind,
            "choices": "\n".join(attribute.choices),
            "sensitive": attribute.sensitive,
            "revision": attribute.revision,
        }
    )
    status = 200
    told: dict[str, Any] = {}
    if request.method == "POST":
        form, status = AttributeForm(request.POST), 422
        if form.is_valid():
            try:
                revision = form.cleaned_data["revision"] or 0
                declaring.change_attribute(attribute, **form.facts(), revision=revision, by=request.actor)
                toast(request, _("Saved."))
                return redirect("attribute_list", slug)
            except declaring.NotDeclared as error:
                form.add_error(error.field if error.field in form.fields else "label", str(error))
            except Stale as stale:
                told = {"stale": stale}
                form.data = request.POST.copy()
                form.data["revision"] = str(Attribute.objects.get(pk=attribute.pk).revision)
                status = 409
    told |= {
        "attribute": attribute,
        "form": form,
        "holders": declaring.customers_with(attribute),
        "used_by": declaring.where_used(attribute),
    }
    return render(request, "segments/attribute_edit.html", told, status=status)


@member_page("attribute.edit")
@require_POST
def attribute_delete(request: HttpRequest, slug: str, attribute_id: int) -> HttpResponse:
    attribute = get_object_or_404(Attribute.objects.present(), pk=attribute_id)
    try:
        deletion = declaring.put_away(attribute, by=request.actor)
    except declaring.NotDeclared as error:
        toast(request, str(error))
        return redirect("attribute_edit", slug, attribute.pk)
    undo = reverse("attribute_restore", args=[slug, deletion.pk])
    toast(request, _("%(name)s was put away.") % {"name": attribute.label}, undo=undo)
    return redirect("attribute_list", slug)


@member_page("attribute.edit")
@require_POST
def attribute_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    taken_back(request, deletion_id, Attribute.objects.all(), action="attribute.edit")
    return redirect("attribute_list", slug)
