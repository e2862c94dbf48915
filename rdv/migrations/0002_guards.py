"""What Django cannot declare. The database has the last word on every invariant (domain.md, engine.md).

- no row links two départements: composite foreign keys;
- the journal only grows;
- a workshop never holds more people than its seats: a counter kept by triggers under the CHECK `rdv_capacity`;
- a participation carries the times of its Rdv, so that `participation_no_two_at_once` can refuse;
- an opening names only motifs of its département; a motif that was used keeps its modality.
"""

from django.db import migrations

from rdv.core.db import tenant_fk, tenant_key

JOURNAL = """
CREATE FUNCTION rdv_journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.keep_until < clock_timestamp() THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the journal only grows' USING ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = 'evenement_append_only';
END $$;
CREATE TRIGGER rdv_evenement_append_only BEFORE UPDATE OR DELETE ON rdv_evenement
    FOR EACH ROW EXECUTE FUNCTION rdv_journal_only_grows();
"""

SEATS = """
CREATE FUNCTION rdv_seats_of_participation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was boolean := TG_OP <> 'INSERT' AND OLD.status IN ('unknown', 'seen', 'noshow');
    is_now boolean := TG_OP <> 'DELETE' AND NEW.status IN ('unknown', 'seen', 'noshow');
BEGIN
    IF was AND is_now AND OLD.rdv_id = NEW.rdv_id THEN
        RETURN NULL;
    END IF;
    IF was THEN UPDATE rdv_rdv SET seats_taken = seats_taken - 1 WHERE id = OLD.rdv_id; END IF;
    IF is_now THEN UPDATE rdv_rdv SET seats_taken = seats_taken + 1 WHERE id = NEW.rdv_id; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rdv_participation_seats AFTER INSERT OR DELETE OR UPDATE OF status, rdv_id ON rdv_participation
    FOR EACH ROW EXECUTE FUNCTION rdv_seats_of_participation();

-- A seat held while a form is filled counts as taken, until it becomes an Rdv or is deleted.
CREATE FUNCTION rdv_seats_of_option() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was boolean := TG_OP <> 'INSERT' AND OLD.atelier_id IS NOT NULL AND OLD.rdv_id IS NULL;
    is_now boolean := TG_OP <> 'DELETE' AND NEW.atelier_id IS NOT NULL AND NEW.rdv_id IS NULL;
BEGIN
    IF was AND NOT is_now THEN UPDATE rdv_rdv SET seats_taken = seats_taken - 1 WHERE id = OLD.atelier_id; END IF;
    IF is_now AND NOT was THEN UPDATE rdv_rdv SET seats_taken = seats_taken + 1 WHERE id = NEW.atelier_id; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rdv_option_seats AFTER INSERT OR DELETE OR UPDATE OF rdv_id ON rdv_option
    FOR EACH ROW EXECUTE FUNCTION rdv_seats_of_option();
"""

TIMES = """
CREATE FUNCTION rdv_times_of_participation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT starts_at, ends_at INTO NEW.starts_at, NEW.ends_at FROM rdv_rdv WHERE id = NEW.rdv_id;
    RETURN NEW;
END $$;
CREATE TRIGGER rdv_participation_times BEFORE INSERT OR UPDATE OF rdv_id, starts_at, ends_at ON rdv_participation
    FOR EACH ROW EXECUTE FUNCTION rdv_times_of_participation();

CREATE FUNCTION rdv_times_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rdv_participation SET starts_at = NEW.starts_at, ends_at = NEW.ends_at WHERE rdv_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER rdv_rdv_times_follow AFTER UPDATE OF starts_at, ends_at ON rdv_rdv
    FOR EACH ROW WHEN (OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at)
    EXECUTE FUNCTION rdv_times_follow();
"""

MOTIFS = """
CREATE FUNCTION rdv_motifs_of_ouverture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM rdv_motif WHERE id = ANY (NEW.motif_ids) AND departement_id = NEW.departement_id)
       <> (SELECT count(DISTINCT m) FROM unnest(NEW.motif_ids) AS m) THEN
        RAISE EXCEPTION 'motif of another département' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'ouverture_motifs_same_departement';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rdv_ouverture_motifs BEFORE INSERT OR UPDATE OF motif_ids, departement_id ON rdv_ouverture
    FOR EACH ROW EXECUTE FUNCTION rdv_motifs_of_ouverture();

CREATE FUNCTION rdv_motif_keeps_its_nature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM rdv_rdv WHERE motif_id = NEW.id) THEN
        RAISE EXCEPTION 'a motif that was used keeps its modality' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'motif_keeps_its_nature';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rdv_motif_nature BEFORE UPDATE OF modality, is_collective ON rdv_motif
    FOR EACH ROW WHEN (OLD.modality <> NEW.modality OR OLD.is_collective <> NEW.is_collective)
    EXECUTE FUNCTION rdv_motif_keeps_its_nature();
"""

UNDO_JOURNAL = "DROP TRIGGER rdv_evenement_append_only ON rdv_evenement; DROP FUNCTION rdv_journal_only_grows();"
UNDO_SEATS = (
    "DROP TRIGGER rdv_participation_seats ON rdv_participation; DROP FUNCTION rdv_seats_of_participation();"
    "DROP TRIGGER rdv_option_seats ON rdv_option; DROP FUNCTION rdv_seats_of_option();"
)
UNDO_TIMES = (
    "DROP TRIGGER rdv_participation_times ON rdv_participation; DROP FUNCTION rdv_times_of_participation();"
    "DROP TRIGGER rdv_rdv_times_follow ON rdv_rdv; DROP FUNCTION rdv_times_follow();"
)
UNDO_MOTIFS = (
    "DROP TRIGGER rdv_ouverture_motifs ON rdv_ouverture; DROP FUNCTION rdv_motifs_of_ouverture();"
    "DROP TRIGGER rdv_motif_nature ON rdv_motif; DROP FUNCTION rdv_motif_keeps_its_nature();"
)

REFERENCES = [
    ("rdv_motif", "service_id", "agents_service"),
    ("rdv_motifsite", "motif_id", "rdv_motif"),
    ("rdv_motifsite", "site_id", "agents_site"),
    ("rdv_plageouverture", "agent_id", "agents_agent"),
    ("rdv_plageouverture", "site_id", "agents_site"),
    ("rdv_plagemotif", "plage_id", "rdv_plageouverture"),
    ("rdv_plagemotif", "motif_id", "rdv_motif"),
    ("rdv_ouverture", "plage_id", "rdv_plageouverture"),
    ("rdv_ouverture", "agent_id", "agents_agent"),
    ("rdv_ouverture", "site_id", "agents_site"),
    ("rdv_absence", "agent_id", "agents_agent"),
    ("rdv_option", "motif_id", "rdv_motif"),
    ("rdv_option", "site_id", "agents_site"),
    ("rdv_option", "atelier_id", "rdv_rdv"),
    ("rdv_option", "rdv_id", "rdv_rdv"),
    ("rdv_optionagent", "option_id", "rdv_option"),
    ("rdv_optionagent", "agent_id", "agents_agent"),
    ("rdv_rdv", "motif_id", "rdv_motif"),
    ("rdv_rdv", "site_id", "agents_site"),
    ("rdv_rdvagent", "rdv_id", "rdv_rdv"),
    ("rdv_rdvagent", "agent_id", "agents_agent"),
    ("rdv_participation", "rdv_id", "rdv_rdv"),
    ("rdv_participation", "usager_id", "usagers_usager"),
    ("rdv_participation", "responsable_id", "usagers_usager"),
    ("rdv_occupation", "agent_id", "agents_agent"),
    ("rdv_occupation", "rdv_id", "rdv_rdv"),
    ("rdv_occupation", "option_id", "rdv_option"),
    ("rdv_occupation", "absence_id", "rdv_absence"),
]


class Migration(migrations.Migration):
    dependencies = [("rdv", "0001_initial"), ("agents", "0003_guards"), ("usagers", "0002_guards")]
    operations = [
        *[
            tenant_key(table)
            for table in ("rdv_motif", "rdv_plageouverture", "rdv_absence", "rdv_option", "rdv_rdv")
        ],
        *[tenant_fk(*reference) for reference in REFERENCES],
        migrations.RunSQL(JOURNAL, UNDO_JOURNAL),
        migrations.RunSQL(SEATS, UNDO_SEATS),
        migrations.RunSQL(TIMES, UNDO_TIMES),
        migrations.RunSQL(MOTIFS, UNDO_MOTIFS),
    ]
