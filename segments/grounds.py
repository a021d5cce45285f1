"""Why something may not be sent, in one sentence, and until when: the same wherever a customer is shown."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from segments.contacting import Decision, Ground


def sentence(ground: Ground) -> str:
    """The sentence of one ground."""
    since = date_format(localtime(ground.since), "j M Y") if ground.since else ""
    match ground.code:
        case "deleted":
            return _("was deleted")
        case "no_address":
            return _("no address")
        case "suppressed":
            return {
                "unsubscribed": _("asked to stop, %(since)s"),
                "bounced": _("the address does not exist, since %(since)s"),
                "complained": _("reported as spam, %(since)s"),
                "erased": _("erased at their wish, %(since)s"),
            }.get(ground.detail, _("stopped by the business, %(since)s")) % {"since": since}
        case "no_consent":
            return _("refused, %(since)s") % {"since": since} if ground.since else _("no consent recorded")
        case "quiet_hours":
            return _("quiet hours")
        case "cap":
            return _("heard from us often lately")
        case "survey_gap":
            return _("was asked on %(since)s") % {"since": since} if since else _("was asked not long ago")
    return ground.code


def verdict(decision: Decision) -> tuple[str, str]:
    """(yes, later or no; words) for a cell of the permission matrix."""
    if decision.allowed:
        return "yes", _("yes")
    first = decision.reasons[0]
    if first.until is None:
        return "no", sentence(first)
    when = localtime(first.until)
    form = "H:i" if first.code == "quiet_hours" else "j M"
    return "later", _("%(why)s; free %(when)s") % {"why": sentence(first), "when": date_format(when, form)}
