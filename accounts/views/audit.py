"""The audit log, as sentences."""

from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.door import MemberRequest, member_page
from accounts.models.audit_entry import AuditEntry
from accounts.models.membership import Membership
from accounts.roles import ACTIONS
from accounts.telling import tell

PER_PAGE = 50


class AuditFilter(forms.Form):
    """By deed, by person, by day; days are days of the reader's zone."""

    action = forms.ChoiceField(label=_("What"), required=False)
    member = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, request: MemberRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["action"]).choices = [
            ("", _("everything")),
            *sorted(((each.name, each.label) for each in ACTIONS.values()), key=lambda pair: str(pair[1])),
        ]
        # By membership: the number of a user means nothing to an organization.
        members = (
            Membership.objects.filter(organization=request.organization).select_related("user").by_name()
        )
        cast(forms.ChoiceField, self.fields["member"]).choices = [
            ("", _("everybody")),
            *((each.pk, str(each)) for each in members),
        ]


def _day(day: Any, *, after: bool = False) -> datetime:
    start = datetime.combine(day + timedelta(days=1) if after else day, time.min)
    return timezone.make_aware(start, timezone.get_current_timezone())


@member_page("audit.view")
def audit_log(request: MemberRequest, slug: str) -> HttpResponse:
    """Newest first, a page at a time."""
    form = AuditFilter(request.GET, request=request)
    rows = AuditEntry.objects.newest()
    if form.is_valid():
        chosen = form.cleaned_data
        if chosen["action"]:
            rows = rows.filter(action=chosen["action"])
        if chosen["member"]:
            own = Membership.objects.filter(organization=request.organization, pk=chosen["member"])
            rows = rows.filter(actor_user__in=list(own.values_list("user_id", flat=True)))
        if chosen["since"]:
            rows = rows.filter(at__gte=_day(chosen["since"]))
        if chosen["until"]:
            rows = rows.filter(at__lt=_day(chosen["until"], after=True))
    number = request.GET.get("page", "1")
    page = min(max(int(number), 1), 10_000) if number.isascii() and number.isdigit() else 1
    start = (page - 1) * PER_PAGE
    found = list(rows[start : start + PER_PAGE + 1])
    told = {
        "form": form,
        "lines": tell(found[:PER_PAGE]),
        "page": page,
        "older": _link(request, page + 1) if len(found) > PER_PAGE else "",
        "newer": _link(request, page - 1) if page > 1 else "",
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "accounts/audit_log.html", told)


def _link(request: MemberRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"
