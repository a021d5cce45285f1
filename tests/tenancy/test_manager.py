"""The second lock: the default manager. And the third, behind it."""

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import Count

from accounts.tenancy.context import NoOrganization, acting_for
from accounts.tenancy.forms import TenantModelForm
from accounts.tenancy.models import TenantManager, organization_key
from tests.tenancy.garden.models import Bed, Harvest, Help, Helper, Label, Plant

pytestmark = pytest.mark.django_db
TENANT_MODELS = [model for model in apps.get_models() if organization_key(model)]


@pytest.fixture
def gardens(two: Any) -> Any:
    for organization in two:
        with acting_for(organization):
            roses, herbs = Bed.objects.create(name="roses", sunny=True), Bed.objects.create(name="herbs")
            for number in range(3):
                Plant.objects.create(bed=roses, name=f"rose {number}", shade=herbs if number else None)
            Plant.objects.create(bed=herbs, name="mint")
    return two


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_without_a_context_reads_and_writes_raise(model: type[models.Model]) -> None:
    queryset = model._default_manager.all()
    for act in (
        queryset.count,
        queryset.exists,
        queryset.first,
        queryset.delete,
        lambda: list(queryset.iterator()),
        lambda: queryset.get(pk=1),
        lambda: queryset.update(**{model._meta.pk.name: 1}),
        lambda: queryset.in_bulk([1]),
        lambda: model._base_manager.get(pk=1),
    ):
        with pytest.raises(NoOrganization):
            act()


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_every_tenant_model_has_the_locked_manager(model: Any) -> None:
    assert isinstance(model._default_manager, TenantManager)
    assert isinstance(model._base_manager, TenantManager)
    assert model._default_manager.name == "objects"


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_without_a_context_the_hatch_finds_nothing(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        assert cursor.fetchone() == (0,)
    assert model.unlocked.count() == 0


def test_without_a_context_an_insert_is_refused_by_the_database(acme: Any) -> None:
    with pytest.raises(NoOrganization):
        Bed(name="roses")
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Bed.unlocked.create(organization=acme, name="roses")


def test_each_organization_finds_its_own_rows(gardens: Any) -> None:
    acme, globex = gardens
    with acting_for(acme):
        mine = set(Plant.objects.values_list("id", flat=True))
        assert len(mine) == 4 and set(Plant.unlocked.values_list("id", flat=True)) == mine
    with acting_for(globex):
        assert not Plant.objects.filter(id__in=mine).exists()
        assert not Plant.unlocked.filter(id__in=mine).exists()


def test_a_queryset_built_for_one_and_run_for_another_is_empty(gardens: Any) -> None:
    acme, globex = gardens
    with acting_for(acme):
        bed = Bed.objects.get(name="roses")
        plants = bed.plants.all()
    with acting_for(globex):
        assert list(plants) == []


def test_a_row_of_another_organization_cannot_be_written(gardens: Any) -> None:
    acme, globex = gardens
    with acting_for(acme):
        bed = Bed.objects.get(name="roses")
    with acting_for(globex):
        assert Bed.objects.filter(pk=bed.pk).update(name="taken") == 0
        assert Bed.unlocked.filter(pk=bed.pk).delete()[0] == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Bed.unlocked.create(organization=acme, name="planted")


def test_a_row_cannot_move_to_another_organization(gardens: Any) -> None:
    acme, globex = gardens
    with (
        acting_for(acme),
        pytest.raises(DatabaseError, match="stays with its organization"),
        transaction.atomic(),
    ):
        Helper.objects.create(name="gnome")
        Helper.unlocked.update(organization=globex.pk)


@pytest.mark.django_db(transaction=True)
def test_not_even_the_operator_moves_a_row(gardens: Any, operator: Any) -> None:
    acme, globex = gardens
    with acting_for(acme):
        Harvest.objects.create(plant=Plant.objects.first(), weight=1)
    for table in ("garden_bed", "garden_harvest"):
        with pytest.raises(psycopg.errors.CheckViolation, match="stays with its organization"):
            operator.execute(
                f"UPDATE {table} SET organization_id = %s WHERE organization_id = %s", (globex.pk, acme.pk)
            )
        operator.rollback()


def test_counting_relations_groups_by_all_columns(gardens: Any) -> None:
    with acting_for(gardens[0]):
        counted = {bed.name: bed.n for bed in Bed.objects.annotate(n=Count("plants"))}
    assert counted == {"roses": 3, "herbs": 1}


def test_relations_join_on_the_organization_too(gardens: Any) -> None:
    with acting_for(gardens[0]):
        statement = str(Plant.objects.filter(bed__sunny=True).query)
        assert '"garden_plant"."organization_id" = ("garden_bed"."organization_id")' in statement or (
            '"garden_plant"."organization_id" = "garden_bed"."organization_id"' in statement
        )


def test_fifteen_shapes_of_relation_agree_with_plain_python(gardens: Any) -> None:
    with acting_for(gardens[0]):
        roses = Bed.objects.get(name="roses")
        rose = roses.plants.order_by("id").first()
        Label.objects.create(plant=rose, text="red")
        helper = Helper.objects.create(name="bee")
        rose.helpers.add(helper, through_defaults={})
        shapes = {
            "forward": Plant.objects.filter(bed__name="roses").count(),
            "reverse": Bed.objects.filter(plants__name="mint").count(),
            "nullable": Plant.objects.filter(shade__name="herbs").count(),
            "is null": Plant.objects.filter(shade__isnull=True).count(),
            "exclude": Plant.objects.exclude(bed__name="roses").count(),
            "exclude reverse": Bed.objects.exclude(plants__name="mint").count(),
            "exclude nullable": Plant.objects.exclude(shade__name="herbs").count(),
            "select_related": len([p.bed.name for p in Plant.objects.select_related("bed", "shade")]),
            "prefetch": sum(len(bed.plants.all()) for bed in Bed.objects.prefetch_related("plants")),
            "one to one": Plant.objects.filter(label__text="red").count(),
            "one to one reverse": len(
                [p for p in Plant.objects.select_related("label") if hasattr(p, "label")]
            ),
            "many to many": Plant.objects.filter(helpers__name="bee").count(),
            "many to many reverse": helper.plant_set.count(),
            "subquery": Plant.objects.filter(bed__in=Bed.objects.sunny()).count(),
            "update over": Plant.objects.filter(bed__name="herbs").update(name="thyme"),
        }
    assert shapes == {
        "forward": 3,
        "reverse": 1,
        "nullable": 2,
        "is null": 2,
        "exclude": 1,
        "exclude reverse": 1,
        "exclude nullable": 2,
        "select_related": 4,
        "prefetch": 4,
        "one to one": 1,
        "one to one reverse": 1,
        "many to many": 1,
        "many to many reverse": 1,
        "subquery": 3,
        "update over": 1,
    }


def test_many_to_many_through_a_tenant_model_can_be_set(gardens: Any) -> None:
    with acting_for(gardens[0]):
        plant = Plant.objects.get(name="mint")
        bee, gnome = Helper.objects.create(name="bee"), Helper.objects.create(name="gnome")
        plant.helpers.set([bee, gnome])
        plant.helpers.set([gnome])
        plant.helpers.add(gnome)
        assert [help.helper.name for help in Help.objects.all()] == ["gnome"]


def test_upsert_by_the_natural_key_and_by_id(gardens: Any) -> None:
    with acting_for(gardens[0]):
        Bed.objects.bulk_create(
            [Bed(name="roses", sunny=False), Bed(name="ferns")],
            update_conflicts=True,
            update_fields=["sunny"],
            unique_fields=["organization", "name"],
        )
        assert dict(Bed.objects.values_list("name", "sunny")) == {
            "roses": False,
            "herbs": False,
            "ferns": False,
        }
        roses = Bed.objects.get(name="roses")
        roses.sunny = True
        Bed.objects.bulk_create(
            [roses], update_conflicts=True, update_fields=["sunny"], unique_fields=["organization", "id"]
        )
        assert Bed.objects.sunny().count() == 1
    with acting_for(gardens[1]):
        assert Bed.objects.sunny().count() == 1


def test_deleting_takes_what_belongs_to_it_and_blanks_what_points_to_it(gardens: Any) -> None:
    with acting_for(gardens[0]):
        Bed.objects.get(name="herbs").delete()
        assert Plant.objects.count() == 3
        assert not Plant.objects.filter(shade__isnull=False).exists()
    with acting_for(gardens[1]):
        assert Plant.objects.count() == 4


def test_the_database_itself_blanks_a_key_when_its_target_goes(gardens: Any) -> None:
    with acting_for(gardens[0]):
        herbs = Bed.objects.get(name="herbs")
        Plant.objects.filter(bed=herbs).delete()
        Bed.objects.filter(pk=herbs.pk)._raw_delete("default")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert Plant.objects.filter(shade=None).count() == 3


class BedForm(TenantModelForm):
    class Meta:
        model = Bed
        fields = ["name"]


def test_a_form_sees_a_duplicate_and_does_not_speak_of_organizations(gardens: Any) -> None:
    with acting_for(gardens[0]):
        form = BedForm({"name": "roses"})
        assert not form.is_valid()
        assert "rganization" not in str(form.errors) and "Name already exists" in str(form.errors)
        assert BedForm({"name": "tulips"}).is_valid()


def test_a_foreign_row_and_a_missing_row_are_refused_with_the_same_error(gardens: Any) -> None:
    acme, globex = gardens
    with acting_for(globex):
        foreign = Bed.objects.get(name="roses").pk
    errors = []
    with acting_for(acme):
        for pk in (foreign, 10**9):
            with pytest.raises(IntegrityError) as caught, transaction.atomic():
                Plant.objects.create(bed_id=pk, name="weed")
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            errors.append(str(caught.value).replace(str(pk), "N"))
    assert errors[0] == errors[1]


def test_two_organizations_may_use_the_same_name(gardens: Any) -> None:
    for organization in gardens:
        with acting_for(organization):
            assert Bed.objects.filter(name="roses").count() == 1
