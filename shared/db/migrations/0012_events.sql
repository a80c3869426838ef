-- News of sessions for every process that listens, told when the change commits and by whomever it is made; and which of
-- a session's voice sockets is the newest.

-- Counts the voice sockets a session has had: the one with the highest number is its only one.
ALTER TABLE learning_sessions ADD COLUMN connection int NOT NULL DEFAULT 0;

-- Say what happened on the channel `session_news`, as {tenant, session, status, event} and what goes with the event.
-- No speech and no names: ids, numbers and words of ours, far below the 8000 bytes a notification holds.
CREATE FUNCTION tell_session_news(tenant uuid, session uuid, status text, event text, details jsonb) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    SELECT pg_notify('session_news', (details || jsonb_build_object(
        'tenant', tenant, 'session', session, 'status', status, 'event', event))::text);
END;

CREATE FUNCTION tell_session_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_session_news(s.tenant_id, s.id, s.status, NEW.type, NEW.data - 'utterance')
    FROM learning_sessions s WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.session_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_session_event AFTER INSERT ON session_events FOR EACH ROW EXECUTE FUNCTION tell_session_event();

CREATE FUNCTION tell_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_session_news(s.tenant_id, s.id, s.status, 'turn',
                              jsonb_build_object('turn_id', NEW.turn_id, 'role', NEW.role))
    FROM learning_sessions s WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.session_id;
    RETURN NULL;
END $$;
-- An answer is stored again and again while it is spoken; it is told of once, when it is complete.
CREATE TRIGGER tell_turn AFTER INSERT ON turns FOR EACH ROW WHEN (NEW.complete) EXECUTE FUNCTION tell_turn();
CREATE TRIGGER tell_turn_completed AFTER UPDATE ON turns FOR EACH ROW WHEN (NEW.complete AND NOT OLD.complete)
    EXECUTE FUNCTION tell_turn();

CREATE FUNCTION tell_session_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_session_news(OLD.tenant_id, OLD.id, 'deleted', 'deleted', '{}');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_session_deleted AFTER DELETE ON learning_sessions
    FOR EACH ROW EXECUTE FUNCTION tell_session_deleted();
