"""What Django cannot declare of propositions, suites and calls.

- no row links two départements;
- at each commit, a live Proposition holds at least one hour and one that is over holds none: no hold outlives its
  Proposition, whatever the code does.
"""

from django.db import migrations

from rdv.core.db import tenant_fk, tenant_key

HOLDS = """
CREATE FUNCTION rdv_proposition_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_state text := (SELECT state FROM rdv_proposition WHERE id = NEW.id);
    held integer := (SELECT count(*) FROM rdv_horaire h JOIN rdv_option o ON o.id = h.option_id
                     WHERE h.proposition_id = NEW.id AND o.rdv_id IS NULL);
BEGIN
    IF now_state = 'live' AND held = 0 THEN
        RAISE EXCEPTION 'a live proposition holds nothing' USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'proposition_live_holds_hours';
    END IF;
    IF now_state <> 'live' AND held > 0 THEN
        RAISE EXCEPTION 'a proposition that is over holds hours' USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'proposition_over_holds_nothing';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER rdv_proposition_holds AFTER INSERT OR UPDATE OF state ON rdv_proposition
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rdv_proposition_holds();
"""
UNDO_HOLDS = "DROP TRIGGER rdv_proposition_holds ON rdv_proposition; DROP FUNCTION rdv_proposition_holds();"

REFERENCES = [
    ("rdv_proposition", "participation_id", "rdv_participation"),
    ("rdv_proposition", "absence_id", "rdv_absence"),
    ("rdv_proposition", "rdv_id", "rdv_rdv"),
    ("rdv_horaire", "proposition_id", "rdv_proposition"),
    ("rdv_horaire", "option_id", "rdv_option"),
    ("rdv_horaire", "site_id", "agents_site"),
    ("rdv_suite", "absence_id", "rdv_absence"),
    ("rdv_suite", "rdv_id", "rdv_rdv"),
    ("rdv_suite", "agent_id", "agents_agent"),
    ("rdv_appel", "participation_id", "rdv_participation"),
    ("rdv_appel", "absence_id", "rdv_absence"),
    ("rdv_appel", "proposition_id", "rdv_proposition"),
]


class Migration(migrations.Migration):
    dependencies = [("rdv", "0013_absent_agent")]
    operations = [
        tenant_key("rdv_proposition"),
        *[tenant_fk(*reference) for reference in REFERENCES],
        migrations.RunSQL(HOLDS, UNDO_HOLDS),
    ]
