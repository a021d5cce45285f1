from surveys.models.annotation import Annotation
from surveys.models.answer import Answer
from surveys.models.appearance import Appearance
from surveys.models.benchmark import Benchmark
from surveys.models.channel_cost import ChannelCost
from surveys.models.distribution import Distribution
from surveys.models.improvement import Briefing, Improvement, TouchedSegment, TouchedUnit
from surveys.models.invitation import Invitation
from surveys.models.journey_order import JourneyOrder
from surveys.models.question import Question
from surveys.models.response import Response
from surveys.models.response_edit import ResponseEdit
from surveys.models.survey import Survey
from surveys.models.theme import Correction, Dismissal, Mention, Sentiment, Theme, ThemeRun, Tone
from surveys.models.version import Version

__all__ = [
    "Annotation",
    "Answer",
    "Appearance",
    "Benchmark",
    "Briefing",
    "ChannelCost",
    "Correction",
    "Dismissal",
    "Distribution",
    "Improvement",
    "Invitation",
    "JourneyOrder",
    "Mention",
    "Question",
    "Response",
    "ResponseEdit",
    "Sentiment",
    "Survey",
    "Theme",
    "ThemeRun",
    "Tone",
    "TouchedSegment",
    "TouchedUnit",
    "Version",
]
