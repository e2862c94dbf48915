"""What agents speak beside French."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0009_calendar_feed")]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="languages",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=5), blank=True, db_default=[], default=list, size=None,
                verbose_name="langues parlées",
            ),
        ),
    ]  # fmt: skip
