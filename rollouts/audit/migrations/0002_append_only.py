"""The log is append-only: the database itself refuses to change or remove an event."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_content_no_delete BEFORE DELETE ON audit_content
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_content_no_truncate BEFORE TRUNCATE ON audit_content
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
-- Content changes only by the logged erasure, which marks the row and may do so once.
CREATE TRIGGER audit_content_only_erased BEFORE UPDATE ON audit_content
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL
                       OR NEW.event_id <> OLD.event_id OR NEW.salt <> OLD.salt)
    EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_stream_no_delete BEFORE DELETE ON audit_stream
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_stream_no_truncate BEFORE TRUNCATE ON audit_stream
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_stream_only_grows BEFORE UPDATE ON audit_stream
    FOR EACH ROW WHEN (NEW.head_seq <= OLD.head_seq OR NEW.key <> OLD.key) EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_checkpoint_no_change BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_checkpoint_no_truncate BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

BACK = """
DROP TRIGGER audit_event_no_change ON audit_event;
DROP TRIGGER audit_event_no_truncate ON audit_event;
DROP TRIGGER audit_content_no_delete ON audit_content;
DROP TRIGGER audit_content_no_truncate ON audit_content;
DROP TRIGGER audit_content_only_erased ON audit_content;
DROP TRIGGER audit_stream_no_delete ON audit_stream;
DROP TRIGGER audit_stream_no_truncate ON audit_stream;
DROP TRIGGER audit_stream_only_grows ON audit_stream;
DROP TRIGGER audit_checkpoint_no_change ON audit_checkpoint;
DROP TRIGGER audit_checkpoint_no_truncate ON audit_checkpoint;
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
