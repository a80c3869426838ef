-- The rest of an answer whose connection ended in mid-sentence: a learner who is back soon hears it.
ALTER TABLE turns
    -- What was said of the answer, to the end of a clause.
    ADD COLUMN said text,
    -- What follows it, as far as the model had written; NULL when nothing is to be said any more.
    ADD COLUMN unsaid text,
    ADD COLUMN unsaid_at timestamptz;
