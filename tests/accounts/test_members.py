"""Members come by invitation, do what their role may, and go at once."""

import itertools
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.acting import NotAllowed, member_actor
from accounts.inviting_members import InvitationRefused, invitation_token, invite_member
from accounts.managing_members import MemberRefused, change_member, remove_member
from accounts.models import ApiKey, MemberInvitation, Membership, Role
from accounts.roles import ACTIONS, ROLE_SENTENCES, actions_of, grantable_roles, scopes_of
from accounts.tenancy.context import acting_for
from tests.factories.accounts import UserFactory, member

MEMBERS = "/o/acme/settings/members/"


@pytest.fixture
def post(django_capture_on_commit_callbacks):
    def send(client, path, facts=None, **extra):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, facts or {}, **extra)

    return send


@pytest.fixture
def invited(alice, as_, post, mailoutbox):
    """Nora was invited by Alice as manager; the link as her mail has it."""
    answer = post(as_(alice), MEMBERS, {"email": "Nora@Example.com", "role": "manager"})
    assert answer.status_code == 302
    assert mailoutbox[-1].to == ["nora@example.com"]
    return re.search(r"http://testserver(/i/\S+)", mailoutbox[-1].body)[1]


JOIN = {"name": "Nora Hill", "password": "three lamps on the quay"}


@pytest.mark.row("A2", "members")
@pytest.mark.row("A2", "invitations (bound to the address, single use)")
def test_a_newcomer_joins_by_the_link_in_the_mail(invited, post):
    nora = Client()
    page = nora.get(invited)
    assert "nora@example.com is invited as Manager" in page.content.decode()
    assert not Membership.objects.filter(user__email="nora@example.com").exists()  # looking is not joining
    answer = post(nora, invited, JOIN)
    assert answer["Location"] == "/o/acme/"
    joined = Membership.objects.get(user__email="nora@example.com")
    assert (joined.role, joined.user.name, joined.unit_id) == ("manager", "Nora Hill", None)
    assert nora.get(MEMBERS).status_code == 200
    assert joined.user.emailaddress_set.get().verified


def test_an_invitation_works_once(invited, post):
    post(Client(), invited, JOIN)
    for answer in (Client().get(invited), post(Client(), invited, {**JOIN, "name": "Someone Else"})):
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()


def test_a_forged_token_an_expired_one_and_a_foreign_one_look_alike(invited, acme, globex, cyd, as_, post):
    with acting_for(globex):
        foreign = invite_member(email="zoe@example.com", role="viewer", by=member_actor(cyd))
        foreign_token = invitation_token(foreign)
        foreign.delete()
    pages = [
        Client().get(f"/i/{'A' * 44}/"),
        Client().get(invited[:-3] + "xy/"),
        Client().get(f"/i/{foreign_token}/"),
    ]
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        pages.append(Client().get(invited))
    plain = {re.sub(r'nonce="[^"]*"', "", page.content.decode()) for page in pages}
    assert {page.status_code for page in pages} == {404}
    assert len(plain) == 1


def test_an_invitation_is_for_its_address_only(invited, cyd, as_, post, acme):
    stranger = as_(cyd)
    assert "for one address only" in stranger.get(invited).content.decode()
    answer = post(stranger, invited)
    assert answer.status_code == 200
    assert not Membership.objects.filter(organization=acme, user=cyd.user).exists()


def test_somebody_with_an_account_logs_in_and_joins(invited, post, globex):
    with acting_for(globex):
        nora = member(globex, "Nora Hill", Role.VIEWER)
    nora.user.email = "nora@example.com"
    nora.user.save()
    visitor = Client()
    assert "You have an account" in visitor.get(invited).content.decode()
    answer = post(visitor, invited, JOIN)  # no second account is made, whatever is posted
    assert answer["Location"].startswith("/log-in/?next=/i/")
    visitor.force_login(nora.user)
    assert post(visitor, invited)["Location"] == "/o/acme/"
    assert set(nora.user.memberships.values_list("organization__slug", "role")) == {
        ("globex", "viewer"),
        ("acme", "manager"),
    }
    # And chooses between the two from now on.
    page = visitor.get("/").content.decode()
    assert "/o/acme/" in page
    assert "/o/globex/" in page


def test_sending_again_ends_the_link_of_before(invited, alice, as_, post, mailoutbox, acme):
    with acting_for(acme):
        invitation = MemberInvitation.objects.get()
    post(as_(alice), f"/o/acme/settings/invitations/{invitation.pk}/resend/")
    again = re.search(r"http://testserver(/i/\S+)", mailoutbox[-1].body)[1]
    assert again != invited
    assert Client().get(invited).status_code == 404
    assert Client().get(again).status_code == 200


def test_an_invitation_that_was_taken_back_is_worth_nothing(invited, alice, as_, post, acme):
    with acting_for(acme):
        invitation = MemberInvitation.objects.get()
    post(as_(alice), f"/o/acme/settings/invitations/{invitation.pk}/revoke/")
    assert post(Client(), invited, JOIN).status_code == 404


def test_inviting_a_member_again_is_refused_with_the_reason(alice, adam, as_, post):
    answer = post(as_(alice), MEMBERS, {"email": "ADAM@acme.example", "role": "viewer"})
    assert answer.status_code == 422
    assert "This person is a member already" in answer.content.decode()


@pytest.mark.row("A2", "five roles")
def test_each_of_five_roles_is_explained_by_the_action_table(alice, as_):
    assert len(ROLE_SENTENCES) == len(Role) == 5
    words = as_(alice).get(MEMBERS).content.decode()
    for role in Role:
        assert str(role.label) in words
        assert actions_of(role)
    # To be given cases in turn, or to hear of improvements, is a duty and no right; else each role may do all that
    # the one beneath it may.
    duties = {"case.receive", "improvement.hear"}
    ladder = [{action.name for action in actions_of(role)} - duties for role in Role]
    assert ladder[0] == set(ACTIONS) - duties
    assert all(above >= beneath for above, beneath in itertools.pairwise(ladder))


def test_nobody_grants_more_than_they_hold(adam, alice, mona, acme, as_, post):
    assert grantable_roles("admin") == ["admin", "manager", "agent", "viewer"]
    answer = post(as_(adam), MEMBERS, {"email": "new@example.com", "role": "owner"})
    assert answer.status_code == 422
    with acting_for(acme):
        with pytest.raises(InvitationRefused, match="above your own"):
            invite_member(email="new@example.com", role="owner", by=member_actor(adam))
        with pytest.raises(MemberRefused, match="above your own"):
            change_member(mona, role="owner", unit=None, by=member_actor(adam))
        with pytest.raises(MemberRefused, match="role is above yours"):
            change_member(alice, role="viewer", unit=None, by=member_actor(adam))
        with pytest.raises(MemberRefused, match="role is above yours"):
            remove_member(alice, by=member_actor(adam))
        with pytest.raises(NotAllowed):
            invite_member(email="new@example.com", role="viewer", by=member_actor(mona))
    assert set(scopes_of("viewer")) < set(scopes_of("manager")) < set(scopes_of("owner"))


def test_an_admin_of_a_branch_grants_places_in_that_branch_only(acme, acme_units):
    with acting_for(acme):
        nils = member_actor(member(acme, "Nils Frost", Role.ADMIN, acme_units.north))
        invite_member(email="a@example.com", role="agent", unit=acme_units.leeds, by=nils)
        for elsewhere in (acme_units.south, None):
            with pytest.raises(InvitationRefused, match="own branch"):
                invite_member(email="b@example.com", role="agent", unit=elsewhere, by=nils)


@pytest.mark.row("A2", "the last owner cannot leave")
def test_the_last_owner_stays(alice, mona, acme, as_, post):
    owner = as_(alice)
    answer = post(owner, f"{MEMBERS}leave/", {})
    assert answer.status_code == 422
    assert "The last owner stays" in answer.content.decode()
    answer = post(owner, f"{MEMBERS}{alice.pk}/", {"role": "viewer"})
    assert "The last owner stays" in answer.content.decode()
    assert post(owner, f"{MEMBERS}{mona.pk}/", {"role": "owner"}).status_code == 302
    answer = post(owner, f"{MEMBERS}leave/", {})
    assert answer["Location"] == "/"
    assert not Membership.objects.filter(pk=alice.pk).exists()


def test_who_was_removed_loses_access_at_once_with_the_keys_they_made(
    alice, mona, adam, acme, as_, post, api
):
    his = as_(adam)
    made = his.post("/o/acme/settings/keys/", {"name": "till", "mode": "live", "scopes": ["members:read"]})
    text = re.search(r"lw_live_[a-z0-9]{12}_[A-Za-z0-9]{43}", made.content.decode())[0]
    machine = {"headers": {"Authorization": f"Bearer {text}"}}
    assert Client().get("/api/v1/members", **machine).status_code == 200
    assert his.get(MEMBERS).status_code == 200
    answer = post(as_(alice), f"{MEMBERS}{adam.pk}/remove/", {"heir": mona.pk, "revoke_keys": "on"})
    assert answer.status_code == 302
    assert his.get(MEMBERS).status_code == 404
    assert Client().get("/api/v1/members", **machine).status_code == 401
    with acting_for(acme):
        assert not ApiKey.objects.alive().exists()


def test_a_member_of_another_business_cannot_be_reached(alice, cyd, as_, post):
    for path in (f"{MEMBERS}{cyd.pk}/", f"{MEMBERS}{cyd.pk}/remove/", f"{MEMBERS}99999999/"):
        assert as_(alice).get(path).status_code == 404
        assert post(as_(alice), path, {"role": "viewer"}).status_code == 404


def test_an_heir_from_another_business_is_no_choice(alice, adam, cyd, as_, post):
    answer = post(as_(alice), f"{MEMBERS}{adam.pk}/remove/", {"heir": cyd.pk})
    assert answer.status_code == 422
    assert Membership.objects.filter(pk=adam.pk).exists()


@pytest.mark.row("A9", "notification settings per member")
def test_a_member_sets_their_own_zone_language_and_mails(agnes, as_, post):
    answer = post(
        as_(agnes),
        "/o/acme/settings/profile/",
        {"name": "Agnes Roy", "locale": "en", "time_zone": "Europe/Paris", "notifications": ["cases"]},
    )
    assert answer.status_code == 302
    agnes.refresh_from_db()
    assert agnes.user.time_zone == "Europe/Paris"
    assert (agnes.wants("cases"), agnes.wants("alerts")) == (True, False)


def test_a_zone_that_does_not_exist_is_refused(agnes, as_, post):
    answer = post(
        as_(agnes), "/o/acme/settings/profile/", {"name": "A", "locale": "en", "time_zone": "Moon/Base"}
    )
    assert answer.status_code == 422
    assert "not a time zone" in answer.content.decode() or "Select a valid choice" in answer.content.decode()


def test_a_stranger_with_an_account_and_no_business_is_asked_for_one(db, client):
    client.force_login(UserFactory())
    assert client.get("/")["Location"] == "/organizations/new/"
    answer = client.post("/organizations/new/", {"name": "Second Shop", "time_zone": "Europe/Berlin"})
    assert answer["Location"] == "/o/second-shop/"
    assert Membership.objects.get().role == Role.OWNER
