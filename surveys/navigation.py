"""Pages of surveys in the side."""

from django.utils.translation import gettext_lazy as _

from accounts.navigation import Item

ITEMS = [
    Item("ask", _("Surveys"), "survey_list", "survey.view", "survey", 10),
    Item("ask", _("Distributions"), "distribution_list", "distribution.view", "send", 20),
    Item("ask", _("Answers"), "answer_list", "response.view", "inbox", 30),
    Item("understand", _("Overview"), "overview", "report.view", "score", 10),
    Item("understand", _("What differs"), "differences", "report.view", "understand", 20),
    Item("understand", _("Side by side"), "side_by_side", "report.view", "segment", 25),
    Item("understand", _("Themes"), "theme_list", "report.view", "comment", 27),
    Item("understand", _("Drivers"), "drivers", "report.view", "star", 28),
    Item("understand", _("Improvements"), "improvement_list", "report.view", "zap", 28),
    Item("understand", _("Movement"), "movement", "report.view", "trend", 30),
    Item("understand", _("Journey"), "journey", "report.view", "flag", 32),
    Item("understand", _("Features"), "adoption", "report.view", "tap", 33),
    Item("understand", _("Business link"), "business", "report.view", "order", 34),
    Item("understand", _("Channels"), "channels", "report.view", "send", 35),
    Item("understand", _("Benchmarks"), "benchmark_list", "report.view", "score", 37),
    Item("understand", _("Notes"), "annotation_list", "report.view", "flag", 40),
]
