"""REST resources of the accounts app, under /api/v1/; the last of all apps, so it answers what is missing."""

from django.urls import URLPattern, URLResolver, path, re_path

from accounts.api import resources
from accounts.api.docs import SchemaView

urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", SchemaView.as_view(), name="openapi"),
    path("organization", resources.OrganizationView.as_view(), name="api_organization"),
    path("members", resources.MembersView.as_view(), name="api_members"),
    path("members/<str:id>", resources.MemberView.as_view(), name="api_member"),
    path("member-invitations", resources.MemberInvitationsView.as_view(), name="api_member_invitations"),
    path(
        "member-invitations/<str:id>", resources.MemberInvitationView.as_view(), name="api_member_invitation"
    ),
    path("units", resources.UnitsView.as_view(), name="api_units"),
    path("units/<str:id>", resources.UnitView.as_view(), name="api_unit"),
    path("keys", resources.KeysView.as_view(), name="api_keys"),
    path("keys/<str:id>", resources.KeyView.as_view(), name="api_key"),
    re_path(r"^(?P<rest>.*)$", resources.NothingHere.as_view(), name="api_nothing"),
]
