"""One search over everything with words in it; nobody finds what they may not open, and the index is used."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import opaque
from accounts.acting import member_actor
from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from accounts.tenancy.staging import fresh_statistics
from outreach import caring, finding
from outreach.models import CaseEvent
from segments import erasing, searching
from segments.finding import CUSTOMERS
from segments.highlighting import Piece, pieces
from segments.models import Customer
from segments.searching import Wanted, search
from surveys.finding import COMMENTS
from surveys.models import Response
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, respond

LogIn = Callable[..., Client]


def found(text: str, member: Membership) -> dict[str, list[str]]:
    """Kind -> what was found of it, as titles."""
    hits = search(text, by=member_actor(member))
    return {each.source.kind: [hit.told.title for hit in each.hits] for each in hits}


# --- highlighting ----------------------------------------------------------------------------------------------


def test_words_are_marked_from_their_beginning_whatever_their_letters() -> None:
    assert pieces("The Deliveries were late", ("deliver",)) == [
        Piece("The "), Piece("Deliveries", True), Piece(" were late"),
    ]  # fmt: skip
    assert pieces("undelivered", ("deliver",)) == [Piece("undelivered")]
    assert pieces("Åsa, åsa", ("åsa",)) == [Piece("Åsa", True), Piece(", "), Piece("åsa", True)]
    assert pieces("", ("a",)) == [] and pieces("text", ()) == [Piece("text")]


def test_a_long_text_is_shown_where_the_word_stands() -> None:
    told = pieces("long ago " * 100 + "the lamp broke" + " and so on" * 100, ("lamp",))
    assert told[0] == Piece("… ") and told[-1] == Piece(" …") and Piece("lamp", True) in told
    assert len("".join(piece.text for piece in told)) < 500


def test_what_is_typed_is_words_and_never_an_operator(in_acme: Organization, mona: Membership) -> None:
    CustomerFactory(name="Ann Okafor")
    for text in (
        "ann & !okafor",
        "'ann'",
        "ann:*",
        "(ann",
        "ann | x <-> okafor",
        "%",
        "\\",
        "",
        "ann\x00",
        "'",
    ):
        search(text, by=member_actor(mona))
    assert found("okaf' ) ann", mona) == {"customer": ["Ann Okafor"]}
    assert Wanted.read("a b c d e f g h i j").words == tuple("abcdefgh")


# --- what is found ---------------------------------------------------------------------------------------------


@pytest.mark.row("B8", "fast search over customers")
def test_a_customer_is_found_by_words_of_the_name_address_phone_or_key(
    in_acme: Organization, mona: Membership
) -> None:
    CustomerFactory(
        name="Ann Mary Okafor", email="ann@okafor.example", phone="+441234567890", external_id="K-7"
    )
    CustomerFactory(name="Annika Berg", email="annika@berg.example")
    gone = CustomerFactory(name="Ann Gone")
    Customer.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    for text in ("okafor ann", "mary", "ANN@okaf", "K-7", "+44 1234 567890"):
        assert found(text, mona) == {"customer": ["Ann Mary Okafor"]}, text
    assert found("ann", mona) == {"customer": ["Annika Berg", "Ann Mary Okafor"]}
    # Neither the middle of a word nor the beginning of an id.
    assert found("kafor", mona) == {} and found("K", mona) == {}


@pytest.mark.row("B8", "fast search over comments")
def test_comments_are_found_latest_first_and_counted_to_a_limit(
    in_acme: Organization, mona: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution = DistributionFactory()
    for number in range(12):
        ann = CustomerFactory(name=f"Ann {number}")
        respond(
            InvitationFactory(distribution=distribution, customer=ann), 3, f"The lamp broke in week {number}"
        )
    [comments] = search("lamp BROKE", by=member_actor(mona), limit=8)
    assert comments.source is COMMENTS and (comments.number, comments.capped, comments.has_more) == (
        12,
        False,
        True,
    )
    assert [hit.told.title for hit in comments.hits][:2] == ["Ann 11", "Ann 10"]
    assert [piece.text for piece in comments.hits[0].excerpt if piece.hit] == ["lamp", "broke"]
    monkeypatch.setattr(searching, "COUNTED", 10)
    [comments] = search("lamp", by=member_actor(mona), kind="comment", limit=8)
    assert (comments.number, comments.capped) == (10, True)


@pytest.mark.row("B8", "fast search over messages and notes")
def test_what_was_written_in_a_case_is_found(in_acme: Organization, mona: Membership) -> None:
    actor = member_actor(mona)
    case = caring.open_case(customer=CustomerFactory(name="Ann Okafor"))
    caring.note(case, text="She wants the walnut table", by=actor)
    CaseEvent.objects.create(
        case=case,
        kind=CaseEvent.Kind.REPLIED,
        at=timezone.now(),
        subject="Your table",
        text="Walnut comes on Monday",
    )
    title = f"Case {case.number}, Ann Okafor"
    assert found("walnut", mona) == {"message": [title], "note": [title]}
    assert found("your monday", mona) == {"message": [title]}
    assert found("wants table", mona) == {"note": [title]}


def test_an_edited_or_erased_text_is_no_longer_found(
    in_acme: Organization, mona: Membership, acme_system: Any
) -> None:
    ann = CustomerFactory(name="Ann Okafor")
    response = respond(InvitationFactory(customer=ann), 3, "The zebra broke")
    case = caring.open_case(customer=ann)
    caring.note(case, text="zebra again", by=member_actor(mona))
    assert set(found("zebra", mona)) == {"comment", "note"}
    Response.objects.filter(pk=response.pk).update(comment="The giraffe broke")
    assert set(found("zebra", mona)) == {"note"} and set(found("giraffe", mona)) == {"comment"}
    erasing.erase(ann, by=acme_system)
    assert found("zebra", mona) == found("giraffe", mona) == found("okafor", mona) == {}


# --- who finds it ----------------------------------------------------------------------------------------------


@pytest.mark.row("B8", "highlighted hits and row permissions")
def test_everybody_finds_what_they_may_open_and_no_more(
    acme: Organization, globex: Organization, acme_units: Any, as_: LogIn,
    mona: Membership, agnes: Membership, bert: Membership, vera: Membership, cyd: Membership,
) -> None:  # fmt: skip
    with acting_for(acme):
        ann = CustomerFactory(name="Ann Zebra", email="ann@one.example", unit=acme_units.leeds)
        response = respond(InvitationFactory(customer=ann), 3, "Zebra, <script>alert(1)</script> & lamp")
        case = caring.open_case(customer=ann)
        caring.note(case, text="the zebra case", by=member_actor(mona))
        caring.note(case, text="a second zebra", by=member_actor(mona))
    every = {"customer", "comment", "note"}
    for member, kinds in ((mona, every), (agnes, every), (bert, set()), (vera, {"customer"})):
        with acting_for(acme):
            assert set(found("zebra", member)) == kinds, member
        body = as_(member).get("/o/acme/customers/search/?q=zebra").content.decode()
        assert ("Ann <mark>Zebra</mark>" in body) == ("customer" in kinds)
        assert (f"/answers/{response.pk}/" in body) == ("comment" in kinds)
        assert (f"/cases/{case.number}/" in body) == ("note" in kinds)
        assert ("Nothing holds all of these words." in body) == (not kinds)
        assert "<script>alert" not in body
    with acting_for(globex):
        assert found("zebra", cyd) == {}
    assert as_(cyd).get("/o/acme/customers/search/?q=zebra").status_code == 404
    page = as_(mona).get("/o/acme/customers/search/?q=zebra&kind=note").content.decode()
    assert "second <mark>zebra</mark>" in page and f"/answers/{response.pk}/" not in page
    assert "What are you looking for?" in as_(vera).get("/o/acme/customers/search/").content.decode()


def test_over_rest_a_key_finds_what_its_scopes_read(acme: Organization, acme_units: Any, api: Any) -> None:
    with acting_for(acme):
        ann = CustomerFactory(name="Ann Zebra", unit=acme_units.leeds)
        response = respond(InvitationFactory(customer=ann), 3, "A zebra came")
    body = api(acme).get("/api/v1/search?q=zebra").json()["found"]
    assert [each["kind"] for each in body] == ["customer", "comment"]
    hit = body[1]["hits"][0]
    assert hit["id"] == opaque.encode("response", response.pk) and hit["score"] == 3
    assert hit["excerpt"] == [
        {"text": "A ", "hit": False}, {"text": "zebra", "hit": True}, {"text": " came", "hit": False},
    ]  # fmt: skip
    few = api(acme, "customers:read").get("/api/v1/search?q=zebra").json()["found"]
    assert [each["kind"] for each in few] == ["customer"]
    assert api(acme, unit=acme_units.dover).get("/api/v1/search?q=zebra").json() == {"found": []}
    assert api(acme).get("/api/v1/search?q=zebra&kind=comment").json()["found"] == body[1:]
    assert api(acme).get("/api/v1/search?q=zebra&kind=shoe").status_code in (400, 422)
    assert api(acme, "surveys:read").get("/api/v1/search?q=zebra").status_code == 403


# --- how fast --------------------------------------------------------------------------------------------------


def plan(queryset: Any) -> str:
    return str(queryset.explain())


@pytest.fixture
def crowded(acme: Organization, globex: Organization) -> tuple[Organization, Organization]:
    """Two organizations with 3,000 of each; the tests connect as the app's own user, held by row security."""
    for organization in (acme, globex):
        with acting_for(organization):
            addresses = [f"p{n}@crowd.example" for n in range(3000)]
            Customer.objects.bulk_create(
                Customer(name=f"Person{n} Family{n % 700}", email=address, email_lower=address)
                for n, address in enumerate(addresses)
            )
            one = respond(InvitationFactory(customer=CustomerFactory()), 3, "first")
            fields = {
                field.attname: getattr(one, field.attname)
                for field in Response._meta.concrete_fields
                if field.attname not in ("id", "invitation_id", "comment")
            }
            Response.objects.bulk_create(
                Response(**fields, comment=f"thing{n} of kind{n % 700}") for n in range(3000)
            )
            case = caring.open_case(customer=CustomerFactory())
            CaseEvent.objects.bulk_create(
                CaseEvent(
                    case=case,
                    kind=CaseEvent.Kind.NOTED,
                    at=timezone.now(),
                    text=f"matter{n} of sort{n % 700}",
                )
                for n in range(3000)
            )
    for model in (Customer, Response, CaseEvent):
        fresh_statistics(model)
    return acme, globex


def test_under_row_security_the_words_are_found_by_their_index(
    crowded: tuple[Organization, Organization], mona: Membership
) -> None:
    actor = member_actor(mona)
    with acting_for(crowded[0]):
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False,)
        for source, word, index in (
            (CUSTOMERS, "family77", "customer_by_word"),
            (COMMENTS, "kind77", "response_by_word"),
            (finding.NOTES, "sort77", "case_event_by_word"),
        ):
            told = plan(source.rows(Wanted.read(word), actor)[: searching.LATEST])
            found_by = told.partition(f"Bitmap Index Scan on {index}")[2]
            assert "words @@" in found_by.partition("Index Cond:")[2], told
            assert "organization_id = ANY" in found_by.partition("Index Cond:")[2].partition("\n")[0], told
            assert source.rows(Wanted.read(word), actor).count() > 0
        # An address joins in as a bitmap of its own index.
        told = plan(CUSTOMERS.rows(Wanted.read("p77@crowd"), actor)[: searching.LATEST])
        assert "customer_by_word" in told and "customer_by_email" in told, told


def test_without_a_column_of_its_own_the_index_would_be_lost(
    crowded: tuple[Organization, Organization], mona: Membership
) -> None:
    """The control: the same words computed from the row are not leakproof, so every row is read."""
    from django.contrib.postgres.search import SearchQuery, SearchVector

    with acting_for(crowded[0]):
        rows = Response.objects.annotate(made=SearchVector("comment", config="simple"))
        told = plan(rows.filter(made=SearchQuery("kind77", config="simple")))
        assert "response_by_word" not in told
