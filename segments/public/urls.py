"""Public pages of the segments app: no log-in, at the root of the site."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
