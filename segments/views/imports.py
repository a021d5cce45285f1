"""Imports: a file goes in, its columns are named, it is tried, it runs, what was wrong comes out."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.door import member_page
from accounts.modes import writing
from accounts.tenancy.context import acting_for
from accounts.toasts import toast
from segments import importing
from segments.models import Attribute, CustomerImport, ExistingPolicy, ImportRowError, ImportState
from segments.models.attribute import AttributeKind
from segments.sheets import OURS, BadFile, check_size, line_of
from segments.suggesting import TARGETS, Column


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file or workbook"),
        help_text=gettext_lazy(
            "Up to 50 MB and a million rows; a workbook (XLSX, XLS, ODS) up to 20 MB. The first row names the"
            " columns."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.ods,text/csv"}),
    )


class RunForm(forms.Form):
    """What to do with those we know, and the ground on which the people in the file may be asked."""

    existing = forms.ChoiceField(
        label=gettext_lazy("Customers we know already"),
        choices=ExistingPolicy.choices,
        initial=ExistingPolicy.UPDATE,
        widget=forms.RadioSelect,
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("On what ground may these people be asked?"),
        choices=[*importing.GROUNDS.items()],
        widget=forms.RadioSelect,
    )
    rehearsal = forms.BooleanField(
        label=gettext_lazy("This is a rehearsal: bring them in as test customers, who never count"),
        required=False,
    )


@member_page("customer.import")
def import_list(request: HttpRequest, slug: str) -> HttpResponse:
    rows = CustomerImport.objects.all().visible_to(request.actor).order_by("-created_at")[:100]
    return render(request, "segments/import_list.html", {"rows": rows})


@member_page("customer.import")
def import_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The file. What is wrong with all of it is said here, before any column is asked about."""
    form, status = UploadForm(), 200
    if request.method == "POST":
        form, status = UploadForm(request.POST, request.FILES), 422
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                check_size(upload.size)
                begun = importing.begin(upload.read(), name=upload.name or _("file"), by=request.actor)
                return redirect("import_columns", slug, begun.pk)
            except BadFile as error:
                form.add_error("file", str(error))
    return render(request, "segments/import_new.html", {"form": form}, status=status)


@member_page("customer.import")
def import_columns(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    """Which column is what: proposals, each with values from the file, to be taken or changed."""
    one = _import(request, import_id)
    if one.state not in (ImportState.MAPPING, ImportState.READY):
        return redirect("import_detail", slug, import_id)
    columns, error, column_error, status = importing.columns_of(one), "", "", 200
    form = RunForm(initial={"existing": one.existing, "ground": _ground_key(one.consent_ground)})
    about = one.preview.get("about", {})
    if request.method == "POST":
        columns, form, status = _read_columns(request, one), RunForm(request.POST), 422
        if form.is_valid():
            mode = "test" if form.cleaned_data["rehearsal"] else writing(request.organization)
            try:
                importing.choose(
                    one,
                    columns,
                    by=request.actor,
                    existing=form.cleaned_data["existing"],
                    ground=form.cleaned_data["ground"],
                    mode=mode,
                )
                return redirect("import_detail", slug, import_id)
            except importing.NotMapped as refusal:
                error, column_error = str(refusal), refusal.column
    sample = one.preview.get("sample", [])
    rows = [
        {
            "number": number,
            "name": name,
            "column": column,
            "values": [row[number] for row in sample if number < len(row) and row[number].strip()][:3],
            "blanks": one.preview["blanks"][number],
            "error": error if name == column_error else "",
        }
        for number, (name, column) in enumerate(zip(one.header, columns, strict=True))
    ]
    context = {
        "one": one,
        "rows": rows,
        "form": form,
        "error": "" if column_error else error,
        "any_error": error,
        "as_before": about.get("as_before", ""),
        "taken": about.get("taken", ""),
        "left": about.get("left", []),
        "targets": [("ignore", _("Leave out")), *TARGETS.items()],
        "attributes": Attribute.objects.present(),
        "kinds": AttributeKind.choices,
    }
    return render(request, "segments/import_columns.html", context, status=status)


def _ground_key(kept: str) -> str:
    return kept.partition(":")[0] if kept else ""


def _read_columns(request: HttpRequest, one: CustomerImport) -> list[Column]:
    """The columns as sent; what a column was proposed to be is kept where nothing was said."""
    found = []
    for number, before in enumerate(importing.columns_of(one)):
        to = request.POST.get(f"to.{number}", before.to)[:80]
        kind = request.POST.get(f"kind.{number}", before.kind)[:10]
        label = request.POST.get(f"label.{number}", before.label)[:120].strip()
        key = before.key or _key_of(one.header[number])
        order = request.POST.get(f"order.{number}", "day" if before.day_first else "month")
        found.append(
            Column(to, key if to == "new" else "", label if to == "new" else "", kind if to == "new" else "",
                   before.full, order != "month")
        )  # fmt: skip
    return found


def _key_of(name: str) -> str:
    from segments.suggesting import free_key

    taken = {f"attribute:{key}" for key in Attribute.objects.all().values_list("key", flat=True)}
    return free_key(name, taken)


@member_page("customer.import")
def import_detail(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    """Tried: what would happen. Running: how far. Done: what came in and what did not."""
    one = _import(request, import_id)
    if one.state == ImportState.MAPPING:
        return redirect("import_columns", slug, import_id)
    return render(request, "segments/import_detail.html", _told(one))


@member_page("customer.import")
def import_progress(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    """The part of the page that moves."""
    one = _import(request, import_id)
    response = render(request, "segments/parts/import_progress.html", _told(one))
    if one.state != ImportState.RUNNING:
        # The numbers and the report have changed too.
        response["HX-Refresh"] = "true"
    return response


def _told(one: CustomerImport) -> dict[str, Any]:
    errors = ImportRowError.objects.filter(customer_import=one)
    return {
        "one": one,
        "tried": one.preview.get("tried"),
        "problems": list(errors.order_by("row_number", "id")[:20]),
        "problem_count": one.refused + one.warned,
        "new_columns": [column for column in importing.columns_of(one) if column.to == "new" or column.made],
        "ground": one.consent_ground.partition(": ")[2],
        "running": one.state == ImportState.RUNNING,
    }


@require_POST
@member_page("customer.import")
def import_start(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    try:
        importing.start(_import(request, import_id), by=request.actor)
    except importing.NotMapped as refusal:
        toast(request, str(refusal))
    return redirect("import_detail", slug, import_id)


@require_POST
@member_page("customer.import")
def import_cancel(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    importing.cancel(_import(request, import_id), by=request.actor)
    toast(request, _("Stopped. What came in before stays."))
    return redirect("import_detail", slug, import_id)


@member_page("customer.import")
def import_problems(request: HttpRequest, slug: str, import_id: int) -> StreamingHttpResponse:
    """The rows that did not come in, as they stood, with what was wrong: to mend and bring in again."""
    one = _import(request, import_id)
    organization_id = request.organization.pk

    def body() -> Iterator[bytes]:
        with acting_for(organization_id):
            yield ("\ufeff" + line_of([*one.header, *OURS])).encode()
            errors = ImportRowError.objects.filter(customer_import=one).order_by("row_number", "id")
            for error in errors.iterator(chunk_size=1000):
                cells = [*error.cells, *[""] * (len(one.header) - len(error.cells))]
                where = f"{error.column}: " if error.column else ""
                yield line_of([*cells, error.row_number, f"{where}{error.message}"]).encode()

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{one.pk}-problems.csv"'
    return response


def _import(request: HttpRequest, import_id: int) -> CustomerImport:
    return get_object_or_404(CustomerImport.objects.all().visible_to(request.actor), pk=import_id)
