"""What was published stays as it was, and what was said before an edit stays written down."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION surveys_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'a row of % is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER version_is_immutable
  BEFORE UPDATE OF survey_id, number, definition, counting_question, published_at ON surveys_version
  FOR EACH ROW WHEN (
    (OLD.survey_id, OLD.number, OLD.definition, OLD.counting_question, OLD.published_at)
    IS DISTINCT FROM (NEW.survey_id, NEW.number, NEW.definition, NEW.counting_question, NEW.published_at))
  EXECUTE FUNCTION surveys_refuse_change();
"""
BACKWARDS = """
DROP TRIGGER version_is_immutable ON surveys_version;
DROP FUNCTION surveys_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0003_responses")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
