"""The nouns of segments: people, what is known of them, and what they allow."""

from segments.models.attribute import Attribute, AttributeChange, AttributeKind
from segments.models.company import Company
from segments.models.connection import Connection, Errand, HeardTicket, NotTakenIn, Outgoing
from segments.models.consent import ANY_CHANNEL, Channel, Consent, ConsentChange, Purpose
from segments.models.contact import Contact
from segments.models.customer import Category, ContactRole, Customer
from segments.models.customer_event import CustomerEvent, EventMessageId
from segments.models.customer_import import CustomerImport, ExistingPolicy, ImportRowError, ImportState
from segments.models.customer_key import CustomerKey, KeyKind
from segments.models.data_request import DataRequest
from segments.models.distinction import Distinction
from segments.models.feature import Feature, Use
from segments.models.inbound import InboundDelivery, InboundWebhook
from segments.models.membership import FactChange, FollowingTurn, Reason, SegmentFollowing, SegmentStay
from segments.models.merge import Merge
from segments.models.segment import Segment, SegmentMember
from segments.models.stage import StageChange, StagePlan, StageRun
from segments.models.suppression import Suppression, SuppressionReason

__all__ = [
    "ANY_CHANNEL",
    "Attribute",
    "AttributeChange",
    "AttributeKind",
    "Category",
    "Channel",
    "Company",
    "Connection",
    "Consent",
    "ConsentChange",
    "Contact",
    "ContactRole",
    "Customer",
    "CustomerEvent",
    "CustomerImport",
    "CustomerKey",
    "DataRequest",
    "Distinction",
    "Errand",
    "EventMessageId",
    "ExistingPolicy",
    "FactChange",
    "Feature",
    "FollowingTurn",
    "HeardTicket",
    "ImportRowError",
    "ImportState",
    "InboundDelivery",
    "InboundWebhook",
    "KeyKind",
    "Merge",
    "NotTakenIn",
    "Outgoing",
    "Purpose",
    "Reason",
    "Segment",
    "SegmentFollowing",
    "SegmentMember",
    "SegmentStay",
    "StageChange",
    "StagePlan",
    "StageRun",
    "Suppression",
    "SuppressionReason",
    "Use",
]
