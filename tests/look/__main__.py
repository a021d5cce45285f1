"""`python -m tests.look [--no-pictures] [WORD]`: all pages, or those whose name or address has the word.

Prints one line per page and width with the number of axe's findings; pictures go to var/look, with an index.
Ends with 1 when axe found anything, a page failed or broke its content security policy, or when the product has
a page that nobody looked at.
"""

import html
import logging
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Error, Page  # noqa: E402

from accounts.models import Membership, Organization, Role  # noqa: E402
from accounts.tenancy.context import acting_for  # noqa: E402
from config.mailbox.store import Mailbox  # noqa: E402
from config.stack.environment import ROOT  # noqa: E402
from tests.browsing.axe import Violation, axe  # noqa: E402
from tests.browsing.chromium import chromium  # noqa: E402
from tests.browsing.fixtures import POLICY_BROKEN, WIDTHS  # noqa: E402
from tests.look.busy import busy, mails, write_to  # noqa: E402
from tests.look.pages import (  # noqa: E402
    NOBODY,
    World,
    member_client,
    public_addresses,
    route_name,
    routes,
    shows_a_page,
)

FOLDER = ROOT / "var" / "look"
# Kinds of mail that are sent here: survey, campaign, alert, member invitation, new password, new account.
MAILS = 6
# Pages that only a mail leads to.
BY_MAIL = {"account_confirm_email", "account_reset_password_from_key", "invitation_accept", "sender_proof"}
# A form in which a person writes: emptied, and sent past the browser's own checks.
SEND_EMPTY = """() => {
    const writes = form => [...form.querySelectorAll(
        'input:not([type=hidden], [type=search], [type=submit], [type=checkbox], [type=radio]), textarea'
    )].filter(field => field.offsetParent);
    const form = [...document.querySelectorAll('main form')].find(
        form => form.method === 'post' && form.enctype !== 'multipart/form-data' && writes(form).length
    );
    if (!form) return false;
    writes(form).forEach(field => { field.removeAttribute('type'); field.value = ''; });
    HTMLFormElement.prototype.submit.call(form);
    return true;
}"""


# What is fixed to the window would stand in the middle of a tall picture; what loads when seen is made to load.
WHOLE = """async () => {
    for (const bar of document.querySelectorAll('.tabbar, .topbar, .form__deeds--stays')) {
        bar.style.position = 'static';
    }
    for (let at = 0; at < document.documentElement.scrollHeight; at += innerHeight) {
        scrollTo(0, at);
        await new Promise(done => setTimeout(done, 20));
    }
    scrollTo(0, 0);
}"""


@dataclass
class Look:
    """What was seen of one page at one width."""

    world: str
    route: str
    path: str
    width: int
    status: int
    violations: list[Violation]
    problems: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        return re.sub(r"[^a-z0-9_-]+", "-", f"{self.world}-{self.route}-{self.width}".lower()) + ".png"

    @property
    def bad(self) -> bool:
        return bool(self.violations or self.problems)

    def __str__(self) -> str:
        line = f"{self.world:<8}{self.width:>5}  axe {len(self.violations):>2}  {self.route:<34}{self.path}"
        more = [*self.problems, *(str(violation) for violation in self.violations)]
        return "\n".join([line, *("    " + text.replace("\n", "\n    ") for text in more)])


class Camera:
    """Opens pages and looks at them."""

    def __init__(self, browser: Browser, base: str, *, pictures: bool) -> None:
        self.browser = browser
        self.base = base
        self.pictures = pictures
        self.looks: list[Look] = []

    def look(
        self,
        world: World,
        route: str,
        path: str,
        *,
        expected: int = 200,
        act: Callable[[Page], bool] | None = None,
    ) -> None:
        """One page at both widths. `act` changes it first; where it returns False there is nothing to see."""
        for width, height in WIDTHS.values():
            context = self.browser.new_context(
                base_url=self.base, viewport={"width": width, "height": height}, reduced_motion="reduce"
            )
            context.set_default_timeout(20_000)
            if world.client is not None:
                context.add_cookies(
                    [
                        {"name": c.key, "value": c.value, "url": self.base}
                        for c in world.client.cookies.values()
                    ]
                )
            page = context.new_page()
            problems: list[str] = []
            page.on(
                "console",
                lambda message, problems=problems: (
                    problems.append(message.text)
                    if message.type == "error" and POLICY_BROKEN.search(message.text)
                    else None
                ),
            )
            page.on("pageerror", lambda error, problems=problems: problems.append(str(error)))
            try:
                answer = page.goto(path, wait_until="load")
                status = answer.status if answer else 0
                mail = bool(answer and "sandbox" in answer.headers.get("content-security-policy", ""))
                if mail:
                    # Nothing runs in it, axe neither: the same document is looked at outside its sandbox.
                    page.close()
                    page = context.new_page()
                    page.set_content(answer_text(self.base, path, context))
                if act is not None:
                    with page.expect_navigation(wait_until="load") as arrived:
                        if not act(page):
                            raise NothingToSee
                    status = arrived.value.status if arrived.value else 0
                if status != expected and not (act and status < 500):
                    problems.append(f"answers {status}")
                found = Look(world.name, route, path, width, status, axe(page, mail=mail), problems)
                wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
                if wide > 0:
                    found.problems.append(f"scrolls sideways by {wide} px")
                if self.pictures:
                    page.evaluate(WHOLE)
                    page.screenshot(path=FOLDER / found.file, full_page=True)
            except NothingToSee:
                return
            except Error as error:
                found = Look(world.name, route, path, width, 0, [], [str(error).splitlines()[0]])
            finally:
                context.close()
            self.looks.append(found)
            print(found, flush=True)


def answer_text(base: str, path: str, context: BrowserContext) -> str:
    return str(context.request.get(base + path).text())


class NothingToSee(Exception):
    """The page has no form to send empty."""


def main(arguments: list[str]) -> int:
    pictures = "--no-pictures" not in arguments
    words = [word for word in arguments if not word.startswith("-")]
    if pictures and not words:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)

    logging.disable()  # what failed is told by status, once
    box = Mailbox(Path(settings.LOCAL_MAILBOX))
    before = max((mail.id for mail in box.newest(limit=1)), default=0)
    worlds = [demo(), nobody(), empty(), working(), World("mail", None, ())]
    slug = worlds[3].start[0].split("/")[2]
    write_to(worlds[3], slug)
    caught = mails(after=before, wanted=MAILS)
    worlds[1].start += tuple(link for mail in caught for link in mail.links if route_name(link) in BY_MAIL)
    worlds[1].start += (f"/mailbox/{caught[0].id}", f"/mailbox/{caught[0].id}/headers") if caught else ()
    for world in worlds:
        world.crawl()
    # What the example shows already is not shown twice.
    worlds[3].found = {name: path for name, path in worlds[3].found.items() if name not in worlds[0].found}
    worlds[4].found = {f"mail-{mail.subject}": f"/mailbox/{mail.id}/html/frame" for mail in caught}
    wanted = [
        (world, name, path)
        for world in worlds
        for name, path in sorted(world.found.items())
        if not words or any(word in name or word in path for word in words)
    ]
    with chromium() as browser:
        camera = Camera(browser, settings.BASE_URL, pictures=pictures)
        for world, name, path in wanted:
            camera.look(world, name, path)
        for world, name, path in wanted:
            if world.name not in ("demo", "mail"):  # a demo stays as it was built
                errors = World(f"{world.name}!", world.client, ())
                camera.look(errors, name, path, act=lambda page: bool(page.evaluate(SEND_EMPTY)))
        if not words:
            camera.look(
                World("trouble", worlds[0].client, ()), "not-found", "/o/nobody/customers/", expected=404
            )
            viewer = World("trouble", member_client(viewer_of_demo()), ())
            camera.look(viewer, "forbidden", f"/o/{demo_organization().slug}/settings/keys/", expected=403)
        if len(caught) < MAILS:
            worlds[4].broken.append(f"{len(caught)} kinds of mail came, {MAILS} were expected")
    return tell(camera.looks, worlds, index=pictures, whole=not words)


def tell(looks: list[Look], worlds: list[World], *, index: bool, whole: bool) -> int:
    seen = {name for world in worlds for name in world.found}
    client, slug = worlds[0].client, demo_organization().slug
    assert client is not None
    unseen = [route for route in routes() if route.name not in seen and shows_a_page(route, client, slug)]
    broken = [text for world in worlds for text in world.broken]
    if whole:
        for route in unseen:
            print(f"nobody looked at: {route.name:<34}/{route.pattern}")
    for text in broken:
        print(f"broken: {text}")
    if index:
        write_index(looks)
        print(f"pictures: {FOLDER}/index.html")
    bad = [each for each in looks if each.bad]
    violations = sum(len(each.violations) for each in looks)
    print(
        f"{len(looks)} looks at {len(seen)} pages, {len(unseen)} missed, axe {violations}, "
        f"{sum(bool(each.problems) for each in bad)} with other problems, {len(broken)} broken"
    )
    return 1 if bad or broken or (whole and unseen) else 0


def demo_organization() -> Organization:
    from config.demo import building

    return Organization.objects.get(slug=next(iter(building.TEAM)))


def demo() -> World:
    organization = demo_organization()
    owner = Membership.objects.filter(organization=organization, role=Role.OWNER).first()
    assert owner is not None
    return World("demo", member_client(owner), (f"/o/{organization.slug}/", *public_addresses(organization)))


def viewer_of_demo() -> Membership:
    found = Membership.objects.filter(organization=demo_organization(), role=Role.VIEWER).first()
    assert found is not None
    return found


def nobody() -> World:
    return World("nobody", None, NOBODY)


def empty() -> World:
    """An organization on its first day."""
    from tests.factories.accounts import OrganizationFactory, member

    slug = f"empty-{timezone.now():%H%M%S}"
    organization = OrganizationFactory(name="Quiet Harbour", slug=slug)
    with acting_for(organization):
        owner = member(organization, "Ida Holm", Role.OWNER)
    return World("empty", member_client(owner), (f"/o/{slug}/", "/organizations/new/"))


def working() -> World:
    """An organization in the middle of its work."""
    return busy(f"busy-{timezone.now():%H%M%S}")


def write_index(looks: list[Look]) -> None:
    lines = [
        "<!doctype html><meta charset=utf-8><title>Every page</title><style>img{max-width:46%;border:1px solid}</style>"
    ]
    for each in looks:
        if (FOLDER / each.file).exists():
            told = html.escape(f"{each.world} {each.route} {each.width} axe {len(each.violations)}")
            lines.append(f'<h2>{told}</h2><img loading=lazy src="{each.file}" alt="">')
    Path(FOLDER / "index.html").write_text("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
