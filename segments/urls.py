"""Pages of the segments app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
