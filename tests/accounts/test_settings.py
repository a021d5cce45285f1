"""What a business sets for itself, and what happens when two people set it at once."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.acting import member_actor
from accounts.colours import WHITE, contrast, darkened
from accounts.models import Organization, StoredFile
from accounts.tenancy.context import acting_for

GENERAL = "/o/acme/settings/organization/"
FACTS = {
    "name": "Acme",
    "postal_address": "1 Quay Street, Bristol",
    "time_zone": "Europe/London",
    "locale": "en",
    "currency": "GBP",
    "revision": 1,
}


@pytest.mark.row("A4", "time zone")
@pytest.mark.row("A4", "postal address")
def test_an_admin_sets_name_zone_currency_language_and_postal_address(adam, as_, acme):
    facts = {**FACTS, "name": "Acme Ltd", "time_zone": "Europe/Lisbon", "currency": "EUR", "locale": "pt"}
    assert as_(adam).post(GENERAL, facts).status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.time_zone, acme.currency, acme.locale) == (
        "Acme Ltd",
        "Europe/Lisbon",
        "EUR",
        "pt",
    )
    assert acme.revision == 2
    log = as_(adam).get("/o/acme/settings/audit/").content.decode()
    assert "Adam Berg changed the settings: name, time zone, locale, currency, postal address" in log or (
        "Adam Berg changed the settings: name, postal address, time zone, locale, currency" in log
    )


def test_a_stale_save_is_told_who_was_faster_and_keeps_the_text(alice, adam, as_, acme):
    as_(adam).post(GENERAL, {**FACTS, "name": "Adam's Acme"})
    late = as_(alice)
    answer = late.post(GENERAL, {**FACTS, "name": "Alice's Acme", "postal_address": "2 Hill Road"})
    words = answer.content.decode()
    assert answer.status_code == 409
    assert "Adam Berg changed this in the meantime" in words
    assert "Alice&#x27;s Acme" in words
    assert "2 Hill Road" in words
    acme.refresh_from_db()
    assert acme.name == "Adam's Acme"
    # Saved again, knowingly, with the revision that the page now holds.
    assert 'name="revision" value="2"' in words
    assert late.post(GENERAL, {**FACTS, "name": "Alice's Acme", "revision": 2}).status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.revision) == ("Alice's Acme", 3)


def test_saving_without_a_change_is_no_change(adam, as_, acme):
    as_(adam).post(GENERAL, {**FACTS, "postal_address": acme.postal_address})
    acme.refresh_from_db()
    assert acme.revision == 1


def test_who_may_not_change_the_settings_sees_them_and_is_told_why(vera, as_, acme):
    browser = as_(vera)
    assert "An owner or admin can change this" in browser.get(GENERAL).content.decode()
    answer = browser.post(GENERAL, {**FACTS, "name": "Mine"})
    assert answer.status_code == 403
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_only_listed_fields_can_be_written(alice, as_, acme):
    posted = {
        **FACTS, "name": "Acme 2", "slug": "taken", "kind": "demo", "salt": "x", "daily_send_cap": 9, "id": 7,
        "logo": 5, "sending_paused_at": "2020-01-01", "created_at": "2000-01-01",
    }  # fmt: skip
    before = Organization.objects.get()
    assert as_(alice).post(GENERAL, posted).status_code == 302
    after = Organization.objects.get()
    unchanged = ("slug", "kind", "salt", "daily_send_cap", "id", "logo", "sending_paused_at", "created_at")
    assert [getattr(after, name) for name in unchanged] == [getattr(before, name) for name in unchanged]


@pytest.mark.row("A4", "quiet hours")
@pytest.mark.row("A4", "contact limits")
def test_quiet_hours_and_contact_limits_are_set_and_checked(alice, as_, acme):
    facts = {
        "quiet_from": "20:30",
        "quiet_to": "07:00",
        "cap_count": 2,
        "cap_days": 14,
        "survey_gap_days": 60,
    }
    browser = as_(alice)
    assert browser.post("/o/acme/settings/sending/", {**facts, "revision": 1}).status_code == 302
    acme.refresh_from_db()
    assert (str(acme.quiet_from), str(acme.quiet_to), acme.cap_count) == ("20:30:00", "07:00:00", 2)
    same = browser.post("/o/acme/settings/sending/", {**facts, "quiet_to": "20:30", "revision": 2})
    assert "nothing could ever be sent" in same.content.decode()
    none = browser.post("/o/acme/settings/sending/", {**facts, "cap_count": 0, "revision": 2})
    assert none.status_code == 422


def test_business_hours_are_set_per_day(alice, as_, acme):
    facts: dict[str, object] = {"revision": 1}
    for day in range(1, 8):
        facts |= {f"from_{day}": "10:00", f"to_{day}": "18:30"}
    facts |= {"open_1": "on", "open_6": "on"}
    browser = as_(alice)
    assert browser.post("/o/acme/settings/hours/", facts).status_code == 302
    acme.refresh_from_db()
    assert acme.business_hours == {"1": ["10:00", "18:30"], "6": ["10:00", "18:30"]}
    wrong = browser.post("/o/acme/settings/hours/", {**facts, "to_6": "09:00", "revision": 2})
    assert "a later one of closing" in wrong.content.decode()
    closed = browser.post("/o/acme/settings/hours/", {"revision": 2})
    assert "every day closed" in closed.content.decode()


@pytest.mark.row("A4", "privacy thresholds")
def test_the_smallest_group_shown_is_five_at_least(alice, as_, acme):
    browser = as_(alice)
    assert (
        browser.post("/o/acme/settings/privacy/", {"privacy_threshold": 4, "revision": 1}).status_code == 422
    )
    assert (
        browser.post("/o/acme/settings/privacy/", {"privacy_threshold": 5, "revision": 1}).status_code == 302
    )
    acme.refresh_from_db()
    assert acme.privacy_threshold == 5


def picture(size=(900, 300), form="PNG", **extra) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#7a1f4b").save(out, form, **extra)
    return out.getvalue()


@pytest.mark.row("A4", "brand")
def test_colour_and_logo_are_set_and_the_public_sees_the_logo(alice, as_, acme):
    exif = Image.Exif()
    exif[0x010E] = "the photographer's home address"
    upload = SimpleUploadedFile("Our Logo.jpg", picture(form="JPEG", exif=exif))
    browser = as_(alice)
    answer = browser.post(
        "/o/acme/settings/brand/", {"brand_colour": "#7a1f4b", "logo_file": upload, "revision": 1}
    )
    assert answer.status_code == 302
    acme.refresh_from_db()
    assert acme.brand_colour == "#7A1F4B"
    with acting_for(acme):
        stored = StoredFile.objects.get(pk=acme.logo)
    assert stored.key.startswith(f"{acme.pk}/")
    assert "Logo" not in stored.key
    # Drawn anew: smaller, PNG, and nothing of the original's bytes in it.
    content = default_storage.open(stored.key).read()
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("PNG", (640, 213))
    assert b"photographer" not in content
    shown = Client().get(acme.logo_url)
    assert shown["Content-Type"] == "image/png"
    assert b"".join(shown.streaming_content) == content
    assert Client().get(acme.logo_url[:-3] + "xx/").status_code == 404


def test_a_new_logo_replaces_the_old_file_and_removing_it_removes_it(
    alice, as_, acme, django_capture_on_commit_callbacks
):
    browser, keys = as_(alice), []
    for revision in (1, 2):
        upload = SimpleUploadedFile("logo.png", picture())
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(
                "/o/acme/settings/brand/",
                {"brand_colour": "#14604A", "logo_file": upload, "revision": revision},
            )
        acme.refresh_from_db()
        with acting_for(acme):
            keys.append(StoredFile.objects.get().key)
    assert keys[0] != keys[1]
    assert not default_storage.exists(keys[0])
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(
            "/o/acme/settings/brand/", {"brand_colour": "#14604A", "remove_logo": "on", "revision": 3}
        )
    acme.refresh_from_db()
    assert acme.logo is None
    assert not default_storage.exists(keys[1])


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        b"GIF89a" + b"\xff" * 50,
        b"",
        picture((400, 400), "JPEG")[:700],
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(alice, as_, acme, content):
    upload = SimpleUploadedFile("logo.png", content, content_type="image/png")
    answer = as_(alice).post(
        "/o/acme/settings/brand/", {"brand_colour": "#14604A", "logo_file": upload, "revision": 1}
    )
    assert answer.status_code == 422
    acme.refresh_from_db()
    assert acme.logo is None


def test_a_picture_with_too_many_points_is_refused_before_it_is_drawn(alice, as_):
    bomb = io.BytesIO()
    Image.new("1", (6000, 6000)).save(bomb, "PNG")
    upload = SimpleUploadedFile("logo.png", bomb.getvalue())
    answer = as_(alice).post(
        "/o/acme/settings/brand/", {"brand_colour": "#14604A", "logo_file": upload, "revision": 1}
    )
    assert "20 million points" in answer.content.decode()


def test_a_colour_too_pale_to_read_is_refused_with_one_that_reads(alice, as_, acme):
    answer = as_(alice).post("/o/acme/settings/brand/", {"brand_colour": "#FFD200", "revision": 1})
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "too pale on white" in words
    assert darkened("#FFD200") in words
    assert contrast(darkened("#FFD200"), WHITE) >= 4.5
    assert contrast("#000000", WHITE) == pytest.approx(21)


def test_the_file_of_another_business_is_a_missing_page(alice, cyd, as_, acme):
    upload = SimpleUploadedFile("logo.png", picture())
    as_(alice).post(
        "/o/acme/settings/brand/", {"brand_colour": "#14604A", "logo_file": upload, "revision": 1}
    )
    acme.refresh_from_db()
    assert as_(alice).get(f"/o/acme/files/{acme.logo}/").status_code == 200
    assert as_(cyd).get(f"/o/acme/files/{acme.logo}/").status_code == 404
    assert as_(cyd).get(f"/o/globex/files/{acme.logo}/").status_code == 404


@pytest.mark.row("A2", "units as a tree")
def test_the_tree_of_units_is_arranged(alice, as_, acme, acme_units):
    browser = as_(alice)
    assert (
        browser.post("/o/acme/settings/units/", {"name": "York", "parent": acme_units.north.pk}).status_code
        == 302
    )
    twice = browser.post("/o/acme/settings/units/", {"name": "York", "parent": acme_units.north.pk})
    assert twice.status_code == 422
    # Leeds moves to the South, and with it its path.
    leeds = f"/o/acme/settings/units/{acme_units.leeds.pk}/"
    browser.post(leeds, {"name": "Leeds", "parent": acme_units.south.pk, "revision": 1})
    with acting_for(acme):
        acme_units.leeds.refresh_from_db()
        assert acme_units.leeds.path == f"{acme_units.south.path}{acme_units.leeds.pk}/"
    # A unit cannot stand beneath its own child.
    circle = browser.post(
        f"/o/acme/settings/units/{acme_units.south.pk}/",
        {"name": "South", "parent": acme_units.leeds.pk, "revision": 1},
    )
    assert circle.status_code == 422
    stale = browser.post(leeds, {"name": "Leeds 2", "parent": acme_units.south.pk, "revision": 1})
    assert stale.status_code == 409
    assert "Leeds 2" in stale.content.decode()


def test_an_empty_unit_is_put_away_and_taken_back(alice, as_, acme, acme_units):
    browser = as_(alice)
    full = browser.post(f"/o/acme/settings/units/{acme_units.north.pk}/delete/", follow=True)
    assert "There are units beneath it" in full.content.decode()
    answer = browser.post(f"/o/acme/settings/units/{acme_units.dover.pk}/delete/", follow=True)
    words = answer.content.decode()
    assert "Dover was put away" in words
    with acting_for(acme):
        from accounts.models import Deletion

        deletion = Deletion.objects.get()
    browser.post(f"/o/acme/settings/units/restore/{deletion.pk}/")
    assert ">Dover<" in browser.get("/o/acme/settings/units/").content.decode()


def test_the_audit_of_a_change_names_nobody_but_by_id(alice, as_, acme, in_acme):
    from accounts.auditing import audit
    from accounts.models import AuditEntry

    audit("settings.edit", acme, by=member_actor(alice), fields=["name"])
    entry = AuditEntry.objects.newest().first()
    stored = f"{entry.details} {entry.actor_user} {entry.subject_type}"
    assert alice.user.name not in stored
    assert alice.user.email not in stored
