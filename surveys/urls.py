"""Pages of the surveys app, under /o/<slug>/ (see config/urls.py)."""

from django.urls import URLPattern, URLResolver, path

from surveys.views import (
    annotations,
    answers,
    differences,
    distributions,
    movement,
    reports,
    results,
    side_by_side,
    surveys,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("overview/", results.overview, name="overview"),
    path("differences/", differences.differences, name="differences"),
    path("movement/", movement.movement, name="movement"),
    path("side-by-side/", side_by_side.side_by_side, name="side_by_side"),
    path("reports/<slug:report>.csv", reports.report_export, name="report_export"),
    path("notes/", annotations.annotation_list, name="annotation_list"),
    path("notes/<int:pk>/", annotations.annotation_detail, name="annotation_detail"),
    path("notes/<int:pk>/deletion/", annotations.annotation_delete, name="annotation_delete"),
    path(
        "notes/deletions/<int:deletion_id>/undo/", annotations.annotation_restore, name="annotation_restore"
    ),
    path("surveys/", surveys.survey_list, name="survey_list"),
    path("surveys/new/", surveys.survey_new, name="survey_new"),
    path("surveys/restore/<int:deletion_id>/", surveys.survey_restore, name="survey_restore"),
    path("surveys/<int:pk>/", surveys.survey_edit, name="survey_edit"),
    path("surveys/<int:pk>/questions/", surveys.question_add, name="question_add"),
    path("surveys/<int:pk>/questions/<slug:key>/move/", surveys.question_move, name="question_move"),
    path("surveys/<int:pk>/questions/<slug:key>/remove/", surveys.question_remove, name="question_remove"),
    path("surveys/<int:pk>/questions/<slug:key>/restore/", surveys.question_restore, name="question_restore"),
    path("surveys/<int:pk>/preview/", surveys.survey_preview, name="survey_preview"),
    path("surveys/<int:pk>/publish/", surveys.survey_publish, name="survey_publish"),
    path("surveys/<int:pk>/look/", surveys.survey_look, name="survey_look"),
    path("surveys/<int:pk>/languages/", surveys.survey_languages, name="survey_languages"),
    path("surveys/<int:pk>/after/", surveys.survey_after, name="survey_after"),
    path("surveys/<int:pk>/versions/", surveys.survey_versions, name="survey_versions"),
    path("surveys/<int:pk>/results/", results.survey_results, name="survey_results"),
    path("surveys/<int:pk>/duplicate/", surveys.survey_duplicate, name="survey_duplicate"),
    path("surveys/<int:pk>/archive/", surveys.survey_archive, name="survey_archive"),
    path("surveys/<int:pk>/delete/", surveys.survey_delete, name="survey_delete"),
    path("distributions/", distributions.distribution_list, name="distribution_list"),
    path("distributions/new/", distributions.distribution_new, name="distribution_new"),
    path("distributions/<int:pk>/", distributions.distribution_detail, name="distribution_detail"),
    path("distributions/<int:pk>/edit/", distributions.distribution_edit, name="distribution_edit"),
    path("distributions/<int:pk>/launch/", distributions.distribution_launch, name="distribution_launch"),
    path(
        "distributions/<int:pk>/unschedule/",
        distributions.distribution_unschedule,
        name="distribution_unschedule",
    ),
    path("distributions/<int:pk>/stop/", distributions.distribution_stop, name="distribution_stop"),
    path("distributions/<int:pk>/try/", distributions.distribution_try, name="distribution_try"),
    path("distributions/<int:pk>/delete/", distributions.distribution_delete, name="distribution_delete"),
    path("answers/", results.answer_list, name="answer_list"),
    path("answers/export.csv", answers.answer_export, name="answer_export"),
    path("answers/<int:pk>/", answers.answer_detail, name="answer_detail"),
    path("answers/<int:pk>/exclusion/", answers.answer_exclusion, name="answer_exclusion"),
]
