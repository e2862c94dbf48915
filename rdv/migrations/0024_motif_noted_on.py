"""Until which day a motif's openings were looked at for its waiting list: days missed are made up for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rdv", "0023_offer_that_was_none")]

    operations = [migrations.AddField("motif", "waitlist_noted_on", models.DateField(editable=False, null=True))]
