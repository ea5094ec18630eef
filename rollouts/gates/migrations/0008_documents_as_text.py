"""What each tick writes of a gate is kept as text, beside the row, uncompressed, with room for the next one."""

from django.db import migrations

import rollouts.lib.jsontext

FORWARD = """
ALTER TABLE gates_gate
    ALTER COLUMN evidence TYPE text USING evidence::text,
    ALTER COLUMN state TYPE text USING state::text,
    ALTER COLUMN evidence SET STORAGE EXTERNAL,
    ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE gates_gate SET (toast_tuple_target = 8160, fillfactor = 50);
"""
BACK = """
ALTER TABLE gates_gate RESET (toast_tuple_target, fillfactor);
ALTER TABLE gates_gate
    ALTER COLUMN evidence TYPE jsonb USING evidence::jsonb,
    ALTER COLUMN state TYPE jsonb USING state::jsonb;
"""


class Migration(migrations.Migration):
    dependencies = [("gates", "0007_backtest_shift_by_gate")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACK)],
            state_operations=[
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
            ],
        ),
    ]
