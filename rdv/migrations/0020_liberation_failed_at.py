"""A noted hour that could not be looked at goes behind the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rdv", "0019_wish_of_language")]

    operations = [
        migrations.AddField(
            model_name="liberation",
            name="failed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
