"""All addresses: member pages under /o/<slug>/, REST under /api/v1/, public pages at the root."""

from django.conf import settings
from django.urls import include, path

from accounts import urls as accounts_urls
from outreach import urls as outreach_urls
from segments import urls as segments_urls
from surveys import urls as surveys_urls

member_pages = [
    *outreach_urls.urlpatterns,
    *surveys_urls.urlpatterns,
    *segments_urls.urlpatterns,
    *accounts_urls.urlpatterns,
]

handler500 = "config.trouble.broke"

urlpatterns = [
    path("o/<slug:slug>/", include(member_pages)),
    path("api/v1/", include("outreach.api.urls")),
    path("api/v1/", include("surveys.api.urls")),
    path("api/v1/", include("segments.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("", include("outreach.public.urls")),
    path("", include("surveys.public.urls")),
    path("", include("segments.public.urls")),
    path("", include("accounts.public.urls")),
    path("", include("config.health")),
]

if settings.LOCAL_MAILBOX:  # never in production: settings refuse it there
    urlpatterns.append(path("", include("config.mailbox.urls")))
    urlpatterns.append(path("", include("config.guide.urls")))
