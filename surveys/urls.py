"""Pages of the surveys app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
