"""The closed list of tables outside row security, each with its reason. tests/tenancy holds it closed."""

DIRECTORY: dict[str, str] = {
    "accounts_organization": "the tenants themselves: the door reads it before any context",
    "accounts_user": "a person may be a member of several organizations",
    "accounts_user_groups": "Django's own, unused",
    "accounts_user_user_permissions": "Django's own, unused",
    "accounts_membership": "the door reads it to learn whether it may open",
    "accounts_keyprefix": "leads from an API key's public prefix to its organization, nothing else",
    "accounts_doorbell": "which organization has work due, and when",
    "account_emailaddress": "addresses of people who log in (django-allauth)",
    "account_emailconfirmation": "their confirmation (django-allauth)",
    "mfa_authenticator": "second factors of people who log in (django-allauth)",
    "socialaccount_socialaccount": "outside log-ins of people (django-allauth)",
    "socialaccount_socialapp": "providers set up by the operator (django-allauth)",
    "socialaccount_socialapp_sites": "providers set up by the operator (django-allauth)",
    "socialaccount_socialtoken": "outside log-ins of people (django-allauth)",
    "usersessions_usersession": "the list of a person's log-ins (django-allauth)",
    "django_session": "log-ins",
    "django_site": "Django's own",
    "django_content_type": "names of models",
    "django_migrations": "which migrations ran",
    "auth_permission": "Django's own, unused",
    "auth_group": "Django's own, unused",
    "auth_group_permissions": "Django's own, unused",
    "outreach_enginetick": "when each engine process last worked",
    "outreach_standstill": "the operator's stop for all sending",
}
# django_admin_log is not here: it stores the text of tenants' objects. The tenant's audit takes its place.
