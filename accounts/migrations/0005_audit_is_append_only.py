"""An entry of the audit log is never changed or removed by the application.

The tables' owner is exempt: it moves rows between months and purges a closed organization.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION loopwell_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION loopwell_append_only();
"""

BACKWARD = """
DROP TRIGGER append_only ON accounts_auditentry;
DROP FUNCTION loopwell_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_answers_to_repeats")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
