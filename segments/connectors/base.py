"""What a CRM or help desk can be asked, whoever made it. Nothing here knows a table or a vendor.

A connector speaks for one account. Its calls go over the network, so it is used outside transactions. Reading goes
on from a `place`: a small object in the vendor's own terms, kept together with what the page before brought, so
that nothing is lost where a page fails and nothing is skipped where records change while they are read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.functional import Promise

Place = dict[str, Any]
Secret = dict[str, Any]


class ConnectorError(Exception):
    """What went wrong, in a sentence that a manager can read."""


class NotNow(ConnectorError):
    """The other side is away, or asks for patience; `seconds` is how long, None if it does not say.

    `unsure` says that it may have done what was asked all the same.
    """

    def __init__(self, sentence: str, *, seconds: float | None = None, unsure: bool = False) -> None:
        self.seconds, self.unsure = seconds, unsure
        super().__init__(sentence)


class AccessEnded(ConnectorError):
    """The secret is not taken any more: a person has to enter another."""


class NotTaken(ConnectorError):
    """The other side refused what was sent; the same again will be refused too."""


@dataclass(frozen=True)
class Their:
    """A field of the vendor's people. `kind` is text, number, date, instant, yes_no or other."""

    name: str
    label: str
    kind: str = "text"
    writable: bool = True


@dataclass(frozen=True)
class Account:
    """What a trial finds: what the account calls itself, and the fields of its people."""

    name: str
    fields: tuple[Their, ...]


@dataclass(frozen=True)
class Remote:
    """A person at the other side: the id there, and the fields that were asked for. None: nothing is known."""

    id: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Ticket:
    """A request for help. `case` is our own name for it, if it was made by us."""

    id: str
    subject: str
    opened_at: datetime
    changed_at: datetime
    solved: bool
    person: Remote | None = None
    channel: str = ""
    case: str = ""


@dataclass(frozen=True)
class Page:
    """What one request brought, and where to go on. `done`: there is nothing more for now."""

    place: Place
    done: bool
    people: tuple[Remote, ...] = ()
    tickets: tuple[Ticket, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What is to be written of one person: `id` if they are linked already, else the address to find them by."""

    id: str
    email: str
    name: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What became of one of them. Without an id and without an error: the other side does not know them."""

    id: str = ""
    error: str = ""


@dataclass(frozen=True)
class Task:
    """Something for people at the other side to do. `name` is ours and unique; `person` is whom it is about, there."""

    name: str
    title: str
    text: str
    due_at: datetime
    opened_at: datetime
    done: bool
    person: str = ""
    email: str = ""
    who: str = ""


@dataclass(frozen=True)
class Entry:
    """One field of the form that connects an account."""

    name: str
    label: str | Promise
    secret: bool = False
    hint: str | Promise = ""
    optional: bool = False


@dataclass
class Access:
    """What a connector may use to prove who asks. `keep` stores tokens that were renewed, at once, and for good."""

    secret: Secret
    until: datetime | None = None
    keep: Callable[[Secret, datetime | None], None] = field(default=lambda secret, until: None)


class Connector(ABC):
    """One account of one vendor."""

    vendor: ClassVar[str]
    # How many people are written with one request.
    batch: ClassVar[int] = 100
    entries: ClassVar[tuple[Entry, ...]]
    # Which kinds of things come in from it.
    brings_people: ClassVar[bool] = True
    brings_tickets: ClassVar[bool] = False
    can_make_fields: ClassVar[bool] = False
    # Seconds between two looks at what changed.
    pause: ClassVar[int] = 60
    # Our field -> theirs, proposed where an account has that field.
    likely_in: ClassVar[dict[str, tuple[str, ...]]] = {}
    likely_out: ClassVar[dict[str, str]] = {}

    def __init__(self, account: str, access: Access) -> None:
        self.account, self.access = account, access

    @abstractmethod
    def trial(self) -> Account:
        """Whether we are let in, and what there is."""

    @abstractmethod
    def changed(self, place: Place, wanted: Sequence[str]) -> Page:
        """The next of what changed since `place`; {} is the beginning. `wanted` are fields of people."""

    @abstractmethod
    def people(self, ids: Sequence[str], wanted: Sequence[str]) -> list[Remote]:
        """These people as they are now; those who are gone are left out. At most 100."""

    @abstractmethod
    def find(self, email: str) -> str:
        """The id of the person with this address; "" for nobody."""

    @abstractmethod
    def write(self, people: Sequence[Facts], *, make: bool) -> list[Written]:
        """Write facts of people, at most `batch`; `make`: also of those who are not known there. In their order."""

    @abstractmethod
    def put_task(self, task: Task, known: str, *, unsure: bool) -> str:
        """Make the task or ticket, or bring it up to date; gives its id there. `unsure`: it may have been made."""

    def make_fields(self, wanted: Sequence[Their]) -> None:
        """Make these fields of people, where that can be done from outside."""
        raise NotImplementedError
