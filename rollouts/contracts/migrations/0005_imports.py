"""Catalog files at addresses, and what each origin of files listed."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("contracts", "0004_uses"),
    ]

    operations = [
        migrations.CreateModel(
            name="Listed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=200)),
                ("section", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("brought", models.BooleanField(default=False)),
                ("listed_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["section", "name"], name="listed_by_name")],
                "constraints": [models.UniqueConstraint(fields=("origin", "section", "name"), name="listed_once")],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("address", models.URLField(max_length=500, verbose_name="address")),
                ("every_minutes", models.PositiveIntegerField(default=60, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10080)], verbose_name="asked every so many minutes")),
                ("access", models.TextField(blank=True)),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("etag", models.CharField(blank=True, max_length=300)),
                ("modified", models.CharField(blank=True, max_length=100)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("last_success_at", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True)),
                ("last_error_at", models.DateTimeField(blank=True, null=True)),
                ("failing_told_at", models.DateTimeField(blank=True, null=True)),
                ("report", models.JSONField(blank=True, default=dict)),
                ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="accounts.team", verbose_name="owning team")),
            ],
            options={
                "indexes": [models.Index(models.F("due_at"), condition=models.Q(("due_at__isnull", False), ("enabled", True)), name="import_due")],
                "constraints": [models.CheckConstraint(condition=models.Q(("every_minutes__gte", 5), ("every_minutes__lte", 10080)), name="import_every_5_min_to_a_week", violation_error_message="Ask every 5 minutes at most, and once a week at least.")],
            },
        ),
    ]
