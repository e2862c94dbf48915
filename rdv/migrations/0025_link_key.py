"""A new link for an Rdv or a wait of which somebody else is told: the old one opens nothing any more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rdv", "0024_motif_noted_on")]

    operations = [
        migrations.AddField(
            model_name="participation",
            name="link_key",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="inscription",
            name="link_key",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
