-- Kept answers: sealed by the application from now on, and only for a day. Those kept before are in clear: they go.
TRUNCATE idempotency_keys;

CREATE INDEX idempotency_keys_lapse ON idempotency_keys (tenant_id, claimed_at);
DROP INDEX idempotency_keys_age;

-- As before; and a key is good for a day, so that what is kept does not grow without end.
CREATE OR REPLACE FUNCTION claim_key(name text, print text, OUT claim timestamptz, OUT status int, OUT body text)
    LANGUAGE plpgsql AS $$
DECLARE
    held idempotency_keys;
BEGIN
    DELETE FROM idempotency_keys k WHERE (k.tenant_id, k.user_id, k.key) IN (
        SELECT o.tenant_id, o.user_id, o.key FROM idempotency_keys o
        WHERE o.tenant_id = app_tenant() AND o.claimed_at < now() - interval '1 day' LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO idempotency_keys AS k (tenant_id, user_id, key, fingerprint)
    VALUES (app_tenant(), app_user(), name, print) ON CONFLICT DO NOTHING RETURNING k.claimed_at INTO claim;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO held FROM idempotency_keys k
    WHERE k.tenant_id = app_tenant() AND k.user_id = app_user() AND k.key = name FOR UPDATE;
    IF held.fingerprint <> print THEN
        PERFORM refuse('PT422', 'this Idempotency-Key was used for another request',
                       '{"code": "idempotency_key_reused"}');
    ELSIF held.status IS NOT NULL THEN
        status := held.status;
        body := held.body;
    ELSIF held.effective THEN
        PERFORM refuse('PT409', 'this request was carried out, but its answer was lost',
                       '{"code": "idempotency_answer_lost"}');
    ELSIF held.claimed_at > clock_timestamp() - interval '1 minute' THEN
        PERFORM refuse('PT409', 'a request with this Idempotency-Key is under way',
                       '{"code": "idempotency_in_flight"}');
    ELSE
        UPDATE idempotency_keys k SET claimed_at = clock_timestamp()
        WHERE k.tenant_id = app_tenant() AND k.user_id = app_user() AND k.key = name
        RETURNING k.claimed_at INTO claim;
    END IF;
END $$;
