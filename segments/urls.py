"""Pages of the segments app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver, path

from segments.views import attributes, companies, customers

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/new/", customers.customer_new, name="customer_new"),
    path("customers/export.csv", customers.customer_export, name="customer_export"),
    path("customers/<int:customer_id>/", customers.customer_detail, name="customer_detail"),
    path("customers/<int:customer_id>/edit/", customers.customer_edit, name="customer_edit"),
    path("customers/<int:customer_id>/deletion/", customers.customer_delete, name="customer_delete"),
    path("customers/deletions/<int:deletion_id>/undo/", customers.customer_restore, name="customer_restore"),
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
