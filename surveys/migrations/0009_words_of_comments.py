"""The words of comments, for the search; kept as those of names are (segments 0008)."""

from django.db import migrations

FORWARD = """
ALTER TABLE surveys_response ADD COLUMN words tsvector
  GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', translate(left(comment, 50000), '@./_-+', '      '))) STORED;
CREATE INDEX response_by_word ON surveys_response USING gin (organization_id, words) WHERE comment <> '';
"""
BACKWARD = "ALTER TABLE surveys_response DROP COLUMN words;"


class Migration(migrations.Migration):
    dependencies = [("surveys", "0008_watched_for_shifts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
