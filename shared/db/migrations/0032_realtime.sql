-- What opens Realtime sockets for a while, in place of a token that a browser should not hold.
CREATE UNLOGGED TABLE realtime_secrets (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    -- hex of a keyed hash; the secret itself is never stored
    secret_hash text NOT NULL,
    -- the credential it was made with, which is checked whenever the socket is
    kind text NOT NULL,
    home_id uuid NOT NULL,
    credential text,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- the only tutoring session it opens; null: a new one each time, or whichever the client names
    session_id uuid,
    -- what the client's session begins with, as the client sent it
    settings jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, secret_hash)
);
CALL protect('realtime_secrets');
