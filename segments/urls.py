"""Pages of the segments app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver, path

from segments.views import attributes, companies

urlpatterns: list[URLPattern | URLResolver] = [
    path("companies/", companies.company_list, name="company_list"),
    path("companies/<int:company_id>/", companies.company_detail, name="company_detail"),
    path("settings/attributes/", attributes.attribute_list, name="attribute_list"),
    path("settings/attributes/<int:attribute_id>/", attributes.attribute_edit, name="attribute_edit"),
    path(
        "settings/attributes/<int:attribute_id>/deletion/",
        attributes.attribute_delete,
        name="attribute_delete",
    ),
    path(
        "settings/attributes/deletions/<int:deletion_id>/undo/",
        attributes.attribute_restore,
        name="attribute_restore",
    ),
]
