"""Nouns of outreach: one file per noun, gathered here."""

from outreach.models.alert import Alert
from outreach.models.attempt import Attempt, AttemptOutcome, SettledMessage
from outreach.models.campaign import Campaign
from outreach.models.case import Case, CaseDraft
from outreach.models.case_event import CaseEvent
from outreach.models.engine import EngineTick, SendingDay, Standstill
from outreach.models.follow_up import FollowUp
from outreach.models.message import Message, MessageState
from outreach.models.send_key import Channel, MessageClass, Outcome, SendKey
from outreach.models.sender import Sender
from outreach.models.template import Template
from outreach.models.wording import Wording

__all__ = [
    "Alert",
    "Attempt",
    "AttemptOutcome",
    "Campaign",
    "Case",
    "CaseDraft",
    "CaseEvent",
    "Channel",
    "EngineTick",
    "FollowUp",
    "Message",
    "MessageClass",
    "MessageState",
    "Outcome",
    "SendKey",
    "Sender",
    "SendingDay",
    "SettledMessage",
    "Standstill",
    "Template",
    "Wording",
]
