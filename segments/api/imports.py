"""REST: a file of customers on its way in: sent, its columns named, tried, run; what was wrong with it."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from segments import importing
from segments.models import CustomerImport, ExistingPolicy, ImportRowError
from segments.models.attribute import AttributeKind
from segments.sheets import BadFile, check_size
from segments.suggesting import Column


class ColumnOut(Out):
    name = serializers.CharField(help_text="As the first row of the file calls it.")
    to = serializers.CharField(
        help_text="`ignore`, a field of the customer (`external_id`, `email`, `phone`, `name`, ...), "
        "`attribute:KEY`, or `new`: an attribute that the import makes."
    )
    key = serializers.CharField(help_text="Of a new attribute.")
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    day_first = serializers.BooleanField(help_text="Whether 1/2/2026 is the first of February.")


class TriedOut(Out):
    rows = serializers.IntegerField(help_text="Rows that were looked at.")
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    refused = serializers.IntegerField()
    warned = serializers.IntegerField()


class ImportOut(Out):
    id = OpaqueId("customerimport", source="pk")
    file_name = serializers.CharField()
    state = serializers.CharField()
    failure = serializers.CharField()
    existing = serializers.CharField()
    mode = serializers.CharField()
    columns = serializers.SerializerMethodField()
    tried = serializers.SerializerMethodField()
    rows_total = serializers.IntegerField()
    rows_seen = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped = serializers.IntegerField()
    refused = serializers.IntegerField()
    warned = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(ColumnOut(many=True))
    def get_columns(self, one: CustomerImport) -> Any:
        named = zip(one.header, importing.columns_of(one), strict=True)
        return ColumnOut([{"name": name, **column.as_json()} for name, column in named], many=True).data

    @extend_schema_field(TriedOut(allow_null=True))
    def get_tried(self, one: CustomerImport) -> Any:
        tried = one.preview.get("tried")
        return TriedOut(tried).data if tried else None


class ImportIn(In):
    file = serializers.FileField(
        max_length=200,
        help_text="CSV up to 50 MB and a million rows, or a workbook (XLSX, XLS, ODS) up to 20 MB. The first "
        "row names the columns.",
    )

    def validate_file(self, file: Any) -> Any:
        try:
            check_size(file.size)
        except BadFile as error:
            raise serializers.ValidationError(str(error)) from None
        return file


class ColumnIn(In):
    to = serializers.CharField(max_length=80)
    key = serializers.CharField(max_length=60, default="", allow_blank=True)
    label = serializers.CharField(max_length=120, default="", allow_blank=True)  # type: ignore[assignment]
    kind = serializers.ChoiceField(AttributeKind.choices, default="", allow_blank=True)
    day_first = serializers.BooleanField(default=True)


class ColumnsIn(In):
    columns = ColumnIn(
        many=True, required=False, help_text="One for each column, in their order; left out: as proposed."
    )
    existing = serializers.ChoiceField(ExistingPolicy.choices, default=ExistingPolicy.UPDATE.value)
    ground = serializers.ChoiceField(
        [(name, name) for name in importing.GROUNDS],
        help_text="On what ground these people may be asked.",
    )


class ProblemOut(Out):
    row = serializers.IntegerField(source="row_number", help_text="1 is the first row after the names.")
    column = serializers.CharField()
    message = serializers.CharField()
    came_in = serializers.BooleanField(source="warning")
    cells = serializers.ListField(child=serializers.CharField(), help_text="The row as it stood.")


def imports_of(actor: Any) -> Any:
    return CustomerImport.objects.all().visible_to(actor)


class ImportsView(ApiView):
    """Files of customers. What was sent is only read; nothing comes in before `start`."""

    actions = {"GET": "customer.import", "POST": "customer.import"}
    # The same file again is another draft, and changes nothing.
    repeatable = False
    parser_classes = [*ApiView.parser_classes, MultiPartParser]

    @extend_schema(responses=page_of(ImportOut), parameters=PAGE_PARAMETERS, operation_id="imports_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, imports_of(self.actor), out=ImportOut).response()

    @extend_schema(
        request={"multipart/form-data": ImportIn}, responses={201: ImportOut}, operation_id="imports_create"
    )
    def post(self, request: Any) -> Response:
        given = ImportIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
        try:
            begun = importing.begin(file.read(), name=file.name, by=self.actor)
        except BadFile as error:
            raise serializers.ValidationError({"file": [str(error)]}) from None
        return Response(ImportOut(begun).data, status=status.HTTP_201_CREATED)


class ImportView(ApiView):
    """What the columns of one file are, what was tried, and how far it has come."""

    actions = {"GET": "customer.import"}

    @extend_schema(responses=ImportOut, operation_id="imports_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(ImportOut(find(imports_of(self.actor), "customerimport", id)).data)


class ImportColumnsView(ApiView):
    """Says what each column is, and tries the file: `tried` counts what would happen. Nothing is written."""

    actions = {"PUT": "customer.import"}

    @extend_schema(request=ColumnsIn, responses=ImportOut, operation_id="imports_columns")
    def put(self, request: Any, id: str) -> Response:
        one = find(imports_of(self.actor), "customerimport", id)
        given = ColumnsIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        proposed = importing.columns_of(one)
        columns = proposed
        if "columns" in facts:
            full = [column.full for column in proposed] + [False] * len(facts["columns"])
            columns = [Column(**each, full=full[place]) for place, each in enumerate(facts["columns"])]
        try:
            chosen = importing.choose(
                one, columns, by=self.actor, existing=facts["existing"], ground=facts["ground"]
            )
        except importing.NotMapped as refusal:
            said = f"{refusal.column}: {refusal}" if refusal.column else str(refusal)
            raise serializers.ValidationError({"columns": [said]}) from None
        return Response(ImportOut(chosen).data)


class ImportStartView(ApiView):
    """Brings the rows in, in the background. A second start changes nothing."""

    actions = {"POST": "customer.import"}

    @extend_schema(request=None, responses={202: ImportOut}, operation_id="imports_start")
    def post(self, request: Any, id: str) -> Response:
        one = find(imports_of(self.actor), "customerimport", id)
        try:
            started = importing.start(one, by=self.actor)
        except importing.NotMapped as refusal:
            raise serializers.ValidationError({"columns": [str(refusal)]}) from None
        return Response(ImportOut(started).data, status=status.HTTP_202_ACCEPTED)


class ImportCancelView(ApiView):
    """Stops after the chunk at hand; what came in stays."""

    actions = {"POST": "customer.import"}

    @extend_schema(request=None, responses=ImportOut, operation_id="imports_cancel")
    def post(self, request: Any, id: str) -> Response:
        one = find(imports_of(self.actor), "customerimport", id)
        return Response(ImportOut(importing.cancel(one, by=self.actor)).data)


class ImportProblemsView(ApiView):
    """The rows that did not come in, and those that came in with a remark."""

    actions = {"GET": "customer.import"}

    @extend_schema(responses=page_of(ProblemOut), parameters=PAGE_PARAMETERS, operation_id="imports_problems")
    def get(self, request: Any, id: str) -> Response:
        one = find(imports_of(self.actor), "customerimport", id)
        problems = ImportRowError.objects.filter(customer_import=one)
        return CursorPage(request, problems, out=ProblemOut).response()
