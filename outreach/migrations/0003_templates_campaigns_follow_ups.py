"""Words, whom they go to, and what follows an answer."""

import accounts.models.fields
import accounts.tenancy.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_membership_key'),
        ('outreach', '0002_the_hot_table'),
        ('segments', '0005_imports'),
        ('surveys', '0004_versions_are_immutable'),
    ]

    operations = [
        migrations.CreateModel(
            name='Template',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('edited_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True, verbose_name='deleted at')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('message_class', models.CharField(choices=[('service', 'Service'), ('relationship', 'Relationship'), ('marketing', 'Marketing')], default='relationship', max_length=16, verbose_name='class')),
                ('channel', models.CharField(choices=[('email', 'E-mail')], default='email', max_length=16)),
                ('default_locale', models.CharField(default='en', max_length=16, verbose_name='default language')),
                ('subject', accounts.models.fields.LocaleMap(blank=True, default=dict, verbose_name='subject')),
                ('body', accounts.models.fields.LocaleMap(blank=True, default=dict, verbose_name='text')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('edited_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('edited_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True, verbose_name='deleted at')),
                ('category', models.CharField(choices=[('promoter', 'Promoters, 9 and 10'), ('passive', 'Passives, 7 and 8'), ('detractor', 'Detractors, 0 to 6')], max_length=10)),
                ('enabled', models.BooleanField(default=False, verbose_name='on')),
                ('delay_minutes', models.PositiveIntegerField(default=10, verbose_name='wait, in minutes')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('edited_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('template', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='outreach.template')),
            ],
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('edited_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True, verbose_name='deleted at')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('scheduled', 'Scheduled'), ('sending', 'Sending'), ('paused', 'Paused'), ('stopped', 'Stopped'), ('finished', 'Finished')], default='draft', max_length=12)),
                ('mode', models.CharField(default='live', max_length=8)),
                ('message_class', models.CharField(blank=True, max_length=16)),
                ('content', models.JSONField(blank=True, default=dict)),
                ('scheduled_at', models.DateTimeField(blank=True, null=True, verbose_name='send at')),
                ('launched_at', models.DateTimeField(blank=True, null=True)),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('chosen_upto', models.BigIntegerField(blank=True, null=True)),
                ('audience', models.PositiveIntegerField(blank=True, null=True)),
                ('run', models.PositiveSmallIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('changed', accounts.tenancy.fields.ChangeNumber()),
                ('edited_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('launched_by', accounts.tenancy.fields.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('segment', accounts.tenancy.fields.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='segments.segment')),
                ('sender', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outreach.sender')),
                ('template', accounts.tenancy.fields.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='outreach.template')),
            ],
        ),
        migrations.AddConstraint(
            model_name='template',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('organization', 'name'), name='template_name_once', violation_error_message='There is already a template with this name.'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(fields=['organization', 'template'], name='outreach_fo_organiz_09f551_idx'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.UniqueConstraint(fields=('organization', 'category'), name='follow_up_category_once'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(('enabled', False), ('template__isnull', False), _connector='OR'), name='follow_up_on_has_template'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=accounts.tenancy.fields.TenantReference(field='template', name='outreach_followup_template_id_tenant_fk'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['organization', 'state'], name='campaign_state'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['organization', 'template'], name='outreach_ca_organiz_136646_idx'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['organization', 'segment'], name='outreach_ca_organiz_5e3de6_idx'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['organization', 'sender'], name='outreach_ca_organiz_139a52_idx'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['organization', 'launched_by'], name='outreach_ca_organiz_836e22_idx'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['organization', 'changed', 'id'], name='outreach_ca_organiz_4c11eb_idx'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'scheduled'), _negated=True), ('scheduled_at__isnull', False), _connector='OR'), name='campaign_scheduled_has_hour'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=accounts.tenancy.fields.TenantReference(field='template', name='outreach_campaign_template_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=accounts.tenancy.fields.TenantReference(field='segment', name='outreach_campaign_segment_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=accounts.tenancy.fields.TenantReference(field='sender', name='outreach_campaign_sender_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=accounts.tenancy.fields.TenantReference(field='launched_by', name='outreach_campaign_launched_by_id_tenant_fk', set_null=True),
        ),
    ]
