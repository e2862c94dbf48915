"""Who waits may ask for a language."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rdv", "0018_confirmation_valid"), ("agents", "0010_languages")]

    operations = [
        migrations.AddField(
            model_name="inscription",
            name="language",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=5, verbose_name="langue parlée"
            ),
        ),
    ]
