from django.db import migrations


class Migration(migrations.Migration):
    """Room in each page, so that the marks of a message are written beside it (heap-only updates), and early vacuum."""

    dependencies = [("outreach", "0001_messages")]

    operations = [
        migrations.RunSQL(
            """ALTER TABLE outreach_message SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02,
                 autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0.05)""",
            "ALTER TABLE outreach_message RESET (fillfactor, autovacuum_vacuum_scale_factor,"
            " autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE outreach_sendkey SET (fillfactor = 75)", "ALTER TABLE outreach_sendkey RESET (fillfactor)"
        ),
    ]
