"""The words of messages and notes in cases, for the search; kept as those of names are (segments 0008)."""

from django.db import migrations

FORWARD = """
ALTER TABLE outreach_caseevent ADD COLUMN words tsvector
  GENERATED ALWAYS AS (
    to_tsvector('pg_catalog.simple', translate(subject || ' ' || left(text, 50000), '@./_-+', '      '))) STORED;
CREATE INDEX case_event_by_word ON outreach_caseevent USING gin (organization_id, words) WHERE text <> '';
"""
BACKWARD = "ALTER TABLE outreach_caseevent DROP COLUMN words;"


class Migration(migrations.Migration):
    dependencies = [("outreach", "0004_cases_and_alerts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
