-- Curricula that are to be spoken ahead of a day. How much of one is spoken is read from the object store, not from here.
CREATE TABLE deployments (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    -- Own or public content, hence no foreign key.
    curriculum_id text NOT NULL,
    name text NOT NULL,
    target_date date,
    voice text NOT NULL DEFAULT '',
    speed double precision NOT NULL DEFAULT 1 CHECK (speed BETWEEN 0.5 AND 2),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When speaking was last begun.
    started_at timestamptz,
    cancelled_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX deployments_created ON deployments (tenant_id, created_at DESC, id DESC);
CALL protect('deployments');
