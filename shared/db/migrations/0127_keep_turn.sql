-- Store an utterance once, as the sessions' repository says it: one call instead of a claim, an insert and a count, for
-- an answer is stored again and again while it is spoken. Raises as claim_session, whose `allowed` and `code` it takes.
CREATE FUNCTION keep_turn(
    tenant uuid, session uuid, allowed text[], code text, new_id uuid, said_in text, by_role text, what text, audio text,
    stt int, llm int, tts int, total int, was_interrupted boolean, is_complete boolean, so_far text, rest text, sound int
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_new boolean;
BEGIN
    PERFORM claim_session(tenant, session, allowed, 'continued', code);
    INSERT INTO turns AS t (tenant_id, session_id, sequence, id, turn_id, role, content, audio_url,
                            stt_ms, llm_ms, tts_ms, total_ms, interrupted, complete, said, unsaid, unsaid_at, sound_ms)
    SELECT tenant, session, coalesce(max(n.sequence), 0) + 1, new_id, said_in, by_role, what, audio,
           stt, llm, tts, total, was_interrupted, is_complete, so_far, rest, now(), sound
    FROM turns n WHERE n.tenant_id = tenant AND n.session_id = session
    ON CONFLICT (tenant_id, session_id, turn_id, role) DO UPDATE SET
        content = excluded.content, audio_url = excluded.audio_url,
        stt_ms = coalesce(t.stt_ms, excluded.stt_ms), llm_ms = coalesce(t.llm_ms, excluded.llm_ms),
        tts_ms = coalesce(t.tts_ms, excluded.tts_ms), total_ms = coalesce(t.total_ms, excluded.total_ms),
        interrupted = excluded.interrupted, complete = t.complete OR excluded.complete,
        said = excluded.said, unsaid = excluded.unsaid, unsaid_at = excluded.unsaid_at,
        sound_ms = greatest(t.sound_ms, excluded.sound_ms)
    -- Progress that arrives late does not shorten what was stored when its connection ended.
    WHERE NOT t.complete OR t.unsaid IS NOT NULL
      AND (excluded.complete OR length(excluded.content) > length(t.content))
    RETURNING t.id = new_id INTO is_new;
    IF is_new THEN
        UPDATE learning_sessions s SET turn_count = (
            SELECT count(*) FROM turns n WHERE n.tenant_id = tenant AND n.session_id = session)
        WHERE s.tenant_id = tenant AND s.id = session;
    END IF;
END $$;
