"""Two files made one (Fusion), pairs that may be one person (Doublon), and the mark of a file made one with another."""
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models

from rdv.core.db import tenant_fk


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0007_waitlist_policy'),
        ('usagers', '0003_search_and_erasure'),
    ]

    operations = [
        migrations.CreateModel(
            name='Doublon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), size=None)),
                ('weight', models.PositiveSmallIntegerField()),
                ('found_at', models.DateTimeField()),
                ('distinct_at', models.DateTimeField(null=True)),
                ('distinct_by', models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name='Fusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('at', models.DateTimeField()),
                ('by_id', models.BigIntegerField(null=True)),
                ('by_label', models.CharField(max_length=120)),
                ('changes', models.JSONField(default=list)),
                ('undone_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='usager',
            name='compared_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='usager',
            name='merged_into',
            field=models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='absorbed', to='usagers.usager'),
        ),
        migrations.AddIndex(
            model_name='usager',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='usager_absorbed'),
        ),
        migrations.AddIndex(
            model_name='usager',
            index=models.Index(condition=models.Q(('compared_at__isnull', True), ('erased_at__isnull', True), ('merged_into__isnull', True)), fields=['id'], name='usager_to_compare'),
        ),
        migrations.AddConstraint(
            model_name='usager',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='usager_not_merged_into_itself'),
        ),
        migrations.AddField(
            model_name='doublon',
            name='departement',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.departement'),
        ),
        migrations.AddField(
            model_name='doublon',
            name='first',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='usagers.usager'),
        ),
        migrations.AddField(
            model_name='doublon',
            name='second',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='usagers.usager'),
        ),
        migrations.AddField(
            model_name='fusion',
            name='departement',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.departement'),
        ),
        migrations.AddField(
            model_name='fusion',
            name='kept',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fusions', to='usagers.usager'),
        ),
        migrations.AddField(
            model_name='fusion',
            name='merged',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usagers.usager'),
        ),
        migrations.AddIndex(
            model_name='doublon',
            index=models.Index(condition=models.Q(('distinct_at__isnull', True)), fields=['departement', '-weight', '-found_at', 'id'], name='doublon_to_look_at'),
        ),
        migrations.AddIndex(
            model_name='doublon',
            index=models.Index(condition=models.Q(('distinct_at__isnull', False)), fields=['departement', '-distinct_at'], name='doublon_distinct'),
        ),
        migrations.AddConstraint(
            model_name='doublon',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='doublon_once'),
        ),
        migrations.AddConstraint(
            model_name='doublon',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='doublon_older_first'),
        ),
        migrations.AddIndex(
            model_name='fusion',
            index=models.Index(fields=['kept', '-at'], name='fusion_kept'),
        ),
        migrations.AddIndex(
            model_name='fusion',
            index=models.Index(condition=models.Q(('changes', []), _negated=True), fields=['at'], name='fusion_to_forget'),
        ),
        migrations.AddConstraint(
            model_name='fusion',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('merged',), name='fusion_one_live_per_file'),
        ),
        migrations.AddConstraint(
            model_name='fusion',
            constraint=models.CheckConstraint(condition=models.Q(('kept', models.F('merged')), _negated=True), name='fusion_not_oneself'),
        ),
        tenant_fk("usagers_usager", "merged_into_id", "usagers_usager"),
        tenant_fk("usagers_fusion", "kept_id", "usagers_usager"),
        tenant_fk("usagers_fusion", "merged_id", "usagers_usager"),
        tenant_fk("usagers_doublon", "first_id", "usagers_usager"),
        tenant_fk("usagers_doublon", "second_id", "usagers_usager"),
    ]
