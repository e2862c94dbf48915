"""The same closure stands once. A closure sent twice left two rows: the first stays."""

from django.db import migrations, models

DROP_TWINS = """
DELETE FROM agents_fermeture twin USING agents_fermeture kept
WHERE twin.departement_id = kept.departement_id AND twin.site_id IS NOT DISTINCT FROM kept.site_id
  AND twin.starts_on = kept.starts_on AND twin.ends_on = kept.ends_on AND twin.id > kept.id
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0010_languages")]

    operations = [
        migrations.RunSQL(DROP_TWINS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="fermeture",
            constraint=models.UniqueConstraint(
                fields=("departement", "site", "starts_on", "ends_on"),
                name="fermeture_once",
                nulls_distinct=False,
                violation_error_message="Ces jours sont déjà fermés.",
            ),
        ),
    ]
