"""Nothing is written any more on a file that was made one with another.

A booking and a merge that cross: whoever comes second waits for the other one's row lock, then reads what it became.

    booking:  agents, Rdv ...  SHARE of the file --- insert the participation -------------- commit
    merge:                     the file, alone  ~~~~~ waits ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ moves it too
"""

from django.db import migrations

MERGED = """
CREATE FUNCTION usagers_not_merged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    file record;
BEGIN
    FOR file IN
        -- Every file, then its mark: asking only for merged ones would not wait for a merge that is going on.
        SELECT merged_into_id FROM usagers_usager
        WHERE id IN (NEW.usager_id, NEW.responsable_id) ORDER BY id FOR KEY SHARE
    LOOP
        IF file.merged_into_id IS NOT NULL THEN
            RAISE EXCEPTION 'this file was made one with another' USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'usager_was_merged';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER rdv_participation_not_merged BEFORE INSERT OR UPDATE OF usager_id, responsable_id
    ON rdv_participation FOR EACH ROW EXECUTE FUNCTION usagers_not_merged();
CREATE TRIGGER rdv_inscription_not_merged BEFORE INSERT OR UPDATE OF usager_id, responsable_id
    ON rdv_inscription FOR EACH ROW EXECUTE FUNCTION usagers_not_merged();
"""
UNDO = """
DROP TRIGGER rdv_participation_not_merged ON rdv_participation;
DROP TRIGGER rdv_inscription_not_merged ON rdv_inscription;
DROP FUNCTION usagers_not_merged();
"""


class Migration(migrations.Migration):
    dependencies = [("rdv", "0014_absent_agent_guards"), ("usagers", "0004_merging")]
    operations = [migrations.RunSQL(MERGED, UNDO)]
