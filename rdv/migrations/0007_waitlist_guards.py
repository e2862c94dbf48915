"""What Django cannot declare of the waiting list: no row links two départements, wishes included."""

from django.db import migrations

from rdv.core.db import tenant_fk, tenant_key

WISHES = """
CREATE FUNCTION rdv_wishes_of_inscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.motif_id = ANY (NEW.motifs)
       OR (SELECT count(*) FROM rdv_motif WHERE id = ANY (NEW.motifs) AND departement_id = NEW.departement_id)
          <> (SELECT count(DISTINCT m) FROM unnest(NEW.motifs) AS m) THEN
        RAISE EXCEPTION 'motif of another département' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'inscription_motifs_same_departement';
    END IF;
    IF (SELECT count(*) FROM agents_site WHERE id = ANY (NEW.sites) AND departement_id = NEW.departement_id)
       <> (SELECT count(DISTINCT s) FROM unnest(NEW.sites) AS s) THEN
        RAISE EXCEPTION 'site of another département' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'inscription_sites_same_departement';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rdv_inscription_wishes BEFORE INSERT OR UPDATE OF motif_id, motifs, sites, departement_id
    ON rdv_inscription FOR EACH ROW EXECUTE FUNCTION rdv_wishes_of_inscription();
"""
UNDO_WISHES = "DROP TRIGGER rdv_inscription_wishes ON rdv_inscription; DROP FUNCTION rdv_wishes_of_inscription();"

REFERENCES = [
    ("rdv_inscription", "usager_id", "usagers_usager"),
    ("rdv_inscription", "responsable_id", "usagers_usager"),
    ("rdv_inscription", "motif_id", "rdv_motif"),
    ("rdv_inscription", "agent_id", "agents_agent"),
    ("rdv_inscription", "participation_id", "rdv_participation"),
    ("rdv_inscription", "atelier_id", "rdv_rdv"),
    ("rdv_offre", "inscription_id", "rdv_inscription"),
    ("rdv_offre", "option_id", "rdv_option"),
    ("rdv_offre", "motif_id", "rdv_motif"),
    ("rdv_offre", "site_id", "agents_site"),
    ("rdv_offre", "atelier_id", "rdv_rdv"),
    ("rdv_offre", "rdv_id", "rdv_rdv"),
]


class Migration(migrations.Migration):
    dependencies = [("rdv", "0006_waitlist")]
    operations = [
        tenant_key("rdv_participation"),
        tenant_key("rdv_inscription"),
        *[tenant_fk(*reference) for reference in REFERENCES],
        migrations.RunSQL(WISHES, UNDO_WISHES),
    ]
