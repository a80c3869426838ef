-- What clients measure themselves.

-- One summary of one session on one device.
CREATE TABLE client_metrics (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text NOT NULL,
    client_name text NOT NULL,
    session_id text NOT NULL,
    -- The client's own timestamp, or a digest of a report without one: a repeated report is stored once.
    key text NOT NULL,
    reported_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    session_duration double precision NOT NULL,  -- seconds
    turns_total int NOT NULL,
    interruptions int NOT NULL,
    -- Latencies in milliseconds.
    stt_latency_median double precision NOT NULL,
    stt_latency_p99 double precision NOT NULL,
    llm_ttft_median double precision NOT NULL,
    llm_ttft_p99 double precision NOT NULL,
    tts_ttfb_median double precision NOT NULL,
    tts_ttfb_p99 double precision NOT NULL,
    e2e_latency_median double precision NOT NULL,
    e2e_latency_p99 double precision NOT NULL,
    -- Costs in US dollars, as the client reckons them.
    stt_cost double precision NOT NULL,
    tts_cost double precision NOT NULL,
    llm_cost double precision NOT NULL,
    total_cost double precision NOT NULL,
    thermal_throttle_events int NOT NULL,
    network_degradations int NOT NULL,
    -- What else the report held.
    extra jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id, client_id, session_id, key)
);
CREATE INDEX client_metrics_received ON client_metrics (tenant_id, received_at DESC, id DESC);
CALL protect('client_metrics');

-- Single measurements that clients send in batches, kept as they came.
CREATE TABLE client_events (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client text NOT NULL,
    client_id text NOT NULL,
    client_name text NOT NULL,
    -- Digest of the event: a repeated one is stored once.
    digest text NOT NULL,
    event jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id, client_id, digest)
);
CREATE INDEX client_events_received ON client_events (tenant_id, received_at DESC);
CALL protect('client_events');
