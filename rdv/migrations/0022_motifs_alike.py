"""Which motifs whoever waits may ask for as well: said by the administrator, within one département."""

import django.contrib.postgres.fields
from django.db import migrations, models

ALIKE = """
CREATE FUNCTION rdv_motifs_alike() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM rdv_motif WHERE id = ANY (NEW.waitlist_alike) AND departement_id = NEW.departement_id)
       <> cardinality(NEW.waitlist_alike) THEN
        RAISE EXCEPTION 'motif of another département' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'motif_alike_same_departement';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rdv_motif_alike BEFORE INSERT OR UPDATE OF waitlist_alike, departement_id
    ON rdv_motif FOR EACH ROW EXECUTE FUNCTION rdv_motifs_alike();
"""
UNDO_ALIKE = "DROP TRIGGER rdv_motif_alike ON rdv_motif; DROP FUNCTION rdv_motifs_alike();"


class Migration(migrations.Migration):
    dependencies = [("rdv", "0021_wish_near")]

    operations = [
        migrations.AddField(
            "motif",
            "waitlist_alike",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                size=None,
                verbose_name="iraient aussi",
            ),
        ),
        migrations.RunSQL(ALIKE, UNDO_ALIKE),
    ]
