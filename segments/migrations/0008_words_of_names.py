"""The words of names, for the search: kept by the database, so that no way of writing can forget them.

No field of the model: whoever reads a customer would carry them along.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE segments_customer ADD COLUMN words tsvector
  GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', translate(name, '@./_-+', '      '))) STORED;
CREATE INDEX customer_by_word ON segments_customer USING gin (organization_id, words) WHERE name <> '';
"""
BACKWARD = "ALTER TABLE segments_customer DROP COLUMN words;"


class Migration(migrations.Migration):
    dependencies = [("segments", "0007_merges")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
