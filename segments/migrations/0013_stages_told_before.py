from django.db import migrations


class Migration(migrations.Migration):
    """Stages that stand there were told by the business: the rules leave them as they are."""

    dependencies = [("segments", "0012_stages")]

    operations = [
        migrations.RunSQL(
            "UPDATE segments_customer SET stage_told = true WHERE stage <> ''", migrations.RunSQL.noop
        )
    ]
