"""Triggers that tell what was written about customers: lines in the queue of facts, and a bell for the engine.

A bell rings once per transaction and organization. A trigger that rolls back with its savepoint takes the note that
it rang with it. The functions know the tables of upper apps by their trigger's argument only.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION segments_stir(organization bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here text := organization || ':' || pg_current_xact_id()::text;
BEGIN
    IF current_setting('loopwell.stirred', true) IS DISTINCT FROM here THEN
        INSERT INTO public.accounts_doorbell (organization_id, due_at) VALUES (organization, now());
        PERFORM set_config('loopwell.stirred', here, true);
    END IF;
END $$;

CREATE FUNCTION segments_stirred() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    organization bigint := NULLIF(current_setting('app.organization', true), '')::bigint;
BEGIN
    IF organization IS NOT NULL THEN
        PERFORM public.segments_stir(organization);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION segments_facts_written() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each bigint;
BEGIN
    INSERT INTO public.segments_factchange (organization_id, kind, whose)
        SELECT DISTINCT organization_id, TG_ARGV[0], customer_id FROM written WHERE customer_id IS NOT NULL;
    IF FOUND THEN
        FOR each IN SELECT DISTINCT organization_id FROM written LOOP
            PERFORM public.segments_stir(each);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION segments_facts_rewritten() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each bigint;
BEGIN
    INSERT INTO public.segments_factchange (organization_id, kind, whose)
        SELECT organization_id, TG_ARGV[0], customer_id FROM written WHERE customer_id IS NOT NULL
        UNION
        SELECT organization_id, TG_ARGV[0], customer_id FROM before WHERE customer_id IS NOT NULL;
    IF FOUND THEN
        FOR each IN SELECT DISTINCT organization_id FROM written LOOP
            PERFORM public.segments_stir(each);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION segments_fact_rewritten() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.segments_factchange (organization_id, kind, whose)
        SELECT DISTINCT NEW.organization_id, TG_ARGV[0], one FROM unnest(ARRAY[OLD.customer_id, NEW.customer_id])
            AS one WHERE one IS NOT NULL;
    PERFORM public.segments_stir(NEW.organization_id);
    RETURN NULL;
END $$;

CREATE FUNCTION segments_somebody_s_fact() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    organization bigint := NULLIF(current_setting('app.organization', true), '')::bigint;
BEGIN
    IF organization IS NOT NULL THEN
        INSERT INTO public.segments_factchange (organization_id, kind) VALUES (organization, TG_ARGV[0]);
        PERFORM public.segments_stir(organization);
    END IF;
    RETURN NULL;
END $$;
"""

TOLD = (
    ("segments_customerevent", "event"),
    ("segments_consent", "consent"),
    ("segments_customerkey", "key"),
    ("segments_contact", "contact"),
    ("segments_segmentmember", "list"),
)
STIRRING = ("segments_customer", "segments_company", "segments_segment")

for table, kind in TOLD:
    FORWARDS += f"""
CREATE TRIGGER facts_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION segments_facts_written('{kind}');
CREATE TRIGGER facts_went AFTER DELETE ON {table} REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION segments_facts_written('{kind}');
CREATE TRIGGER facts_changed AFTER UPDATE ON {table} REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION segments_facts_rewritten('{kind}');
"""
for table in STIRRING:
    FORWARDS += f"""
CREATE TRIGGER stirs AFTER INSERT OR UPDATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION segments_stirred();
"""
FORWARDS += """
CREATE TRIGGER facts_changed AFTER INSERT OR UPDATE OR DELETE ON segments_suppression
    FOR EACH STATEMENT EXECUTE FUNCTION segments_somebody_s_fact('suppression');
"""

BACKWARDS = (
    "".join(
        f"DROP TRIGGER {name} ON {table};"
        for table, _kind in TOLD
        for name in ("facts_came", "facts_went", "facts_changed")
    )
    + "".join(f"DROP TRIGGER stirs ON {table};" for table in STIRRING)
    + "DROP TRIGGER facts_changed ON segments_suppression;"
    + "".join(
        f"DROP FUNCTION {name};"
        for name in (
            "segments_somebody_s_fact()",
            "segments_fact_rewritten()",
            "segments_facts_rewritten()",
            "segments_facts_written()",
            "segments_stirred()",
            "segments_stir(bigint)",
        )
    )
)


class Migration(migrations.Migration):
    dependencies = [("segments", "0017_membership")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
