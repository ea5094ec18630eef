"""Pushed requests may say which version of a contract they spoke."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0011_exemplars"),
    ]

    operations = [
        migrations.AddField(
            model_name="pushed",
            name="contract",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddField(
            model_name="pushed",
            name="contract_version",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
    ]
