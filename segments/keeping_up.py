"""Following the facts: who enters and who leaves a segment, as facts change and as time passes.

One turn for one organization reads what was written since the last one, asks the segments that depend on it about
those people alone, and writes the difference. What only time brings about waits for the next edge of anybody. The
cost grows with what changes, not with how many customers there are; docs/segments.md tells the whole of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from accounts import doorbells
from accounts.models import Doorbell, Organization
from accounts.tenancy import changes
from accounts.tenancy.context import acting_for
from segments import compiling, fact_logs, membership_check, staying
from segments.catalog import Asked
from segments.depending import ALL_ASK, Depending, depending, surroundings
from segments.models import Customer, FollowingTurn, Reason, SegmentFollowing
from segments.models.segment import Segment

log = structlog.get_logger(__name__)

MOST = 2_000
"""People of one turn."""
MANY = 5_000
"""With more people than this at one edge, everybody is asked, in batches that can be gone on with."""
RESTS = 2
"""A turn is followed by a rest of so many times its length: following takes a third of one core at the most."""
SHORTEST, LONGEST = timedelta(seconds=0.25), timedelta(seconds=5)
BEHIND = timedelta(seconds=1)
"""How soon to look again for what stands behind a transaction that is open still."""
RANKED = timedelta(seconds=30)
"""How often at most everybody is asked anew where one's place depends on all the others."""
RULES_LOG = "segment"


def due(organization: Organization, now: datetime) -> int:
    """The engine's share: one turn. Returns how much it did while there is more; else the next turn has its bell."""
    with acting_for(organization.pk):
        return _take(organization, now)


def _take(organization: Organization, now: datetime) -> int:
    FollowingTurn.objects.get_or_create(organization_id=organization.pk)
    place = FollowingTurn.objects.select_for_update(of=("self",), skip_locked=True).first()
    if place is None:
        # Somebody else is at it, and may have read the logs before what we were called for.
        _ring(organization.pk, now + BEHIND, now)
        return 0
    if place.next_at is not None and now < place.next_at <= now + LONGEST:
        _ring(organization.pk, place.next_at, now)
        return 0
    began = time.monotonic()
    turn = _Turn(place, Asked.of(organization, now))
    turn.run()
    rest = min(max(timedelta(seconds=RESTS * (time.monotonic() - began)), SHORTEST), LONGEST)
    place.next_at = None if turn.more else now + rest
    place.seen_at = now
    place.save()
    if turn.bells and not turn.more:
        _ring(organization.pk, max(min(turn.bells), place.next_at or now), now)
    return max(turn.done, 1) if turn.more else 0


def _ring(organization_id: int, at: datetime, now: datetime) -> None:
    """Unless there is a bell before, whose turn will see to it."""
    if not Doorbell.objects.filter(organization_id=organization_id, due_at__gt=now, due_at__lte=at).exists():
        doorbells.ring(organization_id, at)


class _Turn:
    """One turn, in one transaction, under the lock of the organization's row."""

    def __init__(self, place: FollowingTurn, asked: Asked) -> None:
        self.place, self.asked, self.now = place, asked, asked.now
        self.known_before = place.seen_at or asked.now
        self.done, self.more = 0, False
        self.bells: list[datetime] = []
        self.segments: list[Depending] = []
        self.followings = {one.segment_id: one for one in SegmentFollowing.objects.all()}

    def run(self) -> None:
        horizon = changes.horizon()
        positions = {kind: (number, pk) for kind, (number, pk) in self.place.positions.items()}
        found = fact_logs.read(positions, below=horizon, limit=MOST)
        self.more = found.more
        if fact_logs.beyond(positions, horizon):
            self.bells.append(self.now + BEHIND)
        if found or self._rules_changed(positions, horizon) or self._time_is_due():
            self.segments = depending(self.asked)
            self._meet_new_rules()
            self._follow(found)
            self._pass_time()
            self._rank()
            self._fill()
        fact_logs.forget(found.lines)
        self.place.positions = {**self.place.positions, **found.positions, RULES_LOG: (horizon, 0)}
        for following in self.followings.values():
            if following.next_at is not None and not following.held:
                self.bells.append(following.next_at)
        if self.place.suspects and not self.more and horizon >= self.place.suspected_below:
            membership_check.look_again(self.place, self.segments or depending(self.asked), self.asked)

    # --- what there is to follow ---------------------------------------------------------------------------

    def _rules_changed(self, positions: dict[str, fact_logs.Position], horizon: int) -> bool:
        around = surroundings(self.asked)
        changed = around != self.place.surroundings or RULES_LOG not in positions
        self.place.surroundings = around
        # Also what is written at the horizon and beyond: to look at a rule once too often costs little.
        return changed or Segment.objects.filter(changed__gte=positions[RULES_LOG][0]).exists()

    def _meet_new_rules(self) -> None:
        """A segment whose rule, or what is inside it, is not the one that was followed: everybody is asked."""
        for one in self.segments:
            following = self.followings.get(one.segment.pk)
            if following is None:
                following = SegmentFollowing(segment=one.segment, through=self.now)
                self.followings[one.segment.pk] = following
            if one.trouble:
                following.held, following.signature = one.trouble, ""
            elif following.signature != one.signature:
                following.held, following.signature, following.next_at = "", one.signature, None
                self._ask_everybody(following, Reason.RULES)
            following.save()
        gone = set(self.followings) - {one.segment.pk for one in self.segments}
        SegmentFollowing.objects.filter(segment_id__in=gone).delete()
        for pk in gone:
            # Put away for 30 days: whoever brings it back has everybody asked.
            del self.followings[pk]

    def _following(self, one: Depending) -> SegmentFollowing:
        return self.followings[one.segment.pk]

    def _active(self) -> list[Depending]:
        return [one for one in self.segments if not self._following(one).held]

    def _ask_everybody(self, following: SegmentFollowing, why: str) -> None:
        following.filling = following.filling or why
        self.place.filled_from, self.place.after = self.now, 0

    # --- what was written ----------------------------------------------------------------------------------

    def _follow(self, found: fact_logs.Read) -> None:
        active = self._active()
        everywhere: set[int] = set().union(*(found.people.get(kind, set()) for kind in ALL_ASK))
        elsewhere: dict[frozenset[int], set[int]] = {}
        for kind, people in found.people.items():
            readers = frozenset(one.segment.pk for one in active if kind in one.reads)
            if kind not in ALL_ASK and readers:
                elsewhere.setdefault(readers, set()).update(people - everywhere)
        self._ask(everywhere, active, Reason.FACTS)
        for readers, people in elsewhere.items():
            self._ask(people, [one for one in self._active() if one.segment.pk in readers], Reason.FACTS)
        changed = found.unknown | set(found.people)
        for one in self._active():
            following = self._following(one)
            if one.among_others and changed & one.reads:
                self._nearer(following, max(self.now, following.through + RANKED))
            elif found.unknown & one.reads:
                # Something that is nobody's in particular, such as what a theme listens for.
                self._ask_everybody(following, Reason.FACTS)
                following.save()

    def _ask(self, people: Iterable[int], segments: Sequence[Depending], why: str) -> None:
        """Ask these segments about these people, and write down who moved."""
        ids, asking = sorted(people), [one for one in segments if not one.among_others]
        for start in range(0, len(ids), MOST):
            some = ids[start : start + MOST]
            found, answering = self._answers(some, asking)
            kept = staying.kept_of(some, answering)
            staying.write(found - kept, kept - found, at=self.now, why=why, known_before=self.known_before)
            self.done += len(some)
            for one in answering:
                self._nearer(self._following(one), self._next_edge(one, some))

    def _answers(
        self, ids: Sequence[int], segments: Sequence[Depending]
    ) -> tuple[set[staying.Place], list[Depending]]:
        """Who is in what, of the segments that can answer. One that cannot is held, and does not stop the others."""
        if not segments:
            return set(), []
        try:
            with compiling.patience():
                return staying.found_in(ids, segments, self.asked), list(segments)
        except (compiling.TooSlow, compiling.Unanswerable) as trouble:
            if len(segments) == 1:
                self._hold(segments[0], str(trouble))
                return set(), []
        found: set[staying.Place] = set()
        answering: list[Depending] = []
        for one in segments:
            places, able = self._answers(ids, [one])
            found |= places
            answering += able
        return found, answering

    def _hold(self, one: Depending, trouble: str) -> None:
        following = self._following(one)
        following.held = trouble[:300]
        following.save()
        log.warning("segment_held", segment=one.segment.pk, trouble=trouble)

    # --- what time brings about ----------------------------------------------------------------------------

    def _time_is_due(self) -> bool:
        return any(
            one.filling or (one.next_at is not None and one.next_at <= self.now)
            for one in self.followings.values()
            if not one.held
        )

    def _pass_time(self) -> None:
        for one in self._active():
            following = self._following(one)
            if following.filling or one.among_others or not self._is_due(following):
                continue
            people: set[int] = set()
            for edge in one.edges(self.asked):
                crossed = edge.crossed(following.through, self.now, self.asked.zone)
                people.update(crossed.distinct()[: MANY + 1])
            if len(people) > MANY:
                self._ask_everybody(following, Reason.TIME)
                following.save()
                continue
            self._ask(people, [one], Reason.TIME)
            self._worked_in(one, self.now)

    def _is_due(self, following: SegmentFollowing) -> bool:
        return following.next_at is not None and following.next_at <= self.now

    def _next_edge(
        self, one: Depending, people: Sequence[int] | None = None, at: datetime | None = None
    ) -> datetime | None:
        found = [edge.next_after(at or self.now, self.asked.zone, people) for edge in one.edges(self.asked)]
        return min((each for each in found if each is not None), default=None)

    def _nearer(self, following: SegmentFollowing, at: datetime | None) -> None:
        if at is not None and (following.next_at is None or at < following.next_at):
            following.next_at = at
            following.save()

    def _worked_in(self, one: Depending, through: datetime) -> None:
        """Everything that time brought about until `through` is written; from there the next edge is looked for."""
        following = self._following(one)
        if not following.held:
            following.through, following.filling = through, ""
            following.next_at = self._next_edge(one, at=through)
        following.save()

    # --- asking everybody ----------------------------------------------------------------------------------

    def _rank(self) -> None:
        """Segments in which one's place depends on all the others: the whole answer, at most once in RANKED."""
        for one in self._active():
            following = self._following(one)
            if not one.among_others or not (following.filling or self._is_due(following)):
                continue
            try:
                with compiling.patience():
                    self.done += staying.settle_whole(one, self.asked, why=following.filling or Reason.FACTS)
            except (compiling.TooSlow, compiling.Unanswerable) as trouble:
                self._hold(one, str(trouble))
            self._worked_in(one, self.now)

    def _fill(self) -> None:
        """One batch of everybody, for the segments that ask for it."""
        filling = [one for one in self._active() if self._following(one).filling]
        began = self.place.filled_from
        if not filling or began is None:
            return
        ids = list(
            Customer.objects.filter(pk__gt=self.place.after)
            .order_by("pk")
            .values_list("pk", flat=True)[:MOST]
        )
        for why in {self._following(one).filling for one in filling}:
            self._ask(ids, [one for one in filling if self._following(one).filling == why], why)
        if len(ids) == MOST:
            self.place.after, self.more = ids[-1], True
            return
        self.place.filled_from, self.place.after = None, 0
        for one in filling:
            self._worked_in(one, began)
