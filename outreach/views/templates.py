"""Templates: the list, the editor with its preview, a test to oneself, putting one away."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from accounts.auditing import audit
from accounts.door import member_page
from accounts.models import Stale
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from outreach import templating
from outreach.forms import LanguageForm, TemplateForm
from outreach.models import MessageClass, Template
from outreach.templating import InUse
from outreach.views.rebasing import rebased
from segments.models import Attribute, Customer


@member_page("template.view")
def template_list(request: HttpRequest, slug: str) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    rows = Template.objects.present().order_by("name", "pk")
    if words:
        rows = rows.filter(Q(name__icontains=words))
    found = [{"template": row, "users": templating.users_of(row)} for row in rows]
    return render(request, "outreach/templates.html", {"rows": found, "q": words})


@member_page("template.view", post="template.edit")
def template_new(request: HttpRequest, slug: str) -> HttpResponse:
    request.actor.require("template.edit")
    locale = request.organization.locale or "en"
    template = Template(default_locale=locale, message_class=MessageClass.RELATIONSHIP)
    return _editor(request, template, locale)


@member_page("template.view", post="template.edit")
def template_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    template = _template(pk)
    locale = request.GET.get("language") or template.default_locale
    return _editor(request, template, locale)


def _editor(request: HttpRequest, template: Template, locale: str) -> HttpResponse:
    """Save what was typed; a stale save keeps the text and says who was faster."""
    form = TemplateForm(request.POST or None, template=template, locale=locale)
    conflict, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            try:
                _save(request, template, form.cleaned_data.get("revision") or 0)
            except Stale as stale:
                conflict, status = _("%(what)s Your text is below, and was not saved.") % {"what": stale}, 409
                form.data = rebased(request, stale)
            else:
                toast(request, _("Saved."))
                url = reverse("template_edit", args=[request.organization.slug, template.pk])
                return redirect(f"{url}?language={locale}")
        else:
            status = 422
    person = _person(request)
    saved = Template.objects.present().filter(pk=template.pk).first() if template.pk else None
    return render(
        request,
        "outreach/template.html",
        {
            "template": template,
            "form": form,
            "locale": locale,
            "locales": template.locales if template.pk else [locale],
            "language_form": LanguageForm(),
            "conflict": conflict,
            "warnings": form.warnings if form.is_bound else _warnings(template, locale),
            "fields": _fields(),
            "users": templating.users_of(template) if template.pk else [],
            "person": person,
            "shown": templating.preview(saved, person, locale=locale) if saved else None,
            "people": _people(request),
        },
        status=status,
    )


def _warnings(template: Template, locale: str) -> list[templating.Problem]:
    if not template.pk:
        return []
    return [one for one in templating.look_over(template) if one.warning and one.locale == locale]


@transaction.atomic
def _save(request: HttpRequest, template: Template, expected: int) -> None:
    if template.pk is None:
        template.save()
        audit("template.edit", template, by=request.actor, did="created")
    else:
        template.save_revision(expected, by=request.actor)
        audit("template.edit", template, by=request.actor, did="changed")


def _fields() -> list[tuple[str, str]]:
    """What the picker offers: the words of a person, and the Liquid that puts them in."""
    offered = [
        (_("First name"), '{{ customer.first_name | default: "there" }}'),
        (_("Name"), '{{ customer.name | default: "there" }}'),
        (_("Company"), '{{ company.name | default: "your company" }}'),
        (_("Store or team"), '{{ unit.name | default: "our store" }}'),
        (_("Their score"), "{{ answer.score }}"),
        (_("Their own words"), '{{ answer.comment | default: "" }}'),
        (_("Your business"), "{{ organization.name }}"),
        (_("Only if …"), "{% if answer.score >= 9 %}\n\n{% endif %}"),
    ]
    offered += [
        (attribute.label, f'{{{{ customer.attributes.{attribute.key} | default: "" }}}}')
        for attribute in Attribute.objects.order_by("label")[:60]
    ]
    return offered


def _people(request: HttpRequest) -> list[Customer]:
    """Real customers to look at: those found by the words, else some with an answer."""
    words = request.GET.get("who", "").strip()
    rows = Customer.objects.visible_to(request.actor).present()
    if words:
        return list(rows.matching(words).order_by("name", "pk")[:8])
    return list(rows.exclude(last_responded_at=None).order_by("-last_responded_at")[:5]) or list(
        rows.order_by("pk")[:5]
    )


def _person(request: HttpRequest) -> Customer | None:
    wanted = request.GET.get("customer", "")
    rows = Customer.objects.visible_to(request.actor).present()
    if wanted.isdigit():
        return rows.filter(pk=int(wanted)).first()
    people = _people(request)
    return people[0] if people else None


@xframe_options_sameorigin
@member_page("template.view")
def template_preview(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The mail itself, as one customer gets it: shown in a frame without scripts."""
    template = _template(pk)
    shown = templating.preview(template, _person(request), locale=request.GET.get("language", ""))
    part = request.GET.get("part", "html")
    if shown.problem:
        return HttpResponse(shown.problem, content_type="text/plain; charset=utf-8", status=200)
    if part == "text":
        return HttpResponse(f"{shown.subject}\n\n{shown.text}", content_type="text/plain; charset=utf-8")
    response = HttpResponse(shown.html)
    # The words of a customer and of a colleague: no script, no form, nothing loaded.
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    )
    return response


@require_POST
@member_page("template.edit")
def template_test(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A test to oneself: never held, never counted."""
    template = _template(pk)
    found = templating.problems(template)
    if found:
        toast(request, _("Not sent. %(problem)s") % {"problem": found[0]}, level=messages.ERROR)
        return redirect("template_edit", slug, pk)
    wanted = request.POST.get("customer", "")
    rows = Customer.objects.visible_to(request.actor).present()
    customer = rows.filter(pk=int(wanted)).first() if wanted.isdigit() else None
    templating.test_send(template, to=_address(request), customer=customer, by=request.actor)
    toast(request, _("On its way to %(address)s.") % {"address": _address(request)})
    return redirect("template_edit", slug, pk)


@require_POST
@member_page("template.edit")
def template_language(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Open the editor for another language of this template."""
    template = _template(pk)
    form = LanguageForm(request.POST)
    if not form.is_valid():
        toast(request, " ".join(str(error) for error in form.errors["locale"]), level=messages.ERROR)
        return redirect("template_edit", slug, pk)
    url = reverse("template_edit", args=[slug, template.pk])
    return redirect(f"{url}?language={form.cleaned_data['locale']}")


@require_POST
@member_page("template.edit")
def template_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    template = _template(pk)
    try:
        deletion = templating.delete_template(template, by=request.actor)
    except InUse as error:
        toast(
            request,
            _("“%(name)s” stays. %(why)s") % {"name": template.name, "why": error},
            level=messages.ERROR,
        )
        return redirect("template_edit", slug, pk)
    undo = reverse("template_restore", args=[slug, deletion.pk])
    toast(request, _("“%(name)s” is put away.") % {"name": template.name}, undo=undo)
    return redirect("template_list", slug)


@require_POST
@member_page("template.edit")
def template_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    template = taken_back(request, deletion_id, Template.objects.all(), action="template.edit")
    return redirect("template_edit", slug, template.pk)


def _address(request: HttpRequest) -> str:
    """Where a test to oneself goes."""
    return str(request.actor.membership.user.email)


def _template(pk: int) -> Template:
    template = Template.objects.present().filter(pk=pk).first()
    if template is None:
        raise Http404
    return template
