"""Rdv taken together for one person who comes back. No row links two départements."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from rdv.core.db import tenant_fk, tenant_key


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0009_calendar_feed'),
        ('rdv', '0015_merged_files'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Serie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('rule', models.CharField(max_length=120, verbose_name='rythme demandé, en mots')),
                ('created_at', models.DateTimeField()),
                ('created_by_kind', models.CharField(max_length=8)),
                ('created_by_id', models.BigIntegerField(null=True)),
                ('departement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.departement')),
            ],
        ),
        migrations.AddField(
            model_name='rdv',
            name='serie',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rdvs', to='rdv.serie'),
        ),
        migrations.AddIndex(
            model_name='rdv',
            index=models.Index(condition=models.Q(('serie__isnull', False)), fields=['serie'], name='rdv_of_serie'),
        ),
        tenant_key("rdv_serie"),
        tenant_fk("rdv_rdv", "serie_id", "rdv_serie"),
    ]
