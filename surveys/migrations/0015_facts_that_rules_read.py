"""Invitations and what comments speak of are facts of customers that rules ask for: who follows segments is told.

An accepted answer pays for none of it: its own row and its customer's carry change numbers, and its news rings.
"""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER facts_came AFTER INSERT ON surveys_invitation REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION segments_facts_written('invitation');
CREATE TRIGGER facts_changed AFTER UPDATE ON surveys_invitation FOR EACH ROW
    WHEN ((OLD.outcome = 'skipped', OLD.issued_at, OLD.customer_id)
        IS DISTINCT FROM (NEW.outcome = 'skipped', NEW.issued_at, NEW.customer_id))
    EXECUTE FUNCTION segments_fact_rewritten('invitation');
CREATE FUNCTION surveys_theme_heard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each bigint;
BEGIN
    INSERT INTO public.segments_factchange (organization_id, kind, whose)
        SELECT DISTINCT r.organization_id, 'theme', r.customer_id FROM written w
        JOIN public.surveys_response r ON r.organization_id = w.organization_id AND r.id = w.response_id
        WHERE r.customer_id IS NOT NULL;
    IF FOUND THEN
        FOR each IN SELECT DISTINCT organization_id FROM written LOOP
            PERFORM public.segments_stir(each);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER facts_changed AFTER INSERT OR UPDATE OR DELETE ON surveys_theme
    FOR EACH STATEMENT EXECUTE FUNCTION segments_somebody_s_fact('theme');
CREATE TRIGGER stirs AFTER UPDATE ON surveys_response
    FOR EACH STATEMENT EXECUTE FUNCTION segments_stirred();
"""
for table in ("surveys_mention", "surveys_tone"):
    FORWARDS += f"""
CREATE TRIGGER facts_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION surveys_theme_heard();
CREATE TRIGGER facts_changed AFTER UPDATE ON {table} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION surveys_theme_heard();
CREATE TRIGGER facts_went AFTER DELETE ON {table} REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION surveys_theme_heard();
"""
BACKWARDS = """
DROP TRIGGER facts_came ON surveys_mention;
DROP TRIGGER facts_changed ON surveys_mention;
DROP TRIGGER facts_went ON surveys_mention;
DROP TRIGGER facts_came ON surveys_tone;
DROP TRIGGER facts_changed ON surveys_tone;
DROP TRIGGER facts_went ON surveys_tone;
DROP TRIGGER facts_changed ON surveys_theme;
DROP FUNCTION surveys_theme_heard();
DROP TRIGGER facts_came ON surveys_invitation;
DROP TRIGGER facts_changed ON surveys_invitation;
DROP TRIGGER stirs ON surveys_response;
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0014_issued"), ("segments", "0018_facts_are_told")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
