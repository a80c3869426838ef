-- Quizzes a learner has played by voice, what became of each question, and when it is due again.

CREATE TABLE quizzes (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id uuid NOT NULL,
    -- Own or shared content, hence no foreign key; its name as it read then.
    pack_id text NOT NULL,
    pack_name text NOT NULL,
    strictness text NOT NULL CHECK (strictness IN ('strict', 'standard', 'lenient')),
    answered int NOT NULL DEFAULT 0,
    correct int NOT NULL DEFAULT 0,
    score int NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX quizzes_user ON quizzes (tenant_id, user_id, started_at DESC, id DESC);
CALL protect('quizzes');

CREATE TABLE quiz_answers (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    quiz_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position int NOT NULL,
    question_id text NOT NULL,
    part int NOT NULL,
    given text NOT NULL,
    matched boolean NOT NULL,
    rule text NOT NULL,
    reason text NOT NULL,
    points int NOT NULL,
    -- how much of the question had been heard, 0 to 1
    buzzed_at double precision NOT NULL CHECK (buzzed_at BETWEEN 0 AND 1),
    pace_ms int NOT NULL,
    target_ms int NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, quiz_id, position),
    FOREIGN KEY (tenant_id, quiz_id) REFERENCES quizzes ON DELETE CASCADE
);
CALL protect('quiz_answers');

-- Spaced repetition (Leitner): a question that is missed goes back to the first box, one that is known moves on, and
-- each box waits longer than the one before.
CREATE TABLE quiz_cards (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    question_id text NOT NULL,
    box int NOT NULL DEFAULT 0 CHECK (box BETWEEN 0 AND 5),
    due_at timestamptz NOT NULL,
    asked int NOT NULL DEFAULT 1,
    missed int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, user_id, question_id)
);
CALL protect('quiz_cards');

-- How long a question waits in a box.
CREATE FUNCTION quiz_wait(box int) RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (ARRAY[interval '10 minutes', '1 day', '3 days', '7 days', '16 days', '35 days'])[least(box, 5) + 1];
