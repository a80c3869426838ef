-- How long answers sounded: what was sent of them as sound. What a device speaks by itself is no sound of ours.
ALTER TABLE turns ADD COLUMN sound_ms int NOT NULL DEFAULT 0 CHECK (sound_ms >= 0);
ALTER TABLE activity_hours ADD COLUMN sound_ms bigint NOT NULL DEFAULT 0;

-- An answer is stored again and again while it is spoken; it is counted once, when it is complete.
CREATE OR REPLACE FUNCTION count_answer(answer turns) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_hours AS a (tenant_id, user_id, hour, turns, interruptions, sound_ms)
    SELECT s.tenant_id, s.user_id, date_trunc('hour', now()), 1, answer.interrupted::int, answer.sound_ms
    FROM learning_sessions s WHERE s.tenant_id = answer.tenant_id AND s.id = answer.session_id
    ON CONFLICT (tenant_id, user_id, hour) DO UPDATE
    SET turns = a.turns + excluded.turns, interruptions = a.interruptions + excluded.interruptions,
        sound_ms = a.sound_ms + excluded.sound_ms;

    INSERT INTO latency_hours AS l
    SELECT s.tenant_id, s.user_id, date_trunc('hour', now()), 'server', m.stage, '', '', latency_step(m.ms), 1, m.ms, m.ms,
           m.ms
    FROM learning_sessions s
    CROSS JOIN LATERAL (VALUES ('stt', answer.stt_ms), ('llm', answer.llm_ms), ('tts', answer.tts_ms),
                               ('e2e', answer.total_ms)) AS m (stage, ms)
    WHERE s.tenant_id = answer.tenant_id AND s.id = answer.session_id AND m.ms > 0
    ON CONFLICT (tenant_id, user_id, hour, source, stage, client, provider, step) DO UPDATE
    SET measured = l.measured + excluded.measured, total_ms = l.total_ms + excluded.total_ms,
        least_ms = least(l.least_ms, excluded.least_ms), most_ms = greatest(l.most_ms, excluded.most_ms);
END $$;
