"""What outreach adds when two records of one person become one: what of it the page counts."""

from django.utils.translation import gettext_lazy as _

from segments.merge_parts import Part

PART = Part(counted={"outreach.SendKey": _("messages"), "outreach.Case": _("cases")})
