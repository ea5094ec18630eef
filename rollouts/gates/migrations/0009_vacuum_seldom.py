"""Old versions of a gate make room for the next ones in their own page: the table is seldom cleaned as a whole.

Every gate is written each minute, a fifth of which would set it off; it then takes as long as judging.
"""

from django.db import migrations

FORWARD = "ALTER TABLE gates_gate SET (autovacuum_vacuum_scale_factor = 2, autovacuum_analyze_scale_factor = 2);"
BACK = "ALTER TABLE gates_gate RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);"


class Migration(migrations.Migration):
    dependencies = [("gates", "0008_documents_as_text")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
