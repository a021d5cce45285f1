import accounts.tenancy.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0007_membership_key'),
        ('segments', '0005_imports'),
    ]

    operations = [
        migrations.CreateModel(
            name='EngineTick',
            fields=[
                ('name', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('looked_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('sent', models.BigIntegerField(default=0)),
                ('fault', models.CharField(blank=True, help_text='What keeps it from sending, while something does.', max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Standstill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(auto_now_add=True)),
                ('reason', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('send_key_id', models.BigIntegerField()),
                ('number', models.BigIntegerField(help_text='The attempt id that fenced it.')),
                ('outcome', models.CharField(choices=[('deferred', 'Put off by the receiving server'), ('refused', 'Refused by the receiving server'), ('unanswered', 'The connection ended before an answer'), ('lost', 'The process ended before writing'), ('unknown', 'The process ended while writing')], max_length=16)),
                ('answer', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, partition_by_month='at', to='accounts.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'send_key_id'], name='attempt_of_key')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('paused', 'Paused'), ('sending', 'Being sent'), ('ambiguous', 'Unknown')], default='queued', max_length=16)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('answer', models.CharField(blank=True, default='', max_length=300)),
                ('possible_duplicate', models.BooleanField(default=False)),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('urgent', models.BooleanField(default=False)),
                ('capped', models.BooleanField(default=True)),
                ('gapped', models.BooleanField(default=False)),
                ('quiet', models.BooleanField(default=True)),
                ('attempt', models.BigIntegerField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('wire_started_at', models.DateTimeField(blank=True, null=True)),
                ('wording_id', models.BigIntegerField()),
                ('customer_id', models.BigIntegerField(blank=True, null=True)),
                ('address', models.CharField(blank=True, default='', max_length=320)),
                ('channel', models.CharField(choices=[('email', 'E-mail')], default='email', max_length=16)),
                ('message_class', models.CharField(choices=[('service', 'Service'), ('relationship', 'Relationship'), ('marketing', 'Marketing')], max_length=16)),
                ('topic', models.CharField(max_length=32)),
                ('mode', models.CharField(default='live', max_length=16)),
                ('origin_kind', models.CharField(max_length=24)),
                ('origin_id', models.BigIntegerField()),
                ('facts', models.JSONField(default=dict)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'queued')), fields=['organization', 'urgent', 'due_at', 'id'], name='message_due'), models.Index(condition=models.Q(('state__in', ['sending', 'ambiguous'])), fields=['organization', 'lease_until'], name='message_lease')],
            },
        ),
        migrations.CreateModel(
            name='Sender',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('address', models.EmailField(max_length=254, verbose_name='address')),
                ('reply_to', models.EmailField(blank=True, max_length=254, verbose_name='replies go to')),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('is_default', models.BooleanField(default=False, verbose_name='used where nothing else is chosen')),
                ('revision', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'address'), name='sender_once'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('organization',), name='sender_one_default')],
            },
        ),
        migrations.CreateModel(
            name='SendingDay',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('claimed', models.PositiveIntegerField(default=0)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'day'), name='sending_day_once')],
            },
        ),
        migrations.CreateModel(
            name='SendKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200)),
                ('channel', models.CharField(choices=[('email', 'E-mail')], default='email', max_length=16)),
                ('message_class', models.CharField(choices=[('service', 'Service'), ('relationship', 'Relationship'), ('marketing', 'Marketing')], max_length=16)),
                ('topic', models.CharField(max_length=32)),
                ('mode', models.CharField(default='live', max_length=16)),
                ('origin_kind', models.CharField(max_length=24)),
                ('origin_id', models.BigIntegerField()),
                ('outcome', models.CharField(choices=[('live', 'On its way'), ('accepted', 'Sent'), ('delivered', 'Delivered'), ('bounced', 'Bounced'), ('complained', 'Complained'), ('skipped', 'Skipped'), ('failed', 'Failed'), ('expired', 'Too late'), ('ambiguous', 'Unknown')], default='live', max_length=16)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('possible_duplicate', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('customer', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='segments.customer')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'origin_kind', 'origin_id'], name='send_key_origin'), models.Index(fields=['organization', 'customer'], name='outreach_se_organiz_7e88b4_idx')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'key'), name='send_key_once'), accounts.tenancy.fields.TenantReference(field='customer', name='outreach_sendkey_customer_id_tenant_fk', set_null=True)],
            },
        ),
        migrations.CreateModel(
            name='SettledMessage',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('wording_id', models.BigIntegerField()),
                ('outcome', models.CharField(max_length=16)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('answer', models.CharField(blank=True, max_length=300)),
                ('possible_duplicate', models.BooleanField(default=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('wire_started_at', models.DateTimeField(blank=True, null=True)),
                ('at', models.DateTimeField()),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, partition_by_month='at', to='accounts.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'at'], name='settled_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('title', models.CharField(blank=True, help_text='The subject without its merge fields.', max_length=200)),
                ('subject', models.TextField()),
                ('html', models.TextField()),
                ('text', models.TextField(blank=True)),
                ('from_name', models.CharField(blank=True, max_length=120)),
                ('from_address', models.EmailField(max_length=254)),
                ('reply_to', models.EmailField(blank=True, max_length=254)),
                ('constants', models.JSONField(default=dict)),
                ('locale', models.CharField(default='en', max_length=16)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'digest'), name='wording_once')],
            },
        ),
    ]
