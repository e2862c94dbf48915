"""The large tables of the bench, in SQL: one statement each, from the agents outwards. Room: bench; called by loading.

One agent's week, for number 0 (the day off turns with the number):

            Mon   Tue            Wed      Thu      Fri
    8:30    off   7 Rdv          7 Rdv    7 Rdv    7 Rdv      at the site, without a break
    13:30   off   away: phone    6 Rdv    6 Rdv    6 Rdv      or three visits at home

Six weeks are so, but for one hole of 30 minutes in one half-day of eight; the twenty weeks after are open and empty.
Rdv are numbered in a shuffled order, as they would have been taken: neighbours in time are not neighbours on the disk.
"""

from rdv.bench.scales import MONDAY, USAGERS_PER_AGENT, WEEKS_FULL, WEEKS_OPEN

# Who they are, where, and what they open. `number` runs over the country.
AGENTS = """
CREATE UNLOGGED TABLE bench_agent AS
SELECT a.id AS agent_id, (row_number() OVER (ORDER BY a.id) - 1)::int AS number, a.departement_id, f.site_id,
       d.zone_name, s.latitude, s.longitude, m.on_site, m.half_hours, m.phone, m.home
FROM agents_agent a
JOIN agents_affectation f ON f.agent_id = a.id
JOIN agents_site s ON s.id = f.site_id
JOIN agents_departement d ON d.code = a.departement_id
JOIN (
    SELECT departement_id,
           array_agg(id ORDER BY id) FILTER (WHERE modality = 'public_office') AS on_site,
           array_agg(id ORDER BY id) FILTER (WHERE modality = 'public_office' AND duration_min = 30) AS half_hours,
           min(id) FILTER (WHERE modality = 'phone') AS phone,
           min(id) FILTER (WHERE modality = 'home') AS home
    FROM rdv_motif GROUP BY departement_id
) m ON m.departement_id = a.departement_id
"""

# Three rules per agent: mornings, afternoons, and the afternoon away. `part` is their number.
PLAGES = f"""
INSERT INTO rdv_plageouverture (id, uuid, departement_id, agent_id, site_id, title, first_day, starts_time, ends_time,
    rhythm, every, weekdays, until, on_holidays, public_from, expanded_until, is_ended)
SELECT number * 3 + part, md5('plage' || number * 3 + part)::uuid, departement_id, agent_id,
       CASE WHEN part < 3 THEN site_id END, '', '{MONDAY}',
       CASE WHEN part = 1 THEN time '08:30' ELSE time '13:30' END,
       CASE WHEN part = 1 THEN time '12:00' ELSE time '16:30' END,
       'weekly', 1,
       CASE part
           WHEN 1 THEN array_remove('{{0,1,2,3,4}}'::smallint[], (number % 5)::smallint)
           WHEN 2 THEN array_remove(array_remove('{{0,1,2,3,4}}'::smallint[], (number % 5)::smallint),
                                    ((number + 1) % 5)::smallint)
           ELSE ARRAY[((number + 1) % 5)::smallint] END,
       NULL, true, NULL, '{MONDAY}'::date + {WEEKS_OPEN * 7 - 1}, false
FROM bench_agent, generate_series(1, 3) AS part
"""  # noqa: S608 - constants of this module

PLAGE_MOTIFS = """
INSERT INTO rdv_plagemotif (departement_id, plage_id, motif_id)
SELECT departement_id, number * 3 + part, motif
FROM bench_agent, generate_series(1, 3) AS part,
     unnest(CASE WHEN part < 3 THEN on_site ELSE ARRAY[phone, home] END) AS motif
"""

# With the longest free stretch of their day, which triggers keep from then on (migration 0004).
OUVERTURES = f"""
INSERT INTO rdv_ouverture (id, departement_id, plage_id, agent_id, site_id, occurrence_on, local_on, starts_at, ends_at,
    motif_ids, public_from, is_modified, is_cancelled, longest_free_min)
SELECT row_number() OVER (ORDER BY plage_id, day), departement_id, plage_id, agent_id, site_id, day, day, starts_at,
       ends_at, motif_ids, NULL, false, false, max(longest) OVER (PARTITION BY agent_id, site_id, day)
FROM (
    SELECT b.departement_id, p.id AS plage_id, b.agent_id, p.site_id, day, starts_at, ends_at,
           CASE WHEN p.site_id IS NULL THEN ARRAY[b.phone, b.home] ELSE b.on_site END AS motif_ids,
           (SELECT coalesce(max(extract(epoch FROM upper(free) - lower(free))) / 60, 0)::int
            FROM unnest(tstzmultirange(tstzrange(starts_at, ends_at)) - coalesce(busy, '{{}}')) AS free) AS longest
    FROM rdv_plageouverture p
    JOIN bench_agent b ON b.agent_id = p.agent_id
    CROSS JOIN unnest(p.weekdays) AS weekday
    CROSS JOIN generate_series(0, {WEEKS_OPEN - 1}) AS week
    CROSS JOIN LATERAL (SELECT p.first_day + week * 7 + weekday) AS on_day(day)
    CROSS JOIN LATERAL (SELECT (day + p.starts_time) AT TIME ZONE b.zone_name,
                               (day + p.ends_time) AT TIME ZONE b.zone_name) AS hours(starts_at, ends_at)
    LEFT JOIN (SELECT agent_id, local_on, range_agg(tstzrange(starts_at, ends_at)) AS busy
               FROM bench_slot GROUP BY agent_id, local_on) AS taken
           ON taken.agent_id = b.agent_id AND taken.local_on = day
) AS dated
ORDER BY plage_id, day
"""  # noqa: S608 - constants of this module

USAGERS = f"""
INSERT INTO usagers_usager (id, uuid, departement_id, first_name, last_name, birth_name, birth_date, search_key, phone,
    email, address, language, needs_interpreter, needs_step_free, needs_sign_language, channel, note, created_at,
    last_contact_at)
SELECT n, md5('usager' || n)::uuid, departement_id, 'Samira', 'Benali ' || n, '',
       date '1970-01-01' + (n % 15000)::int, ' benali ' || n || ' samira ',
       '+3363998' || lpad((n % 10000)::text, 4, '0'), 'usager' || n || '@example.net', '', 'fr', false, false, false,
       'both', '', '{MONDAY}'::timestamptz - n % 400 * interval '1 day',
       '{MONDAY}'::timestamptz - n % 300 * interval '1 day'
FROM bench_agent, generate_series(1, {USAGERS_PER_AGENT}) AS own,
     LATERAL (SELECT number * {USAGERS_PER_AGENT} + own) AS numbered(n)
"""  # noqa: S608 - constants of this module

SLOTS = f"""
CREATE UNLOGGED TABLE bench_slot AS
SELECT row_number() OVER () AS id, slot.* FROM (
    SELECT b.departement_id, b.agent_id, b.site_id, '{MONDAY}'::date + week * 7 + weekday AS local_on, starts_at,
           starts_at + CASE WHEN visits THEN interval '1 hour' ELSE interval '30 minutes' END AS ends_at,
           CASE WHEN visits THEN b.home WHEN away THEN b.phone
                ELSE b.half_hours[1 + ordinal % cardinality(b.half_hours)] END AS motif_id,
           CASE WHEN visits THEN 'home' WHEN away THEN 'phone' ELSE 'public_office' END AS modality,
           b.number * {USAGERS_PER_AGENT} + 1 + ordinal % {USAGERS_PER_AGENT} AS usager_id,
           CASE WHEN visits THEN b.latitude + 0.03 WHEN NOT away THEN b.latitude END AS latitude,
           CASE WHEN visits THEN b.longitude + 0.02 WHEN NOT away THEN b.longitude END AS longitude
    FROM bench_agent b
    CROSS JOIN generate_series(0, {WEEKS_FULL - 1}) AS week
    CROSS JOIN generate_series(0, 4) AS weekday
    CROSS JOIN (VALUES (0, time '08:30', 7), (1, time '13:30', 6)) AS half(rank, clock, slots)
    CROSS JOIN LATERAL generate_series(0, half.slots - 1) AS slot(rank)
    CROSS JOIN LATERAL (
        SELECT half.rank = 1 AND weekday = (b.number + 1) % 5 AS away,
               half.rank = 1 AND weekday = (b.number + 1) % 5 AND b.number % 5 = 0 AS visits,
               ((week * 5 + weekday) * 2 + half.rank) * 7 + slot.rank AS ordinal,
               (('{MONDAY}'::date + week * 7 + weekday) + half.clock + slot.rank * interval '30 minutes')
                   AT TIME ZONE b.zone_name AS starts_at
    ) AS facts
    WHERE weekday <> b.number % 5
      AND NOT (visits AND slot.rank % 2 = 1)
      AND NOT ((b.number * 7 + week * 5 + weekday * 2 + half.rank) % 8 = 0
               AND slot.rank = (b.number + week + weekday) % half.slots)
    ORDER BY hashint8extended(b.number * 1000::bigint + ordinal, 0)
) AS slot
"""  # noqa: S608 - constants of this module

RDVS = f"""
INSERT INTO rdv_rdv (id, uuid, departement_id, motif_id, site_id, modality, address, latitude, longitude, visio_url,
    starts_at, ends_at, title, capacity, seats_taken, context, origin, created_at, created_by_kind, created_by_id,
    booking_seconds, schedule_version, cancelled_at, is_overbooked)
SELECT id, md5('rdv' || id)::uuid, departement_id, motif_id, site_id, modality, '', latitude, longitude, '', starts_at,
       ends_at, '', 1, 1, '', 'phone', '{MONDAY}'::timestamptz - interval '30 days' + id % 40000 * interval '1 minute',
       'agent', agent_id, 120, 0, NULL, false
FROM bench_slot ORDER BY id
"""  # noqa: S608 - constants of this module

RDV_AGENTS = """
INSERT INTO rdv_rdvagent (id, departement_id, rdv_id, agent_id)
SELECT id, departement_id, id, agent_id FROM bench_slot ORDER BY id
"""

OCCUPATIONS = """
INSERT INTO rdv_occupation (id, departement_id, agent_id, starts_at, ends_at, kind, rdv_id, option_id, absence_id,
    expires_at, is_blocking, latitude, longitude, is_home_visit)
SELECT id, departement_id, agent_id, starts_at, ends_at, 'rdv', id, NULL, NULL, NULL, true, latitude, longitude,
       modality = 'home'
FROM bench_slot ORDER BY id
"""

PARTICIPATIONS = f"""
INSERT INTO rdv_participation (id, uuid, departement_id, rdv_id, usager_id, responsable_id, status, status_at,
    starts_at, ends_at, origin, created_at, created_by_kind, created_by_id, companion, wants_sms, wants_email,
    late_minutes, link_hash, may_overlap)
SELECT id, md5('participation' || id)::uuid, departement_id, id, usager_id, NULL, 'unknown', NULL, starts_at, ends_at,
       'phone', '{MONDAY}'::timestamptz - interval '30 days' + id % 40000 * interval '1 minute', 'agent', agent_id, '',
       true, true, NULL, encode(sha256(('link' || id)::bytea), 'hex'), false
FROM bench_slot ORDER BY id
"""  # noqa: S608 - constants of this module

NUMBERED = (
    "rdv_plageouverture",
    "rdv_plagemotif",
    "rdv_ouverture",
    "usagers_usager",
    "rdv_rdv",
    "rdv_rdvagent",
    "rdv_occupation",
    "rdv_participation",
)
SEQUENCES = tuple(
    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608 - constants
    for table in NUMBERED
)

# One after the other, then groups that may run side by side.
FIRST = (AGENTS, PLAGES, PLAGE_MOTIFS, SLOTS)
SIDE_BY_SIDE = ((RDVS,), (PARTICIPATIONS,), (OCCUPATIONS, RDV_AGENTS), (OUVERTURES, USAGERS))
LAST = ("DROP TABLE bench_slot", "DROP TABLE bench_agent", *SEQUENCES)
