"""Pages of the segments app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver, path

from segments.views import (
    attributes,
    companies,
    customers,
    imports,
    merges,
    quality,
    requests,
    search,
    segments,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/new/", customers.customer_new, name="customer_new"),
    path("customers/export.csv", customers.customer_export, name="customer_export"),
    path("customers/<int:customer_id>/", customers.customer_detail, name="customer_detail"),
    path("customers/<int:customer_id>/edit/", customers.customer_edit, name="customer_edit"),
    path("customers/<int:customer_id>/deletion/", customers.customer_delete, name="customer_delete"),
    path("customers/deletions/<int:deletion_id>/undo/", customers.customer_restore, name="customer_restore"),
    path("customers/duplicates/", merges.duplicate_list, name="duplicate_list"),
    path("customers/<int:customer_id>/merge/<int:other_id>/", merges.customer_merge, name="customer_merge"),
    path("customers/<int:customer_id>/apart/<int:other_id>/", merges.customer_apart, name="customer_apart"),
    path(
        "customers/distinctions/<int:distinction_id>/undo/", merges.distinction_undo, name="distinction_undo"
    ),
    path("customers/merges/<int:merge_id>/undo/", merges.merge_undo, name="merge_undo"),
    path("customers/quality/", quality.data_quality, name="data_quality"),
    path("customers/requests/", requests.data_request_list, name="data_request_list"),
    path("customers/requests/<int:pk>/outcome/", requests.data_request_decide, name="data_request_decide"),
    path("customers/search/", search.search_page, name="search"),
    path("segments/", segments.segment_list, name="segment_list"),
    path("segments/new/", segments.segment_new, name="segment_new"),
    path("segments/try/", segments.segment_try, name="segment_try"),
    path("segments/ready/", segments.segment_ready, name="segment_ready"),
    path("segments/<int:segment_id>/", segments.segment_edit, name="segment_edit"),
    path("segments/<int:segment_id>/copy/", segments.segment_copy, name="segment_copy"),
    path("segments/<int:segment_id>/frozen/", segments.segment_freeze, name="segment_freeze"),
    path("segments/<int:segment_id>/deletion/", segments.segment_delete, name="segment_delete"),
    path("segments/deletions/<int:deletion_id>/undo/", segments.segment_restore, name="segment_restore"),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<int:import_id>/", imports.import_detail, name="import_detail"),
    path("imports/<int:import_id>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<int:import_id>/start/", imports.import_start, name="import_start"),
    path("imports/<int:import_id>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<int:import_id>/cancellation/", imports.import_cancel, name="import_cancel"),
    path("imports/<int:import_id>/problems.csv", imports.import_problems, name="import_problems"),
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
