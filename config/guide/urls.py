"""Address of the style guide."""

from django.urls import path

from config.guide import views

urlpatterns = [
    path("design", views.guide, name="design"),
    path("design/trouble/<slug:kind>", views.trouble, name="design_trouble"),
]
