"""Words of the builder."""

import re

from django import template
from django.utils.translation import gettext as _

from segments import stages
from segments.models.consent import CONSENT_CHANNELS, Purpose

register = template.Library()


@register.filter
def row_id(path: str) -> str:
    """The row's id in the page for a path of the rule: rules[1].any[0] -> 1-0."""
    return "-".join(re.findall(r"\[(\d+)\]", path)) or "root"


@register.filter
def stage_name(key: str) -> str:
    """What the business calls a stage; one that is gone keeps its key."""
    return stages.plan().names.get(key, key)


@register.filter
def option_label(value: str) -> str:
    """A channel or a purpose in words."""
    known = {**dict(CONSENT_CHANNELS), **dict(Purpose.choices)}
    return str(known.get(value, _(value)))
