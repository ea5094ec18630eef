from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0002_lifetime'),
    ]

    operations = [
        migrations.AddField(
            model_name='consumer',
            name='kind',
            field=models.CharField(choices=[('hard', 'hard'), ('soft', 'soft')], db_default='hard', default='hard', max_length=8, verbose_name='kind'),
        ),
    ]
