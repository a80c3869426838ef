-- Requests that may be repeated: the first one's answer is kept under its Idempotency-Key.

CREATE TABLE idempotency_keys (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL,
    key text NOT NULL,
    -- hex SHA-256 of method, path and body
    fingerprint text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- set in the same transaction as the request's effect
    effective boolean NOT NULL DEFAULT false,
    status int,
    body text,
    PRIMARY KEY (tenant_id, user_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (claimed_at);
CALL protect('idempotency_keys');

-- Claim a key for this request, or answer what it answered the first time. Claimed: claim is set, status is not.
CREATE FUNCTION claim_key(name text, print text, OUT claim timestamptz, OUT status int, OUT body text)
    LANGUAGE plpgsql AS $$
DECLARE
    held idempotency_keys;
BEGIN
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

-- Say, in the transaction of the effect, that the request was carried out; refuse when the claim was lost to another.
CREATE FUNCTION carry_out(name text, claim timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE idempotency_keys k SET effective = true
    WHERE k.tenant_id = app_tenant() AND k.user_id = app_user() AND k.key = name AND k.claimed_at = claim;
    IF NOT FOUND THEN
        PERFORM refuse('PT409', 'a request with this Idempotency-Key is under way',
                       '{"code": "idempotency_in_flight"}');
    END IF;
END $$;
