"""Pages of the accounts app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import audit, files, keys, members, settings, units

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/organization/", settings.settings_organization, name="settings_organization"),
    path("settings/brand/", settings.settings_brand, name="settings_brand"),
    path("settings/hours/", settings.settings_hours, name="settings_hours"),
    path("settings/sending/", settings.settings_sending, name="settings_sending"),
    path("settings/privacy/", settings.settings_privacy, name="settings_privacy"),
    path("settings/members/", members.member_list, name="member_list"),
    path("settings/members/leave/", members.member_leave, name="member_leave"),
    path("settings/members/<int:member_id>/", members.member_detail, name="member_detail"),
    path("settings/members/<int:member_id>/remove/", members.member_remove, name="member_remove"),
    path(
        "settings/invitations/<int:invitation_id>/resend/",
        members.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "settings/invitations/<int:invitation_id>/revoke/",
        members.invitation_revoke,
        name="invitation_revoke",
    ),
    path("settings/profile/", members.profile, name="profile"),
    path("settings/profile/sessions/", members.end_other_sessions, name="end_other_sessions"),
    path("settings/units/", units.unit_list, name="unit_list"),
    path("settings/units/<int:unit_id>/", units.unit_edit, name="unit_edit"),
    path("settings/units/<int:unit_id>/delete/", units.unit_delete, name="unit_delete"),
    path("settings/units/restore/<int:deletion_id>/", units.unit_restore, name="unit_restore"),
    path("settings/keys/", keys.key_list, name="key_list"),
    path("settings/keys/<int:key_id>/revoke/", keys.key_revoke, name="key_revoke"),
    path("settings/audit/", audit.audit_log, name="audit_log"),
    path("files/<int:file_id>/", files.file_detail, name="file_detail"),
]
