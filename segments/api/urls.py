"""REST resources of the segments app, under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from segments.api import customers, facts, imports, merges, quality, requests, search, segments, stages

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers", customers.CustomersView.as_view(), name="api_customers"),
    path("customers/batch", customers.CustomerBatchView.as_view(), name="api_customer_batch"),
    path("customers/<str:id>", customers.CustomerView.as_view(), name="api_customer"),
    path("customers/<str:id>/consent", customers.CustomerConsentView.as_view(), name="api_customer_consent"),
    path("customers/<str:id>/events", facts.CustomerEventsView.as_view(), name="api_customer_events"),
    path("customers/<str:id>/stages", stages.CustomerStagesView.as_view(), name="api_customer_stages"),
    path("stages", stages.StagesView.as_view(), name="api_stages"),
    path("search", search.SearchView.as_view(), name="api_search"),
    path("duplicates", merges.DuplicatesView.as_view(), name="api_duplicates"),
    path("distinctions", merges.DistinctionsView.as_view(), name="api_distinctions"),
    path("distinctions/<str:id>", merges.DistinctionView.as_view(), name="api_distinction"),
    path("merges", merges.MergesView.as_view(), name="api_merges"),
    path("merges/<str:id>", merges.MergeView.as_view(), name="api_merge"),
    path("customers/<str:id>/data", requests.CustomerDataView.as_view(), name="api_customer_data"),
    path("customers/<str:id>/erasure", requests.CustomerErasureView.as_view(), name="api_customer_erasure"),
    path("data-requests", requests.DataRequestsView.as_view(), name="api_data_requests"),
    path("data-requests/<str:id>", requests.DataRequestView.as_view(), name="api_data_request"),
    path(
        "data-requests/<str:id>/outcome",
        requests.DataRequestOutcomeView.as_view(),
        name="api_data_request_outcome",
    ),
    path("data-quality", quality.DataQualityView.as_view(), name="api_data_quality"),
    path("companies", facts.CompaniesView.as_view(), name="api_companies"),
    path("companies/<str:id>", facts.CompanyView.as_view(), name="api_company"),
    path("attributes", facts.AttributesView.as_view(), name="api_attributes"),
    path("events", facts.EventsView.as_view(), name="api_events"),
    path("imports", imports.ImportsView.as_view(), name="api_imports"),
    path("imports/<str:id>", imports.ImportView.as_view(), name="api_import"),
    path("imports/<str:id>/columns", imports.ImportColumnsView.as_view(), name="api_import_columns"),
    path("imports/<str:id>/start", imports.ImportStartView.as_view(), name="api_import_start"),
    path("imports/<str:id>/cancel", imports.ImportCancelView.as_view(), name="api_import_cancel"),
    path("imports/<str:id>/problems", imports.ImportProblemsView.as_view(), name="api_import_problems"),
    path("segments", segments.SegmentsView.as_view(), name="api_segments"),
    path("segments/ready", segments.ReadySegmentsView.as_view(), name="api_segments_ready"),
    path("segments/<str:id>", segments.SegmentView.as_view(), name="api_segment"),
    path("segments/<str:id>/count", segments.SegmentCountView.as_view(), name="api_segment_count"),
    path("segments/<str:id>/copy", segments.SegmentCopyView.as_view(), name="api_segment_copy"),
    path("segments/<str:id>/freeze", segments.SegmentFreezeView.as_view(), name="api_segment_freeze"),
    path("segments/<str:id>/members", segments.SegmentMembersView.as_view(), name="api_segment_members"),
    path("rules/trial", segments.RuleView.as_view(), name="api_rule_trial"),
]
