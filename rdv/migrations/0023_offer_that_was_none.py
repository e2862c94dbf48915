"""An offer taken back at once, or whose message never left, does not bar its hour for that person."""

from django.db import migrations, models

NAME = "offre_never_the_same_hour_twice"
FIELDS = ["inscription", "starts_at", "site", "first_agent"]


class Migration(migrations.Migration):
    dependencies = [("rdv", "0022_motifs_alike")]

    operations = [
        migrations.RemoveConstraint("offre", NAME),
        migrations.AddConstraint(
            "offre",
            models.UniqueConstraint(
                fields=FIELDS,
                condition=~models.Q(reason__in=["annulation défaite", "message jamais parti"]),
                name=NAME,
            ),
        ),
    ]
