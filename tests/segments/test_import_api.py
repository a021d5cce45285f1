"""REST of imports: the same way as on the pages, step by step."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT

from accounts.tenancy.context import acting_for
from segments import importing
from segments.models import Attribute, Customer, CustomerImport

pytestmark = pytest.mark.django_db(transaction=True)
RAW = (
    b"Customer ID,E-mail,Name,Spent\n1,ann@x.example,Ann Lee,5\n2,broken,Bob Ray,6\n3,cy@x.example,Cy Poe,7\n"
)


def send(client: Any, raw: bytes = RAW, name: str = "people.csv") -> Any:
    file = {"file": SimpleUploadedFile(name, raw)}
    return client.post("/api/v1/imports", file, content_type=MULTIPART_CONTENT)


@pytest.mark.row("B2", "column mapping with suggestions")
def test_a_program_brings_in_a_file_as_a_manager_does(acme: Any, api: Any) -> None:
    client = api(acme, "customers:write")
    sent = send(client)
    assert sent.status_code == 201, sent.content
    one = sent.json()
    assert [(each["name"], each["to"]) for each in one["columns"]] == [
        ("Customer ID", "external_id"), ("E-mail", "email"), ("Name", "name"), ("Spent", "new"),
    ]  # fmt: skip
    assert (one["state"], one["rows_total"], one["tried"]) == ("mapping", 3, None)
    early = client.post(f"/api/v1/imports/{one['id']}/start")
    assert early.status_code == 400 and early.json()["errors"][0]["path"] == "columns"

    tried = client.put(
        f"/api/v1/imports/{one['id']}/columns", {"ground": "contract"}, content_type="application/json"
    ).json()
    assert tried["state"] == "ready"
    assert tried["tried"] == {"rows": 3, "created": 2, "updated": 0, "refused": 1, "warned": 0}
    with acting_for(acme):
        assert not Customer.objects.exists()

    assert client.post(f"/api/v1/imports/{one['id']}/start").status_code == 202
    with acting_for(acme):
        begun = CustomerImport.objects.get()
        assert begun.consent_ground.startswith("contract: ")
    assert importing.run(acme.pk, begun.pk) is False
    done = client.get(f"/api/v1/imports/{one['id']}").json()
    assert (done["state"], done["created"], done["refused"]) == ("done", 2, 1)
    (problem,) = client.get(f"/api/v1/imports/{one['id']}/problems").json()["items"]
    assert (problem["row"], problem["column"], problem["came_in"]) == (2, "E-mail", False)
    assert problem["cells"] == ["2", "broken", "Bob Ray", "6"]


def test_columns_are_chosen_one_by_one_and_a_wrong_one_is_named(acme: Any, api: Any) -> None:
    client = api(acme, "customers:write")
    one = send(client).json()
    columns = [{"to": "external_id"}, {"to": "email"}, {"to": "ignore"}, {"to": "attribute:spent"}]
    path = f"/api/v1/imports/{one['id']}/columns"
    refused = client.put(path, {"columns": columns, "ground": "none"}, content_type="application/json")
    assert refused.status_code == 400 and "Spent" in refused.json()["errors"][0]["message"]
    columns[3] = {"to": "new", "key": "spent", "label": "Spent", "kind": "number"}
    assert (
        client.put(path, {"columns": columns, "ground": "none"}, content_type="application/json").status_code
        == 200
    )
    short = client.put(path, {"columns": columns[:2], "ground": "none"}, content_type="application/json")
    assert short.status_code == 400
    assert client.post(f"/api/v1/imports/{one['id']}/cancel").json()["state"] == "cancelled"
    client.post(f"/api/v1/imports/{one['id']}/start")
    with acting_for(acme):
        assert not Attribute.objects.exists() and not Customer.objects.exists()


def test_a_file_that_is_no_table_and_a_body_without_a_file_are_refused(acme: Any, api: Any) -> None:
    client = api(acme, "customers:write")
    empty = send(client, b"")
    assert empty.status_code == 400 and empty.json()["errors"][0]["path"] == "file"
    damaged = send(client, b"PK\x03\x04", "people.xlsx")
    assert damaged.status_code == 400 and "damaged" in damaged.json()["errors"][0]["message"]
    assert client.post("/api/v1/imports", {}, content_type="application/json").status_code == 400


def test_a_test_key_brings_in_test_customers(acme: Any, api: Any) -> None:
    client = api(acme, "customers:write", mode="test")
    assert send(client).json()["mode"] == "test"
