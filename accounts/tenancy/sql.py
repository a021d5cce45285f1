"""The SQL of the third lock: policies, triggers, partitions, and the narrow functions of the operator.

Only text is made here, from names in our own code; accounts.tenancy.roles runs it.
"""

from __future__ import annotations

ACTING_ORGANIZATION = "NULLIF(current_setting('app.organization', true), '')::bigint"
"""Direct, without an inner SELECT: the planner estimates a STABLE function with its real value."""

POLICY = "tenant"
KEEP_TRIGGER = "keep_organization"
CHANGE_TRIGGER = "number_change"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def lock_table(table: str) -> str:
    """Row security also for the owner, the policy, and a trigger against moving a row to another tenant."""
    name = quote(table)
    return (
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY {POLICY} ON {name} USING (organization_id = {ACTING_ORGANIZATION})"
        f" WITH CHECK (organization_id = {ACTING_ORGANIZATION});"
        f"CREATE TRIGGER {KEEP_TRIGGER} BEFORE UPDATE OF organization_id ON {name} FOR EACH ROW"
        " WHEN (OLD.organization_id IS DISTINCT FROM NEW.organization_id)"
        " EXECUTE FUNCTION loopwell_keep_organization()"
    )


def hash_partition(table: str, number: int, count: int, app: str) -> str:
    """One partition, out of the app's reach: partitions do not inherit row security."""
    part = quote(f"{table}_p{number}")
    return (
        f"CREATE TABLE {part} PARTITION OF {quote(table)}"
        f" FOR VALUES WITH (MODULUS {count}, REMAINDER {number});"
        f"REVOKE ALL ON {part} FROM PUBLIC, {quote(app)}"
    )


def first_months(table: str, app: str) -> str:
    """The partition for months nobody made, and this month with the next three."""
    rest = quote(f"{table}_rest")
    return (
        f"CREATE TABLE {rest} PARTITION OF {quote(table)} DEFAULT;"
        f"REVOKE ALL ON {rest} FROM PUBLIC, {quote(app)};"
        f"SELECT loopwell_make_months({text(table)}, current_date, (current_date + interval '3 months')::date)"
    )


def number_changes(table: str, column: str) -> str:
    if column != "changed":
        raise ValueError("A ChangeNumber is called `changed`: the trigger writes the column of that name.")
    return (
        f"CREATE TRIGGER {CHANGE_TRIGGER} BEFORE INSERT OR UPDATE ON {quote(table)} FOR EACH ROW"
        " EXECUTE FUNCTION loopwell_number_change()"
    )


def stop_numbering_changes(table: str) -> str:
    return f"DROP TRIGGER IF EXISTS {CHANGE_TRIGGER} ON {quote(table)}"


def grants(app: str) -> list[str]:
    """What the app may do with tables that the operator makes from now on: rows, no structure, no TRUNCATE."""
    role = quote(app)
    return [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ]


KEEP_ORGANIZATION = """
CREATE OR REPLACE FUNCTION loopwell_keep_organization() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a row of % stays with its organization', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$
"""

# The base is raised after a restore into a younger cluster, whose transaction numbers start again (changes.py).
CHANGE_BASE = (
    "CREATE OR REPLACE FUNCTION loopwell_change_base() RETURNS bigint IMMUTABLE"
    " LANGUAGE sql AS 'SELECT {base}::bigint'"
)

CHANGE_NUMBER = """
CREATE OR REPLACE FUNCTION loopwell_number_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.changed := loopwell_change_base() + pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$
"""

# A snapshot names the running transactions of the whole server. Those of other databases cannot write here, so a
# dump or a long report beside us delays no reader. Prepared transactions have no backend and are waited for.
CHANGE_HORIZON = """
CREATE OR REPLACE FUNCTION loopwell_change_horizon() RETURNS bigint STABLE
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
SELECT loopwell_change_base() + least(
    pg_snapshot_xmax(seen),
    pg_current_xact_id_if_assigned(),
    (
        SELECT running FROM pg_snapshot_xip(seen) AS running
        WHERE NOT EXISTS (
            SELECT FROM pg_stat_activity AS other
            WHERE other.backend_xid = running::xid AND other.datname <> current_database()
        )
        ORDER BY running LIMIT 1
    )
)::text::bigint
FROM (SELECT pg_current_snapshot() AS seen) AS snapshot
$$
"""


def make_months(app: str) -> str:
    """The app may not make tables. This function may, and only partitions by month of a tenant table.

    Rows that lie in the default partition for such a month are moved into it. The new table is filled apart
    and then attached, which locks the default partition but lets readers and writers of the others go on.
    """
    return f"""
CREATE OR REPLACE FUNCTION loopwell_make_months(log text, first_day date, last_day date) RETURNS integer
SECURITY DEFINER LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parent regclass;
    rest text := log || '_rest';
    instant text;
    month date := date_trunc('month', first_day)::date;
    part text;
    made integer := 0;
BEGIN
    SELECT c.oid, a.attname INTO parent, instant
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
      JOIN pg_partitioned_table p ON p.partrelid = c.oid AND p.partstrat = 'r'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
     WHERE c.relname = log AND c.relforcerowsecurity;
    IF parent IS NULL THEN
        RAISE EXCEPTION '% is not a log with months', log;
    END IF;
    IF first_day < date '1970-01-01' OR last_day > current_date + 400 OR last_day - first_day > 12500 THEN
        RAISE EXCEPTION 'months from % to % are too many', first_day, last_day;
    END IF;
    -- One maker at a time; the lock is the transaction's.
    PERFORM pg_advisory_xact_lock(hashtext('loopwell_make_months'), parent::oid::integer);
    WHILE month <= last_day LOOP
        part := format('%s_%s', log, to_char(month, 'YYYY_MM'));
        IF to_regclass(format('public.%I', part)) IS NULL THEN
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
                ' INCLUDING INDEXES INCLUDING GENERATED INCLUDING STORAGE INCLUDING STATISTICS)', part, log);
            EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, %I', part, {text(app)});
            EXECUTE format('WITH moved AS (DELETE FROM public.%I WHERE %I >= %L AND %I < %L RETURNING *)'
                ' INSERT INTO public.%I SELECT * FROM moved', rest,
                instant, month::timestamp AT TIME ZONE 'UTC',
                instant, (month + interval '1 month')::timestamp AT TIME ZONE 'UTC', part);
            EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                log, part, month::timestamp AT TIME ZONE 'UTC',
                (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$
"""


FRESH_STATISTICS = """
CREATE OR REPLACE FUNCTION loopwell_fresh_statistics(of_table text) RETURNS void
SECURITY DEFINER LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
         WHERE c.relname = of_table AND c.relforcerowsecurity
    ) THEN
        RAISE EXCEPTION '% is not a tenant table', of_table;
    END IF;
    EXECUTE format('ANALYZE public.%I', of_table);
END $$
"""

# A function of its own and not an argument, which CREATE OR REPLACE could not add.
FRESH_OWNERS = FRESH_STATISTICS.replace("loopwell_fresh_statistics", "loopwell_fresh_owners").replace(
    "ANALYZE public.%I", "ANALYZE public.%I (organization_id)"
)

DEFINERS = (
    "loopwell_make_months(text, date, date)",
    "loopwell_fresh_statistics(text)",
    "loopwell_fresh_owners(text)",
)


def functions(app: str) -> list[str]:
    """All functions, and the three that run as the operator closed to everybody but the app."""
    statements = [
        KEEP_ORGANIZATION,
        CHANGE_NUMBER,
        CHANGE_HORIZON,
        make_months(app),
        FRESH_STATISTICS,
        FRESH_OWNERS,
    ]
    for definer in DEFINERS:
        statements.append(f"REVOKE ALL ON FUNCTION {definer} FROM PUBLIC")
        statements.append(f"GRANT EXECUTE ON FUNCTION {definer} TO {quote(app)}")
    return statements
