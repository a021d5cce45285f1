"""REST resources of the outreach app, under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from outreach.api import campaigns, cases, improvements

urlpatterns: list[URLPattern | URLResolver] = [
    path("cases", cases.CasesView.as_view(), name="api_cases"),
    path("cases/<str:id>", cases.CaseView.as_view(), name="api_case"),
    path("cases/<str:id>/events", cases.CaseEventsView.as_view(), name="api_case_events"),
    path("cases/<str:id>/owner", cases.CaseOwnerView.as_view(), name="api_case_owner"),
    path("cases/<str:id>/notes", cases.CaseNotesView.as_view(), name="api_case_notes"),
    path("cases/<str:id>/replies", cases.CaseRepliesView.as_view(), name="api_case_replies"),
    path("cases/<str:id>/calls", cases.CaseCallsView.as_view(), name="api_case_calls"),
    path("cases/<str:id>/wait", cases.CaseWaitView.as_view(), name="api_case_wait"),
    path("cases/<str:id>/closure", cases.CaseClosureView.as_view(), name="api_case_closure"),
    path("alerts", cases.AlertsView.as_view(), name="api_alerts"),
    path("campaigns", campaigns.CampaignsView.as_view(), name="api_campaigns"),
    path("campaigns/<str:id>", campaigns.CampaignView.as_view(), name="api_campaign"),
    path("campaigns/<str:id>/review", campaigns.CampaignReviewView.as_view(), name="api_campaign_review"),
    path("campaigns/<str:id>/launch", campaigns.CampaignLaunchView.as_view(), name="api_campaign_launch"),
    path("campaigns/<str:id>/pause", campaigns.CampaignPauseView.as_view(), name="api_campaign_pause"),
    path("campaigns/<str:id>/stop", campaigns.CampaignStopView.as_view(), name="api_campaign_stop"),
    path("campaigns/<str:id>/retry", campaigns.CampaignRetryView.as_view(), name="api_campaign_retry"),
    path(
        "campaigns/<str:id>/outcomes", campaigns.CampaignOutcomesView.as_view(), name="api_campaign_outcomes"
    ),
    path("improvements/<str:id>/note", improvements.NoteView.as_view(), name="api_improvement_note"),
    path("templates", campaigns.TemplatesView.as_view(), name="api_templates"),
    path("templates/<str:id>", campaigns.TemplateView.as_view(), name="api_template"),
    path("senders", campaigns.SendersView.as_view(), name="api_senders"),
    path("senders/<str:id>", campaigns.SenderView.as_view(), name="api_sender"),
    path("follow-ups", campaigns.FollowUpsView.as_view(), name="api_follow_ups"),
    path("follow-ups/<str:category>", campaigns.FollowUpView.as_view(), name="api_follow_up"),
]
