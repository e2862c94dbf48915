"""Files asked for by agents (model Export); no row links two départements."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from rdv.core.db import tenant_fk


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0007_waitlist_policy'),
        ('rdv', '0011_occupation_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('asked_at', models.DateTimeField()),
                ('format', models.CharField(choices=[('xlsx', 'Tableur (XLSX, pour Excel ou LibreOffice)'), ('csv', 'Texte (CSV, pour un autre logiciel)')], max_length=4)),
                ('filters', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('asked', 'En attente'), ('running', 'En préparation'), ('ready', 'Prêt'), ('failed', 'Pas abouti'), ('expired', 'Effacé')], default='asked', max_length=7)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('row_count', models.PositiveIntegerField(null=True)),
                ('file_name', models.CharField(blank=True, max_length=60)),
                ('byte_size', models.PositiveBigIntegerField(null=True)),
                ('rights', models.JSONField(default=dict)),
                ('expires_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('departement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.departement')),
            ],
            options={
                'indexes': [models.Index(fields=['asked_by', '-asked_at'], name='export_asked_by'), models.Index(condition=models.Q(('state__in', ('asked', 'running'))), fields=['asked_at'], name='export_pending')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), models.Q(('byte_size__isnull', False), ('expires_at__isnull', False), ('row_count__isnull', False), models.Q(('file_name', ''), _negated=True)), _connector='OR'), name='export_ready_has_its_file')],
            },
        ),
        tenant_fk("rdv_export", "asked_by_id", "agents_agent"),
    ]
