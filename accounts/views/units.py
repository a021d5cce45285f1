"""The tree of units."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.arranging_units import UnitRefused, add_unit, change_unit, put_away_unit
from accounts.door import MemberRequest, member_page
from accounts.forms.members import UnitForm
from accounts.models.editable import Stale
from accounts.models.membership import Membership
from accounts.models.unit import Unit
from accounts.toasts import toast
from accounts.views.restoring import taken_back


def _units(request: MemberRequest) -> Any:
    return Unit.objects.all().alive().visible_to(request.actor)


@member_page("unit.view", post="unit.edit")
def unit_list(request: MemberRequest, slug: str) -> HttpResponse:
    """The tree, and the form that adds to it."""
    may_edit, status = request.actor.may("unit.edit"), 200
    form = UnitForm(by=request.actor) if may_edit else None
    if request.method == "POST":
        form = UnitForm(request.POST, by=request.actor)
        if form.is_valid():
            try:
                unit = add_unit(
                    name=form.cleaned_data["name"], parent=form.cleaned_data["parent"], by=request.actor
                )
                toast(request, _("%(name)s was added.") % {"name": unit.name})
                return redirect("unit_list", slug)
            except UnitRefused as refusal:
                form.add_error(None, str(refusal))
        status = 422
    units = list(_units(request).in_order())
    counts: dict[int, int] = {}
    for unit_id in Membership.objects.filter(organization=request.organization).values_list(
        "unit_id", flat=True
    ):
        if unit_id is not None:
            counts[unit_id] = counts.get(unit_id, 0) + 1
    told = {"form": form, "rows": [(unit, counts.get(unit.pk, 0)) for unit in units], "may_edit": may_edit}
    return render(request, "accounts/unit_list.html", told, status=status)


@member_page("unit.edit")
def unit_edit(request: MemberRequest, slug: str, unit_id: int) -> HttpResponse:
    unit = get_object_or_404(_units(request), pk=unit_id)
    initial = {"name": unit.name, "parent": unit.parent_id, "revision": unit.revision}
    form, status, told = UnitForm(initial=initial, by=request.actor, unit=unit), 200, {}
    if request.method == "POST":
        form = UnitForm(request.POST, initial=initial, by=request.actor, unit=unit)
        status = 422
        if form.is_valid():
            try:
                change_unit(
                    unit,
                    name=form.cleaned_data["name"],
                    parent=form.cleaned_data["parent"],
                    revision=form.cleaned_data["revision"] or 0,
                    by=request.actor,
                )
                toast(request, _("Saved."))
                return redirect("unit_list", slug)
            except UnitRefused as refusal:
                form.add_error(None, str(refusal))
            except Stale as stale:
                assert stale.subject is not None
                told = {"stale": stale, "theirs": [(_("Name"), stale.subject.name)]}
                form.accept_newer(stale.subject.revision)
                status = 409
        unit = get_object_or_404(_units(request), pk=unit_id)
    return render(request, "accounts/unit_edit.html", {"unit": unit, "form": form, **told}, status=status)


@member_page("unit.edit")
@require_POST
def unit_delete(request: MemberRequest, slug: str, unit_id: int) -> HttpResponse:
    unit = get_object_or_404(_units(request), pk=unit_id)
    try:
        deletion = put_away_unit(unit, by=request.actor)
        undo = reverse("unit_restore", args=[slug, deletion.pk])
        toast(request, _("%(name)s was put away.") % {"name": unit.name}, undo=undo)
    except UnitRefused as refusal:
        toast(request, str(refusal))
        return redirect("unit_edit", slug, unit.pk)
    return redirect("unit_list", slug)


@member_page("unit.edit")
@require_POST
def unit_restore(request: MemberRequest, slug: str, deletion_id: int) -> HttpResponse:
    branch = request.actor.branch_ids
    seen = Unit.objects.all() if branch is None else Unit.objects.filter(pk__in=branch)
    taken_back(request, deletion_id, seen, action="unit.edit")
    return redirect("unit_list", slug)
