from django.apps import AppConfig


class GardenConfig(AppConfig):
    """Tenant models of every shape that the product may one day need; in the test settings only."""

    name = "tests.tenancy.garden"
    label = "garden"
