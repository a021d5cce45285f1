"""Which organization: the first page after log-in, and founding another one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.door import AccountRequest, personal_page, public_page
from accounts.forms.members import NewOrganizationForm
from accounts.founding import found_organization
from accounts.models.membership import Membership
from accounts.zones import zone_names


@public_page("landing")
def choose(request: AccountRequest) -> HttpResponse:
    """What Loopwell is, for strangers. For people: straight in with one membership; a choice with several;
    a form with none."""
    if not request.user.is_authenticated:
        return render(request, "accounts/landing.html")
    memberships = list(
        Membership.objects.filter(user=request.user, organization__deleted_at=None)
        .select_related("organization")
        .order_by("organization__name")
    )
    if len(memberships) == 1:
        return redirect(memberships[0].organization)
    if not memberships:
        return redirect("organization_new")
    return render(request, "accounts/choose.html", {"memberships": memberships})


@personal_page("found")
def organization_new(request: AccountRequest) -> HttpResponse:
    """Another organization for somebody who has an account."""
    form = NewOrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        zone = form.cleaned_data["time_zone"]
        organization = found_organization(
            name=form.cleaned_data["name"],
            owner=request.user,
            time_zone=zone if zone in zone_names() else "UTC",
        )
        return redirect(organization)
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/organization_new.html", {"form": form}, status=status)
