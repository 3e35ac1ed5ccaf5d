"""Triggers: events and seals cannot be changed, and each new event is put on the sealer's list.

Also the index over pairs of what an event can be searched by, which Django cannot declare (see `audit.search`).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit log is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION audit_list_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_unsealed (event_id) VALUES (NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER audit_event_unsealed AFTER INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_list_unsealed();
CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_keep BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE INDEX audit_pairs ON audit_event USING gin ((ARRAY[
  'actor_name+action:' || actor_name || '+' || action,
  'actor_name+product:' || actor_name || '+' || product,
  'actor_name+environment:' || actor_name || '+' || environment,
  'actor_name+result:' || actor_name || '+' || result,
  'action+product:' || action || '+' || product,
  'action+environment:' || action || '+' || environment,
  'action+result:' || action || '+' || result,
  'product+environment:' || product || '+' || environment,
  'product+result:' || product || '+' || result,
  'environment+result:' || environment || '+' || result
])) WITH (fastupdate = off);
"""

BACKWARD = """
DROP INDEX audit_pairs;
DROP TRIGGER audit_seal_no_truncate ON audit_seal;
DROP TRIGGER audit_seal_keep ON audit_seal;
DROP TRIGGER audit_event_no_truncate ON audit_event;
DROP TRIGGER audit_event_keep ON audit_event;
DROP TRIGGER audit_event_unsealed ON audit_event;
DROP FUNCTION audit_list_unsealed();
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
