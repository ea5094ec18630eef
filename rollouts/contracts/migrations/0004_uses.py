"""Which parts of a contract a service uses, and since when consumers and dependencies are declared."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("contracts", "0003_consumer_kind"),
    ]

    operations = [
        migrations.AddField(
            model_name="consumer",
            name="declared_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dependency",
            name="declared_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("operation", models.CharField(blank=True, max_length=200, verbose_name="operation or channel")),
                ("field", models.CharField(blank=True, max_length=200, verbose_name="field")),
                ("type", models.CharField(blank=True, max_length=120, verbose_name="named type")),
                ("versions", models.CharField(blank=True, max_length=120, verbose_name="versions")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("source", models.CharField(choices=[("declared", "Declared"), ("observed", "Observed")], max_length=8, verbose_name="known because")),
                ("first_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="last seen")),
                ("gone_at", models.DateTimeField(blank=True, null=True)),
                ("contract", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="used", to="contracts.contract")),
                ("service", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="used", to="catalog.service")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("service", "contract", "operation", "field", "type"), name="use_once"),
                    models.CheckConstraint(condition=models.Q(("field", ""), ("operation", ""), ("type", ""), _negated=True), name="use_of_something", violation_error_message="Name an operation, a field or a type."),
                ],
            },
        ),
    ]
