"""Unhappy customers being cared for, and who is told of them."""

import accounts.tenancy.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0003_templates_campaigns_follow_ups'),
    ]

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('edited_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True, verbose_name='deleted at')),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('new', 'New'), ('in_contact', 'In contact'), ('waiting', 'Waiting for customer'), ('closed', 'Closed')], default='new', max_length=12)),
                ('mode', models.CharField(default='live', max_length=8)),
                ('opened_how', models.CharField(choices=[('rule', 'by the rule for detractors'), ('member', 'by a member'), ('key', 'through the API')], default='rule', max_length=8)),
                ('score', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('first_contact_at', models.DateTimeField(blank=True, null=True)),
                ('waiting_since', models.DateTimeField(blank=True, null=True)),
                ('late_told_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('cause', models.CharField(blank=True, max_length=120, verbose_name='root cause')),
                ('outcome', models.CharField(blank=True, choices=[('solved', 'Solved'), ('not_solved', 'Not solved'), ('no_answer', 'The customer did not answer'), ('not_ours', 'Nothing we can change')], max_length=12, verbose_name='outcome')),
                ('changed', accounts.tenancy.fields.ChangeNumber()),
                ('closed_by', accounts.tenancy.fields.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership')),
                ('customer', accounts.tenancy.fields.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='segments.customer')),
                ('edited_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('owner', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='accounts.membership')),
                ('response', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='surveys.response')),
                ('unit', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('detractor', 'An unhappy customer'), ('case_late', 'A case is late'), ('case_given', 'A case was given to you')], max_length=12)),
                ('occasion', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('mailed', models.BooleanField(default=False)),
                ('membership', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='accounts.membership')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('response', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='surveys.response')),
                ('case', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='outreach.case')),
            ],
        ),
        migrations.CreateModel(
            name='CaseDraft',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField(blank=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('case', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='outreach.case')),
                ('membership', accounts.tenancy.fields.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
        ),
        migrations.CreateModel(
            name='CaseEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('opened', 'Case opened'), ('taken', 'Taken'), ('assigned', 'Given'), ('noted', 'Note'), ('replied', 'Written by e-mail'), ('called', 'Called'), ('answered', 'Customer answered'), ('waiting', 'Waiting for customer'), ('resumed', 'Clock runs again'), ('closed', 'Closed'), ('reopened', 'Reopened')], max_length=10)),
                ('at', models.DateTimeField()),
                ('by_name', models.CharField(blank=True, max_length=120)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField(blank=True)),
                ('facts', models.JSONField(blank=True, default=dict)),
                ('by', accounts.tenancy.fields.TenantForeignKey(blank=True, indexed=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership')),
                ('case', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='outreach.case')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('send_key', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outreach.sendkey')),
            ],
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'state', 'due_at'], name='case_queue'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'owner', 'state'], name='case_of_owner'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'opened_at'], name='case_opened'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'customer'], name='outreach_ca_organiz_bc05ae_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'response'], name='outreach_ca_organiz_10a356_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'unit'], name='outreach_ca_organiz_45ce8a_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'closed_by'], name='outreach_ca_organiz_4fde6d_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'changed', 'id'], name='outreach_ca_organiz_df7aef_idx'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(fields=('organization', 'number'), name='case_number_once'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('response__isnull', False)), fields=('organization', 'response'), name='case_once_per_response'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='case_closed_has_instant'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=accounts.tenancy.fields.TenantReference(field='customer', name='outreach_case_customer_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=accounts.tenancy.fields.TenantReference(field='response', name='outreach_case_response_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=accounts.tenancy.fields.TenantReference(field='unit', name='outreach_case_unit_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=accounts.tenancy.fields.TenantReference(field='owner', name='outreach_case_owner_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=accounts.tenancy.fields.TenantReference(field='closed_by', name='outreach_case_closed_by_id_tenant_fk', set_null=True),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['organization', 'membership', '-at'], name='alert_of_member'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['organization', 'response'], name='outreach_al_organiz_2c6faf_idx'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['organization', 'case'], name='outreach_al_organiz_070669_idx'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('organization', 'membership', 'kind', 'occasion'), name='alert_once_per_member'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=accounts.tenancy.fields.TenantReference(field='membership', name='outreach_alert_membership_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=accounts.tenancy.fields.TenantReference(field='response', name='outreach_alert_response_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=accounts.tenancy.fields.TenantReference(field='case', name='outreach_alert_case_id_tenant_fk'),
        ),
        migrations.AddIndex(
            model_name='casedraft',
            index=models.Index(fields=['organization', 'membership'], name='outreach_ca_organiz_bdf0a1_idx'),
        ),
        migrations.AddConstraint(
            model_name='casedraft',
            constraint=models.UniqueConstraint(fields=('organization', 'case', 'membership'), name='case_draft_once'),
        ),
        migrations.AddConstraint(
            model_name='casedraft',
            constraint=accounts.tenancy.fields.TenantReference(field='case', name='outreach_casedraft_case_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='casedraft',
            constraint=accounts.tenancy.fields.TenantReference(field='membership', name='outreach_casedraft_membership_id_tenant_fk'),
        ),
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(fields=['organization', 'case', 'at'], name='case_event_order'),
        ),
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(fields=['organization', 'send_key'], name='outreach_ca_organiz_06c0c9_idx'),
        ),
        migrations.AddConstraint(
            model_name='caseevent',
            constraint=accounts.tenancy.fields.TenantReference(field='case', name='outreach_caseevent_case_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='caseevent',
            constraint=accounts.tenancy.fields.TenantReference(field='by', name='outreach_caseevent_by_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='caseevent',
            constraint=accounts.tenancy.fields.TenantReference(field='send_key', name='outreach_caseevent_send_key_id_tenant_fk'),
        ),
    ]
