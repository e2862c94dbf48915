"""Kilometres of a wish may count from a commune or a place: most files have no address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rdv", "0020_liberation_failed_at")]

    operations = [
        migrations.AddField("inscription", "near_latitude", models.FloatField(blank=True, null=True)),
        migrations.AddField("inscription", "near_longitude", models.FloatField(blank=True, null=True)),
        migrations.AddField(
            "inscription",
            "near_name",
            models.CharField(blank=True, db_default="", default="", max_length=120, verbose_name="distances depuis"),
        ),
        migrations.AddConstraint(
            "inscription",
            models.CheckConstraint(
                condition=models.Q(near_latitude__isnull=True, near_longitude__isnull=True)
                | models.Q(near_latitude__range=(-90, 90), near_longitude__range=(-180, 180), radius_km__isnull=False),
                name="inscription_near_is_whole",
            ),
        ),
    ]
