"""Expressions that several models share."""

from django.db import models


class KnownZone(models.Func):
    """True when the text is empty or a time zone that PostgreSQL knows; an unknown name is refused.

    The claim of a batch of messages computes local time in SQL: one row with a zone that PostgreSQL
    does not know would stop the whole batch, so such a row cannot exist.
    """

    template = (
        "(%(expressions)s = '' OR timezone(NULLIF(%(expressions)s, ''), TIMESTAMP '2000-01-01') IS NOT NULL)"
    )
    output_field = models.BooleanField()
    conditional = True
