import accounts.tenancy.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_news_and_doorbells'),
        ('segments', '0005_imports'),
        ('surveys', '0002_distributions_and_invitations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('anonymous', models.BooleanField(default=False)),
                ('mode', models.CharField(choices=[('live', 'live'), ('test', 'test'), ('imported', 'imported'), ('demo', 'demo')], default='live', max_length=10)),
                ('source', models.CharField(choices=[('invitation', 'Invited'), ('open', 'Open link'), ('api', 'API'), ('import', 'Import')], default='invitation', max_length=12)),
                ('channel', models.CharField(default='email', max_length=20)),
                ('touchpoint', models.CharField(blank=True, max_length=80)),
                ('language', models.CharField(blank=True, max_length=12)),
                ('stage', models.CharField(blank=True, max_length=40)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('state', models.CharField(choices=[('partial', 'Partial'), ('complete', 'Complete')], default='complete', max_length=10)),
                ('pages_sent', models.PositiveSmallIntegerField(default=1)),
                ('score', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('comment', models.TextField(blank=True)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('settles_at', models.DateTimeField(blank=True, null=True)),
                ('excluded_at', models.DateTimeField(blank=True, null=True)),
                ('exclusion_reason', models.CharField(blank=True, max_length=200)),
                ('set_aside_at', models.DateTimeField(blank=True, null=True)),
                ('suspicion', models.CharField(blank=True, max_length=200)),
                ('external_id', models.CharField(blank=True, max_length=120, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed', accounts.tenancy.fields.ChangeNumber()),
                ('customer', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='responses', to='segments.customer')),
                ('distribution', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='responses', to='surveys.distribution')),
                ('excluded_by', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invitation', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='responses', to='surveys.invitation')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('survey', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='surveys.survey')),
                ('unit', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.unit')),
                ('version', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='surveys.version')),
            ],
            options={
                'ordering': ['-answered_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('question', models.CharField(max_length=40)),
                ('kind', models.CharField(max_length=12)),
                ('number', models.SmallIntegerField(blank=True, null=True)),
                ('text', models.TextField(blank=True)),
                ('choices', models.JSONField(blank=True, default=list)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('response', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='surveys.response')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ResponseEdit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('before', models.JSONField()),
                ('by', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('response', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='surveys.response')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['organization', 'survey', 'answered_at'], include=('score', 'customer'), name='response_of_survey'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['organization', 'answered_at'], include=('score',), name='response_by_time'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['organization', 'customer', 'answered_at'], name='response_of_customer'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(condition=models.Q(('settles_at__isnull', False)), fields=['organization', 'settles_at'], name='response_to_settle'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['organization', 'distribution'], name='surveys_res_organiz_01fc5a_idx'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['organization', 'changed', 'id'], name='surveys_res_organiz_fcafe4_idx'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.UniqueConstraint(fields=('organization', 'invitation'), name='response_once_per_invitation'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.UniqueConstraint(fields=('organization', 'survey', 'external_id'), name='response_external_id_once'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.CheckConstraint(condition=models.Q(('score__isnull', True), ('score__lte', 10), _connector='OR'), name='response_score_0_to_10'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.CheckConstraint(condition=models.Q(('anonymous', False), models.Q(('customer__isnull', True), ('invitation__isnull', True)), _connector='OR'), name='response_anonymous_keeps_no_link'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=accounts.tenancy.fields.TenantReference(field='survey', name='surveys_response_survey_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=accounts.tenancy.fields.TenantReference(field='version', name='surveys_response_version_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=accounts.tenancy.fields.TenantReference(field='distribution', name='surveys_response_distribution_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=accounts.tenancy.fields.TenantReference(field='invitation', name='surveys_response_invitation_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=accounts.tenancy.fields.TenantReference(field='customer', name='surveys_response_customer_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=accounts.tenancy.fields.TenantReference(field='unit', name='surveys_response_unit_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.UniqueConstraint(fields=('organization', 'response', 'question'), name='answer_once_per_question'),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=accounts.tenancy.fields.TenantReference(field='response', name='surveys_answer_response_id_tenant_fk'),
        ),
        migrations.AddIndex(
            model_name='responseedit',
            index=models.Index(fields=['organization', 'response', 'at'], name='response_edit_in_order'),
        ),
        migrations.AddConstraint(
            model_name='responseedit',
            constraint=accounts.tenancy.fields.TenantReference(field='response', name='surveys_responseedit_response_id_tenant_fk'),
        ),
    ]
