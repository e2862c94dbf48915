"""What lets "the next availability of twenty sites" skip six full weeks without walking them (engine.md, point 9).

Each Ouverture keeps how many minutes the longest free stretch of its (agent, site, day) has, options left aside: an
upper bound of every créneau that may start there, whatever the motif. The search looks at an opening only where a
créneau may fit, then subtracts exactly; this number never decides a booking.

    openings of the day   |-----------|   |-----|          longest_free_min, on both rows:
    Occupations             |==| |====|   |==|               30
    free                  |-|  |-|           |--| 30 min

It is written by triggers, in the transaction that changes openings or Occupations: no writer can forget it. No column
of the model: nobody but the search reads it, and no row saved by the ORM can bring an old value back. Two writers on
one agent's agenda wait for each other (rdv.core.db.lock_agents), so that neither measures without the other.
"""

from django.db import migrations

COLUMN = """
ALTER TABLE rdv_ouverture ADD COLUMN longest_free_min integer NOT NULL DEFAULT 1440;

CREATE FUNCTION rdv_longest_free(of_agent bigint, of_site bigint, of_day date) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce(ceil(max(extract(epoch FROM upper(free) - lower(free))) / 60), 0)::integer
    FROM (
        SELECT range_agg(tstzrange(starts_at, ends_at)) AS opened, min(starts_at) AS first, max(ends_at) AS last
        FROM rdv_ouverture
        WHERE agent_id = of_agent AND site_id IS NOT DISTINCT FROM of_site AND local_on = of_day AND NOT is_cancelled
          AND starts_at > of_day::timestamp AT TIME ZONE 'UTC' - interval '1 day'
          AND starts_at < of_day::timestamp AT TIME ZONE 'UTC' + interval '2 days'
    ) AS day,
    unnest(opened - coalesce((
        SELECT range_agg(tstzrange(b.starts_at, b.ends_at)) FROM rdv_occupation b
        WHERE b.agent_id = of_agent AND b.kind <> 'option'
          AND b.starts_at > first - interval '26 hours' AND b.starts_at < last
    ), '{}'::tstzmultirange)) AS free
$$;

CREATE FUNCTION rdv_refresh_free(agents bigint[], sites bigint[], days date[]) RETURNS void LANGUAGE sql AS $$
    UPDATE rdv_ouverture o SET longest_free_min = measured.longest
    FROM (
        SELECT agent, site, day, rdv_longest_free(agent, site, day) AS longest
        FROM (SELECT DISTINCT agent, site, day FROM unnest(agents, sites, days) AS one(agent, site, day)) AS asked
    ) AS measured
    WHERE o.agent_id = measured.agent AND o.site_id IS NOT DISTINCT FROM measured.site AND o.local_on = measured.day
      AND o.starts_at > measured.day::timestamp AT TIME ZONE 'UTC' - interval '1 day'
      AND o.starts_at < measured.day::timestamp AT TIME ZONE 'UTC' + interval '2 days'
      AND NOT o.is_cancelled AND o.longest_free_min <> measured.longest
$$;
"""

# `changed` holds the rows before, or after; an UPDATE runs the function for each of the two.
OCCUPATIONS = """
CREATE FUNCTION rdv_free_of_occupations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agents bigint[]; sites bigint[]; days date[];
BEGIN
    SELECT array_agg(o.agent_id), array_agg(o.site_id), array_agg(o.local_on) INTO agents, sites, days
    FROM changed c
    JOIN rdv_ouverture o ON o.agent_id = c.agent_id AND NOT o.is_cancelled
        AND o.starts_at > c.starts_at - interval '26 hours' AND o.starts_at < c.ends_at AND o.ends_at > c.starts_at
    WHERE c.kind <> 'option';
    IF agents IS NOT NULL THEN
        PERFORM rdv_refresh_free(agents, sites, days);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rdv_occupation_free_inserted AFTER INSERT ON rdv_occupation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rdv_free_of_occupations();
CREATE TRIGGER rdv_occupation_free_deleted AFTER DELETE ON rdv_occupation
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rdv_free_of_occupations();
CREATE TRIGGER rdv_occupation_free_before AFTER UPDATE ON rdv_occupation
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rdv_free_of_occupations();
CREATE TRIGGER rdv_occupation_free_after AFTER UPDATE ON rdv_occupation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rdv_free_of_occupations();
"""

# Only what people change starts a measure: the update that writes the measure itself is deeper.
OUVERTURES = """
CREATE FUNCTION rdv_free_of_ouvertures() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agents bigint[]; sites bigint[]; days date[];
BEGIN
    SELECT array_agg(agent_id), array_agg(site_id), array_agg(local_on) INTO agents, sites, days FROM changed;
    IF agents IS NOT NULL THEN
        PERFORM rdv_refresh_free(agents, sites, days);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rdv_ouverture_free_inserted AFTER INSERT ON rdv_ouverture
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rdv_free_of_ouvertures();
CREATE TRIGGER rdv_ouverture_free_deleted AFTER DELETE ON rdv_ouverture
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rdv_free_of_ouvertures();
CREATE TRIGGER rdv_ouverture_free_before AFTER UPDATE ON rdv_ouverture
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT
    WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION rdv_free_of_ouvertures();
CREATE TRIGGER rdv_ouverture_free_after AFTER UPDATE ON rdv_ouverture
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
    WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION rdv_free_of_ouvertures();
"""

# Measured once for the rows already there, then indexed: by place and by agent, in order of time.
FIRST_MEASURE = """
UPDATE rdv_ouverture o SET longest_free_min = rdv_longest_free(agent_id, site_id, local_on)
WHERE NOT is_cancelled AND ends_at > now();
"""
INDEXES = """
CREATE INDEX ouverture_site_free ON rdv_ouverture (site_id, starts_at, longest_free_min) WHERE NOT is_cancelled;
CREATE INDEX ouverture_agent_free ON rdv_ouverture (agent_id, starts_at, longest_free_min) WHERE NOT is_cancelled;
CREATE INDEX occupation_covering ON rdv_occupation (agent_id, starts_at)
    INCLUDE (ends_at, expires_at, option_id, rdv_id, kind);
"""
UNDO = """
DROP INDEX ouverture_site_free, ouverture_agent_free, occupation_covering;
DROP TRIGGER rdv_ouverture_free_inserted ON rdv_ouverture;
DROP TRIGGER rdv_ouverture_free_deleted ON rdv_ouverture;
DROP TRIGGER rdv_ouverture_free_before ON rdv_ouverture;
DROP TRIGGER rdv_ouverture_free_after ON rdv_ouverture;
DROP TRIGGER rdv_occupation_free_inserted ON rdv_occupation;
DROP TRIGGER rdv_occupation_free_deleted ON rdv_occupation;
DROP TRIGGER rdv_occupation_free_before ON rdv_occupation;
DROP TRIGGER rdv_occupation_free_after ON rdv_occupation;
DROP FUNCTION rdv_free_of_ouvertures();
DROP FUNCTION rdv_free_of_occupations();
DROP FUNCTION rdv_refresh_free(bigint[], bigint[], date[]);
DROP FUNCTION rdv_longest_free(bigint, bigint, date);
ALTER TABLE rdv_ouverture DROP COLUMN longest_free_min;
"""


class Migration(migrations.Migration):
    dependencies = [("rdv", "0003_places")]
    operations = [migrations.RunSQL(COLUMN + FIRST_MEASURE + INDEXES + OCCUPATIONS + OUVERTURES, UNDO)]
