-- What watchers of a tenant are told beside the news of its sessions, on the same channel, as {tenant, event: "update",
-- type, data}; and with {about}, of what belongs to one person: only they and those who teach or run the tenant are told.
-- It is told when the change commits, whoever makes it.

-- A notification holds 8000 bytes; what would be longer is told without its longest fields.
CREATE FUNCTION tell_update(tenant uuid, type text, data jsonb, about uuid DEFAULT NULL, longest text DEFAULT '')
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told jsonb := jsonb_build_object(
        'tenant', tenant, 'event', 'update', 'type', type, 'data', data, 'about', coalesce(about::text, ''));
BEGIN
    IF octet_length(told::text) > 7500 THEN
        told := jsonb_set(told, '{data}', (data - longest) || jsonb_build_object('truncated', true));
    END IF;
    IF octet_length(told::text) <= 7500 THEN
        PERFORM pg_notify('session_news', told::text);
    END IF;
END $$;

CREATE FUNCTION tell_curriculum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := CASE
        WHEN TG_OP = 'INSERT' THEN 'curriculum_imported'
        WHEN TG_OP = 'DELETE' THEN 'curriculum_deleted'
        WHEN NEW.status = 'archived' AND OLD.status <> 'archived' THEN 'curriculum_archived'
        WHEN NEW.status <> 'archived' AND OLD.status = 'archived' THEN 'curriculum_unarchived'
        ELSE 'curriculum_updated' END;
    which curricula := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM tell_update(which.tenant_id, what, jsonb_build_object('id', which.id, 'title', left(which.title, 500)));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_curriculum AFTER INSERT OR DELETE ON curricula FOR EACH ROW EXECUTE FUNCTION tell_curriculum();
CREATE TRIGGER tell_curriculum_changed AFTER UPDATE ON curricula FOR EACH ROW
    WHEN (NEW.document IS DISTINCT FROM OLD.document OR NEW.status <> OLD.status) EXECUTE FUNCTION tell_curriculum();

CREATE FUNCTION tell_server() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM tell_update(OLD.tenant_id, 'server_deleted', jsonb_build_object('id', OLD.id));
    ELSE
        PERFORM tell_update(NEW.tenant_id, 'server_added', jsonb_build_object(
            'id', NEW.id, 'name', NEW.name, 'type', NEW.type, 'url', NEW.url, 'port', NEW.port, 'status', 'unknown',
            'capabilities', '[]'::jsonb, 'models', to_jsonb(NEW.models)), longest => 'models');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_server AFTER INSERT OR DELETE ON model_servers FOR EACH ROW EXECUTE FUNCTION tell_server();

CREATE FUNCTION tell_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_update(NEW.tenant_id, 'client_update', jsonb_strip_nulls(jsonb_build_object(
        'id', NEW.id, 'name', NEW.name, 'platform', NEW.platform, 'device_model', NEW.device_model,
        'os_version', NEW.os_version, 'app_version', NEW.app_version, 'version', NEW.app_version, 'status', 'online',
        'first_seen', extract(epoch FROM NEW.first_seen), 'last_seen', extract(epoch FROM NEW.last_seen),
        'ip_address', NEW.address, 'current_session_id', NEW.current_session_id, 'total_sessions', NEW.reports,
        'total_logs', NEW.logs, 'config', NEW.config)), NEW.user_id, 'config');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_client AFTER INSERT ON clients FOR EACH ROW EXECUTE FUNCTION tell_client();
-- Not each sign of life: once a minute is enough, and whenever something else has changed.
CREATE TRIGGER tell_client_changed AFTER UPDATE ON clients FOR EACH ROW
    WHEN (NEW.last_seen > OLD.last_seen + interval '1 minute' OR NEW.activity <> OLD.activity
          OR NEW.current_session_id IS DISTINCT FROM OLD.current_session_id OR NEW.config <> OLD.config
          OR NEW.app_version <> OLD.app_version OR NEW.name <> OLD.name)
    EXECUTE FUNCTION tell_client();

CREATE FUNCTION tell_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_update(NEW.tenant_id, 'log', jsonb_build_object(
        'id', NEW.id, 'timestamp', to_char(NEW.logged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'level', NEW.level, 'label', NEW.label, 'source', NEW.label, 'message', left(NEW.message, 2000),
        'file', NEW.file, 'function', NEW.function, 'line', NEW.line, 'metadata', NEW.metadata,
        'client_id', NEW.client_id, 'client_name', NEW.client_name,
        'received_at', extract(epoch FROM NEW.received_at)), NEW.user_id, 'metadata');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_log AFTER INSERT ON client_logs FOR EACH ROW EXECUTE FUNCTION tell_log();

CREATE FUNCTION tell_logs_cleared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Somebody cleared them; those that are only too old are removed by nobody in particular.
    IF app_user() IS NOT NULL AND EXISTS (SELECT FROM gone) THEN
        PERFORM tell_update(app_tenant(), 'logs_cleared', '{}');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_logs_cleared AFTER DELETE ON client_logs REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION tell_logs_cleared();

CREATE FUNCTION tell_metrics() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_update(NEW.tenant_id, 'metrics',
        to_jsonb(NEW) - ARRAY['tenant_id', 'user_id', 'key', 'reported_at', 'received_at', 'extra']
        || jsonb_build_object(
            'timestamp', to_char(NEW.reported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'received_at', extract(epoch FROM NEW.received_at)), NEW.user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_metrics AFTER INSERT ON client_metrics FOR EACH ROW EXECUTE FUNCTION tell_metrics();
