"""What became of a campaign's messages, and cases: those who follow segments are told of them."""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER facts_changed AFTER UPDATE ON outreach_sendkey FOR EACH ROW
    WHEN (NEW.origin_kind = 'campaign'
        AND (OLD.outcome, OLD.customer_id) IS DISTINCT FROM (NEW.outcome, NEW.customer_id))
    EXECUTE FUNCTION segments_fact_rewritten('send');
CREATE TRIGGER stirs AFTER INSERT OR UPDATE ON outreach_case
    FOR EACH STATEMENT EXECUTE FUNCTION segments_stirred();
"""
BACKWARDS = """
DROP TRIGGER facts_changed ON outreach_sendkey;
DROP TRIGGER stirs ON outreach_case;
"""


class Migration(migrations.Migration):
    dependencies = [("outreach", "0005_words_of_cases"), ("segments", "0018_facts_are_told")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
