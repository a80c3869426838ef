-- Voices a tenant has chosen and named, and which of them its modules speak with.
CREATE TABLE tts_profiles (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    provider text NOT NULL,
    voice_id text NOT NULL,
    -- {speed, exaggeration?, cfg_weight?, language?, extra?}
    settings jsonb NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    use_case text NOT NULL DEFAULT '',
    sample_text text NOT NULL DEFAULT '',
    is_active boolean NOT NULL DEFAULT true,
    is_default boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name),
    CHECK (is_active OR NOT is_default)
);
CREATE UNIQUE INDEX tts_profiles_default ON tts_profiles (tenant_id) WHERE is_default;
CALL protect('tts_profiles');

CREATE TABLE module_voices (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    module_id text NOT NULL,
    profile_id uuid NOT NULL,
    id uuid NOT NULL,
    -- What in the module it is for; empty: everything.
    context text NOT NULL DEFAULT '',
    -- The highest is the best.
    priority int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, module_id, profile_id),
    FOREIGN KEY (tenant_id, profile_id) REFERENCES tts_profiles ON DELETE CASCADE
);
CALL protect('module_voices');
