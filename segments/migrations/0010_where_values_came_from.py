import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('segments', '0009_two_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='recorded_at',
            # Of those who were there before nobody knows; a default comes after, for new rows only.
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="customer",
            name="recorded_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='customerkey',
            name='seen_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
