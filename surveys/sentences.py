"""How the audit log tells what surveys did."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "survey.publish": _("%(actor)s published version %(version)s of %(subject)s"),
    "survey.edit/archived": _("%(actor)s archived the survey %(subject)s"),
    "survey.edit/unarchived": _("%(actor)s let the survey %(subject)s take answers again"),
    "survey.edit/deleted": _("%(actor)s put the survey %(subject)s away"),
    "survey.edit/restored": _("%(actor)s took the survey %(subject)s back"),
    "distribution.launch": _("%(actor)s launched %(subject)s"),
    "distribution.launch/scheduled": _("%(actor)s scheduled %(subject)s for %(at_time)s"),
    "distribution.launch/refused": _("%(subject)s was not launched at its time: %(reason)s"),
    "distribution.launch/stopped": _("%(actor)s stopped %(subject)s; %(spared)s people were not asked"),
    "response.edit/excluded": _("%(actor)s took an answer out of the score"),
    "response.edit/included": _("%(actor)s put an answer back into the score"),
    "annotation.edit/created": _("%(actor)s wrote the note %(subject)s"),
    "annotation.edit/changed": _("%(actor)s changed the note %(subject)s"),
    "annotation.edit/deleted": _("%(actor)s put the note %(subject)s away"),
    "annotation.edit/restored": _("%(actor)s took the note %(subject)s back"),
    "theme.edit/created": _("%(actor)s made the theme %(subject)s"),
    "theme.edit/changed": _("%(actor)s changed the theme %(subject)s"),
    "theme.edit/merged": _("%(actor)s merged the theme %(other)s into %(subject)s"),
    "theme.edit/split": _("%(actor)s made the theme %(other)s of words of %(subject)s"),
    "theme.edit/placed": _("%(actor)s put the theme %(subject)s on the board, or changed it there"),
    "theme.edit/taken_off": _("%(actor)s took the theme %(subject)s off the board"),
    "theme.edit/dismissed": _("%(actor)s sent a suggested theme away"),
    "theme.edit/deleted": _("%(actor)s put the theme %(subject)s away"),
    "theme.edit/restored": _("%(actor)s took the theme %(subject)s back"),
    "improvement.edit/created": _("%(actor)s planned the improvement %(subject)s"),
    "improvement.edit/changed": _("%(actor)s changed the improvement %(subject)s: %(fields)s"),
    "improvement.edit/moved": _("%(actor)s set the improvement %(subject)s from “%(was)s” to “%(state)s”"),
    "improvement.edit/told": _("%(actor)s told the team of the improvement %(subject)s (members: %(told)s)"),
    "improvement.edit/handed_over": _(
        "%(actor)s handed over the improvement %(subject)s of a member who left"
    ),
    "improvement.edit/deleted": _("%(actor)s put the improvement %(subject)s away"),
    "improvement.edit/restored": _("%(actor)s took the improvement %(subject)s back"),
    "report.view/acknowledged": _("%(actor)s said that they know of the improvement %(subject)s"),
    "response.edit/themed": _("%(actor)s said what an answer says about %(theme)s"),
    "response.edit/unthemed": _("%(actor)s left it to the words what an answer says about %(theme)s"),
    "channel.cost/entered": _("%(actor)s entered what asking on the channel %(channel)s costs"),
    "channel.cost/removed": _("%(actor)s took away what asking on the channel %(channel)s costs"),
    "journey.order/changed": _("%(actor)s put the touchpoints of the journey in another order"),
    "response.export": _("%(actor)s exported %(answers)s answers"),
}
