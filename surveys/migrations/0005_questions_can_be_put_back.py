"""A question taken out of a draft waits for an undo until the next version is published."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0004_versions_are_immutable")]

    operations = [
        migrations.RemoveConstraint(model_name="question", name="question_one_counting"),
        migrations.AddField(
            model_name="question",
            name="removed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(
                fields=["organization", "survey"],
                condition=models.Q(counting=True, removed_at=None),
                name="question_one_counting",
            ),
        ),
    ]
