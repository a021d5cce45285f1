import accounts.models.fields
import accounts.tenancy.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0006_news_and_doorbells'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('edited_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True, verbose_name='deleted at')),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('relationship', 'Relationship'), ('transactional', 'After a touchpoint'), ('employee', 'Employees')], default='relationship', max_length=20)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('live', 'Live'), ('archived', 'Archived')], default='draft', max_length=10)),
                ('default_locale', models.CharField(default='en', max_length=12)),
                ('locales', models.JSONField(blank=True, default=list)),
                ('touchpoint', models.CharField(blank=True, max_length=80)),
                ('anonymous', models.BooleanField(default=False)),
                ('open_link', models.BooleanField(default=False)),
                ('edit_days', models.PositiveSmallIntegerField(default=7)),
                ('thanks_promoter', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('thanks_passive', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('thanks_detractor', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('latest_version', models.PositiveIntegerField(default=0)),
                ('draft_changes', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edited_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.SlugField(db_index=False, max_length=40)),
                ('kind', models.CharField(choices=[('nps', 'How likely to recommend, 0 to 10'), ('text', 'Own words'), ('choice', 'Choice'), ('rating', 'Rating')], max_length=12)),
                ('text', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('hint', accounts.models.fields.LocaleMap(blank=True, default=dict)),
                ('required', models.BooleanField(default=False)),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('shown_to', models.JSONField(blank=True, default=dict)),
                ('starts_page', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('counting', models.BooleanField(default=False)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('survey', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='surveys.survey')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Appearance',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('brand_colour', models.CharField(blank=True, max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}$', 'A colour is written #5A2A4B.')])),
                ('show_name', models.BooleanField(default=True)),
                ('logo', accounts.tenancy.fields.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.storedfile')),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('survey', accounts.tenancy.fields.TenantOneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='appearance', to='surveys.survey')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('definition', models.JSONField()),
                ('counting_question', models.CharField(blank=True, max_length=40)),
                ('published_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', accounts.tenancy.fields.OrganizationKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.organization')),
                ('published_by', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('survey', accounts.tenancy.fields.TenantForeignKey(indexed=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='surveys.survey')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddIndex(
            model_name='survey',
            index=models.Index(fields=['organization', '-created_at'], name='survey_newest'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(fields=('organization', 'survey', 'key'), name='question_key_once'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(condition=models.Q(('counting', True)), fields=('organization', 'survey'), name='question_one_counting'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.CheckConstraint(condition=models.Q(('counting', False), ('kind', 'nps'), _connector='OR'), name='question_only_nps_counts'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=accounts.tenancy.fields.TenantReference(field='survey', name='surveys_question_survey_id_tenant_fk'),
        ),
        migrations.AddIndex(
            model_name='appearance',
            index=models.Index(fields=['organization', 'logo'], name='surveys_app_organiz_545f08_idx'),
        ),
        migrations.AddConstraint(
            model_name='appearance',
            constraint=accounts.tenancy.fields.TenantReference(field='survey', name='surveys_appearance_survey_id_tenant_fk'),
        ),
        migrations.AddConstraint(
            model_name='appearance',
            constraint=models.UniqueConstraint(fields=('organization', 'survey'), name='surveys_appearance_survey_id_one'),
        ),
        migrations.AddConstraint(
            model_name='appearance',
            constraint=accounts.tenancy.fields.TenantReference(field='logo', name='surveys_appearance_logo_id_tenant_fk', set_null=True),
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=models.UniqueConstraint(fields=('organization', 'survey', 'number'), name='version_number_once'),
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=accounts.tenancy.fields.TenantReference(field='survey', name='surveys_version_survey_id_tenant_fk'),
        ),
    ]
