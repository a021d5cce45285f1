"""Addresses of the mailbox."""

from django.urls import path

from config.mailbox import views

urlpatterns = [
    path("mailbox", views.mailbox, name="mailbox"),
    path("mailbox/<int:id>", views.mail, name="mailbox_mail"),
    path("mailbox/<int:id>/<slug:part>", views.mail, name="mailbox_part"),
    path("mailbox/<int:id>/html/frame", views.mail_frame, name="mailbox_frame"),
]
