"""What each role may do: the only place that compares a role. Pages, API and tasks ask here by action.

An action is named `noun.verb`. Its scope is what an API key must hold to do the same over REST;
None means that no key may ever do it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models.membership import Role

OWNER, ADMIN, MANAGER, AGENT, VIEWER = (role.value for role in Role)

EVERYONE = frozenset({OWNER, ADMIN, MANAGER, AGENT, VIEWER})
CARERS = frozenset({OWNER, ADMIN, MANAGER, AGENT})
MANAGERS = frozenset({OWNER, ADMIN, MANAGER})
ADMINS = frozenset({OWNER, ADMIN})
OWNERS = frozenset({OWNER})


@dataclass(frozen=True)
class Action:
    """One deed: who may do it in the pages, and the scope a key needs for it."""

    name: str
    roles: frozenset[str]
    scope: str | None
    label: str | Promise


_TABLE = (
    # accounts
    Action("organization.view", EVERYONE, "organization:read", _("see the organization's settings")),
    Action("settings.edit", ADMINS, "organization:write", _("change the organization's settings")),
    Action("member.view", EVERYONE, "members:read", _("see who the members are")),
    Action("member.invite", ADMINS, "members:write", _("invite, change and remove members")),
    Action("member.own", EVERYONE, None, _("change their own profile")),
    Action("unit.view", EVERYONE, "units:read", _("see the units")),
    Action("unit.edit", ADMINS, "units:write", _("change the tree of units")),
    Action("key.manage", ADMINS, "keys:write", _("make and revoke API keys")),
    Action("audit.view", ADMINS, "audit:read", _("read the audit log")),
    Action("file.view", EVERYONE, None, _("open files")),
    Action("today.view", EVERYONE, None, _("see the page of today")),
    Action("organization.close", OWNERS, None, _("close the organization")),
    # segments
    Action("customer.view", EVERYONE, "customers:read", _("see customers")),
    Action("customer.edit", CARERS, "customers:write", _("add and change customers")),
    Action("customer.merge", MANAGERS, "customers:write", _("merge customers")),
    Action("customer.import", MANAGERS, "customers:write", _("import customers")),
    Action("customer.export", MANAGERS, "customers:read", _("export customers")),
    Action("customer.erase", ADMINS, "customers:erase", _("erase a person")),
    Action("attribute.edit", ADMINS, "customers:write", _("declare attributes")),
    Action("connection.view", MANAGERS, "connections:read", _("see the connections to other software")),
    Action("connection.edit", ADMINS, "connections:write", _("connect other software")),
    Action("segment.view", EVERYONE, "segments:read", _("see segments")),
    Action("segment.edit", MANAGERS, "segments:write", _("make and change segments")),
    Action("stage.view", EVERYONE, "segments:read", _("see the stages of customers")),
    Action("stage.edit", MANAGERS, "segments:write", _("change the rules of the stages")),
    Action("feature.edit", MANAGERS, "segments:write", _("declare which events are features")),
    # surveys
    Action("survey.view", EVERYONE, "surveys:read", _("see surveys")),
    Action("survey.edit", MANAGERS, "surveys:write", _("write surveys")),
    Action("survey.publish", MANAGERS, "surveys:write", _("publish surveys")),
    Action("distribution.view", EVERYONE, "surveys:read", _("see who is asked")),
    Action("distribution.launch", MANAGERS, "distributions:write", _("ask customers")),
    Action("response.view", CARERS, "responses:read", _("read single answers")),
    Action("response.edit", MANAGERS, "responses:write", _("tag, note and exclude answers")),
    Action("response.export", MANAGERS, "responses:read", _("export answers")),
    Action("annotation.edit", MANAGERS, "reports:write", _("write notes on the line of the score")),
    Action("benchmark.edit", MANAGERS, "reports:write", _("enter figures of others to compare with")),
    Action("theme.edit", MANAGERS, "reports:write", _("name, change and merge themes")),
    Action("improvement.edit", MANAGERS, "reports:write", _("plan and change improvements")),
    # Who belongs to a unit hears what touches it; of those who belong to none, these do.
    Action("improvement.hear", frozenset({AGENT, VIEWER}), None, _("hear of improvements in every unit")),
    Action("channel.cost", MANAGERS, "reports:write", _("enter what channels cost")),
    Action("journey.order", MANAGERS, "reports:write", _("put the touchpoints in order")),
    Action("report.view", EVERYONE, "reports:read", _("see scores and reports")),
    # outreach
    Action("campaign.view", MANAGERS, "campaigns:read", _("see campaigns")),
    Action("campaign.edit", MANAGERS, "campaigns:write", _("prepare campaigns")),
    Action("campaign.launch", MANAGERS, "campaigns:write", _("send campaigns")),
    Action("template.view", CARERS, "templates:read", _("see templates")),
    Action("template.edit", MANAGERS, "templates:write", _("write templates")),
    Action("sender.edit", ADMINS, "organization:write", _("set who mails come from")),
    Action("followup.edit", MANAGERS, "campaigns:write", _("set follow-ups per category")),
    Action("alert.view", CARERS, "cases:read", _("see alerts")),
    Action("case.view", CARERS, "cases:read", _("see cases")),
    Action("case.work", CARERS, "cases:write", _("work on cases")),
    # Cases are given to these in turn; the others take them.
    Action("case.receive", frozenset({AGENT}), None, _("be given new cases in turn")),
    Action("case.assign", MANAGERS, "cases:write", _("hand over cases")),
)

ACTIONS: dict[str, Action] = {action.name: action for action in _TABLE}

# What each role is for, in one sentence; the list of actions stands beneath it on the members page.
ROLE_SENTENCES: dict[str, str | Promise] = {
    OWNER: _("Everything, and closing the organization. The last owner stays."),
    ADMIN: _("Everything but closing the organization and making owners."),
    MANAGER: _("Designs surveys, defines segments, runs campaigns, reads results."),
    AGENT: _("Cares for customers: reads answers, works cases."),
    VIEWER: _("Sees scores and lists, reads no single answer, changes nothing."),
}

_RANK = {role: rank for rank, role in enumerate((VIEWER, AGENT, MANAGER, ADMIN, OWNER))}


def action(name: str) -> Action:
    """The action of that name; an unknown name is a mistake of ours and raises KeyError."""
    return ACTIONS[name]


def role_may(role: str, name: str) -> bool:
    return role in ACTIONS[name].roles


def scopes_of(role: str) -> list[str]:
    """Every scope that a member of this role may put on a key: all actions of the scope are theirs."""
    held: dict[str, bool] = {}
    for each in ACTIONS.values():
        if each.scope is not None:
            held[each.scope] = held.get(each.scope, True) and role in each.roles
    return sorted(scope for scope, all_held in held.items() if all_held)


def all_scopes() -> list[str]:
    return sorted({each.scope for each in ACTIONS.values() if each.scope is not None})


def scopes_may(scopes: Iterable[str], name: str) -> bool:
    scope = ACTIONS[name].scope
    return scope is not None and scope in scopes


def grantable_roles(role: str) -> list[str]:
    """The roles that a holder of `role` may give or take: none above their own."""
    return [other for other in _RANK if _RANK[other] <= _RANK[role]][::-1]


def outranks(role: str, other: str) -> bool:
    """Whether a holder of `role` may change the membership of a holder of `other`."""
    return _RANK[role] >= _RANK[other]


def actions_of(role: str) -> list[Action]:
    return [each for each in ACTIONS.values() if role in each.roles]
