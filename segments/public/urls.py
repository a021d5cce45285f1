"""Public pages of the segments app: no log-in, at the root of the site."""

from django.urls import URLPattern, URLResolver, path

from segments.public.inbound import inbound

urlpatterns: list[URLPattern | URLResolver] = [path("in/<str:token>", inbound, name="inbound")]
