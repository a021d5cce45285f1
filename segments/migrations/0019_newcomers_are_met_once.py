"""The keys of new customers are no facts to be told: whoever follows them meets a new customer as a whole.

Of an import every key was a line of the queue, a twelfth of its time. Who writes new customers says so for the
statement that writes their keys (segments/loading.py), by the number of its transaction.
"""

from django.db import migrations

TOLD = """
CREATE OR REPLACE FUNCTION segments_facts_written() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each bigint;
BEGIN
{unless_new}    INSERT INTO public.segments_factchange (organization_id, kind, whose)
        SELECT DISTINCT organization_id, TG_ARGV[0], customer_id FROM written WHERE customer_id IS NOT NULL;
    IF FOUND THEN
        FOR each IN SELECT DISTINCT organization_id FROM written LOOP
            PERFORM public.segments_stir(each);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
"""

UNLESS_NEW = """    IF current_setting('loopwell.newcomers', true) = pg_current_xact_id()::text THEN
        RETURN NULL;
    END IF;
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0018_facts_are_told")]

    operations = [migrations.RunSQL(TOLD.format(unless_new=UNLESS_NEW), TOLD.format(unless_new=""))]
