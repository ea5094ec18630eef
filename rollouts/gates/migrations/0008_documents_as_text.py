"""What each tick writes of a gate is kept as text, beside the row, uncompressed, with room for the next one."""

from django.db import migrations

import rollouts.lib.jsontext

FORWARD = """
ALTER TABLE gates_gate SET (toast_tuple_target = 8160, fillfactor = 50);
ALTER TABLE gates_gate ALTER COLUMN evidence SET STORAGE EXTERNAL, ALTER COLUMN state SET STORAGE EXTERNAL;
"""
BACK = """
ALTER TABLE gates_gate RESET (toast_tuple_target, fillfactor);
ALTER TABLE gates_gate ALTER COLUMN evidence SET STORAGE EXTENDED, ALTER COLUMN state SET STORAGE EXTENDED;
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0007_backtest_shift_by_gate")]

    operations = [
        migrations.AlterField(
            model_name="gate",
            name="evidence",
            field=rollouts.lib.jsontext.JSONTextField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="gate",
            name="state",
            field=rollouts.lib.jsontext.JSONTextField(blank=True, null=True),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
