"""Public pages of the surveys app: no log-in, at the root of the site."""

from django.urls import URLPattern, URLResolver, path

from surveys.public import hosted

urlpatterns: list[URLPattern | URLResolver] = [
    path("s/<str:token>", hosted.invited, name="answer"),
    path("open/<str:token>", hosted.open_link, name="answer_open"),
]
