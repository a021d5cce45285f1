"""REST resources of the surveys app, under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from surveys.api import (
    adoption,
    annotations,
    channels,
    differences,
    movement,
    responses,
    side_by_side,
    surveys,
    themes,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("surveys", surveys.SurveysView.as_view(), name="api_surveys"),
    path("surveys/<str:id>", surveys.SurveyView.as_view(), name="api_survey"),
    path("surveys/<str:id>/versions", surveys.SurveyVersionsView.as_view(), name="api_versions"),
    path("surveys/<str:id>/results", surveys.ResultsView.as_view(), name="api_results"),
    path("differences", differences.DifferencesView.as_view(), name="api_differences"),
    path("movement", movement.MovementView.as_view(), name="api_movement"),
    path("movement/customers", movement.MovedView.as_view(), name="api_moved"),
    path("side-by-side", side_by_side.SideBySideView.as_view(), name="api_side_by_side"),
    path("side-by-side/comparison", side_by_side.ComparisonView.as_view(), name="api_comparison"),
    path("adoption", adoption.AdoptionView.as_view(), name="api_adoption"),
    path("channels", channels.ChannelsView.as_view(), name="api_channels"),
    path("channels/costs", channels.ChannelCostView.as_view(), name="api_channel_cost"),
    path("annotations", annotations.AnnotationsView.as_view(), name="api_annotations"),
    path("annotations/<str:id>", annotations.AnnotationView.as_view(), name="api_annotation"),
    path("annotations/<str:id>/around", annotations.AroundView.as_view(), name="api_around"),
    path("themes", themes.ThemesView.as_view(), name="api_themes"),
    path("themes/report", themes.ThemeReportView.as_view(), name="api_theme_report"),
    path("themes/starters", themes.StartersView.as_view(), name="api_theme_starters"),
    path("themes/<str:id>", themes.ThemeView.as_view(), name="api_theme"),
    path("themes/<str:id>/merge", themes.ThemeMergeView.as_view(), name="api_theme_merge"),
    path("themes/<str:id>/line", themes.ThemeLineView.as_view(), name="api_theme_line"),
    path("responses/<str:id>/themes", themes.ResponseThemesView.as_view(), name="api_response_themes"),
    path("distributions", surveys.DistributionsView.as_view(), name="api_distributions"),
    path("distributions/<str:id>", surveys.DistributionView.as_view(), name="api_distribution"),
    path("distributions/<str:id>/launch", surveys.DistributionLaunchView.as_view(), name="api_launch"),
    path("invitations", responses.InvitationsView.as_view(), name="api_invitations"),
    path("invitations/<str:id>", responses.InvitationView.as_view(), name="api_invitation"),
    path("responses", responses.ResponsesView.as_view(), name="api_responses"),
    path("responses/<str:id>", responses.ResponseView.as_view(), name="api_response"),
]
