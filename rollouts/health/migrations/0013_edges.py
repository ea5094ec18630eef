"""Calls a day of edges that were seen, by the contract that they spoke, and what people said of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("health", "0012_pushed_contracts"),
    ]

    operations = [
        migrations.AddField(
            model_name="observededge",
            name="contract",
            field=models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="contract"),
        ),
        migrations.AddField(
            model_name="observededge",
            name="version",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="version"),
        ),
        migrations.AddField(
            model_name="observededge",
            name="week_calls",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="calls in its last seven days"),
        ),
        # Back: what is told apart by contract has no place in the older table.
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM health_observededge WHERE contract <> '' OR caller = ''"),
        migrations.RemoveConstraint(model_name="observededge", name="observed_edge_once"),
        migrations.AddConstraint(
            model_name="observededge",
            constraint=models.UniqueConstraint(fields=("environment", "caller", "callee", "contract", "version"), name="observed_edge_once"),
        ),
        migrations.CreateModel(
            name="EdgeClock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("through_at", models.DateTimeField()),
                ("environment", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="edge_clock", to="catalog.environment")),
            ],
        ),
        migrations.CreateModel(
            name="EdgeAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(blank=True, max_length=60, verbose_name="caller")),
                ("callee", models.CharField(max_length=60, verbose_name="callee")),
                ("contract", models.CharField(blank=True, max_length=80, verbose_name="contract")),
                ("version", models.CharField(blank=True, max_length=60, verbose_name="version")),
                ("said", models.CharField(choices=[("none", "It is no dependency"), ("stands", "It still stands"), ("asked", "Its owner was asked")], max_length=8, verbose_name="said")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("by", models.CharField(max_length=200, verbose_name="by")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("ended_at__isnull", True)), fields=("caller", "callee", "contract", "version", "said"), name="edge_answer_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EdgeDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("origin", models.CharField(max_length=60)),
                ("calls", models.BigIntegerField()),
                ("edge", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="days", to="health.observededge")),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="edge_day_by_day")],
                "constraints": [models.UniqueConstraint(fields=("edge", "day", "origin"), name="edge_day_once")],
            },
        ),
    ]
