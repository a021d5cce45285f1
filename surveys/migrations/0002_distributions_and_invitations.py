import accounts.models.fields
import accounts.tenancy.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_news_and_doorbells'),
        ('segments', '0005_imports'),
        ('surveys', '0001_surveys_and_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Distribution',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('edited_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True, verbose_name='deleted at')),
                ('name', models.CharField(max_length=120)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('link', 'Link')], default='email', max_length=10)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('scheduled', 'Scheduled'), ('launching', 'Being launched'), ('running', 'Running'), ('stopped', 'Stopped')], default='draft', max_length=10)),
                ('scheduled_at', models.DateTimeField(blank=True, null=True)),
                ('touchpoint', models.CharField(blank=True, max_length=80)),
                ('subject', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('intro', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('sampling_percent', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('expires_after_days', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('anonymous', models.BooleanField(default=False)),
                ('mode', models.CharField(choices=[('live', 'live'), ('test', 'test'), ('imported', 'imported'), ('demo', 'demo')], default='live', max_length=10)),
                ('launched_upto', models.BigIntegerField(default=0)),
                ('launched_at', models.DateTimeField(blank=True, null=True)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edited_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('segment', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segments.segment')),
                ('stopped_by', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('survey', accounts.tenancy.fields.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='distributions', to='surveys.survey')),
                ('version', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='distributions', to='surveys.version')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mode', models.CharField(choices=[('live', 'live'), ('test', 'test'), ('imported', 'imported'), ('demo', 'demo')], default='live', max_length=10)),
                ('source', models.CharField(default='distribution', max_length=20)),
                ('locale', models.CharField(blank=True, max_length=12)),
                ('generation', models.PositiveSmallIntegerField(default=1)),
                ('token_hash', models.BinaryField(blank=True, default=b'', max_length=32)),
                ('outcome', models.CharField(choices=[('waiting', 'Waiting to be sent'), ('sent', 'Sent'), ('skipped', 'Not asked'), ('failed', 'Could not be delivered'), ('unknown', 'Sent, outcome unknown')], default='waiting', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=60)),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('customer', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations', to='segments.customer')),
                ('distribution', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='surveys.distribution')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('unit', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.unit')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='distribution',
            index=models.Index(fields=['organization', '-created_at'], name='distribution_newest'),
        ),
        migrations.AddIndex(
            model_name='distribution',
            index=models.Index(condition=models.Q(('state__in', ['scheduled', 'launching'])), fields=['organization', 'scheduled_at'], name='distribution_due'),
        ),
        migrations.AddIndex(
            model_name='distribution',
            index=models.Index(fields=['organization', 'survey'], name='surveys_dis_organiz_86bc18_idx'),
        ),
        migrations.AddIndex(
            model_name='distribution',
            index=models.Index(fields=['organization', 'version'], name='surveys_dis_organiz_66f074_idx'),
        ),
        migrations.AddIndex(
            model_name='distribution',
            index=models.Index(fields=['organization', 'segment'], name='surveys_dis_organiz_612755_idx'),
        ),
        migrations.AddConstraint(
            model_name='distribution',
            constraint=models.CheckConstraint(condition=models.Q(('sampling_percent__gte', 1), ('sampling_percent__lte', 100)), name='distribution_sampling_percent'),
        ),
        migrations.AddConstraint(
            model_name='distribution',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['running', 'launching']), _negated=True), ('version__isnull', False), _connector='OR'), name='distribution_runs_a_version'),
        ),
        migrations.AddConstraint(
            model_name='distribution',
            constraint=accounts.tenancy.fields.TenantReference(field='survey', name='surveys_distribution_survey_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='distribution',
            constraint=accounts.tenancy.fields.TenantReference(field='version', name='surveys_distribution_version_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='distribution',
            constraint=accounts.tenancy.fields.TenantReference(field='segment', name='surveys_distribution_segment_id_tenant_fk'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['organization', 'distribution', 'outcome'], name='invitation_outcome'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['organization', 'customer', '-issued_at'], name='invitation_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('source', 'distribution')), fields=('organization', 'distribution', 'customer'), name='invitation_once_per_customer'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=accounts.tenancy.fields.TenantReference(field='distribution', name='surveys_invitation_distribution_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=accounts.tenancy.fields.TenantReference(field='customer', name='surveys_invitation_customer_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=accounts.tenancy.fields.TenantReference(field='unit', name='surveys_invitation_unit_id_tenant_fk', set_null=True),
        ),
    ]
