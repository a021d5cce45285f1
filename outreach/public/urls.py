"""Pages of outreach for customers and mailboxes, without log-in."""

from django.urls import URLPattern, URLResolver, path

from outreach.public.my_data import new_address, your_data
from outreach.public.proving import sender_proof
from outreach.public.unsubscribing import choices, preferences, unsubscribe

urlpatterns: list[URLPattern | URLResolver] = [
    path("u/<str:token>", unsubscribe, name="unsubscribe"),
    path("p/<str:token>", preferences, name="preferences"),
    path("c/<str:token>", choices, name="choices"),
    path("d/<str:token>", your_data, name="my_data"),
    path("e/<str:token>", new_address, name="new_address"),
    path("v/<str:token>", sender_proof, name="sender_proof"),
]
