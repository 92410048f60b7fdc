CREATE TYPE feedback_kind AS ENUM ('bounce', 'complaint', 'removal', 'block');

-- What counts for the guardrails: of each kind one for a mail, however often it is reported.
CREATE TABLE send_feedback (
    enrollment_id uuid NOT NULL,
    step_index integer NOT NULL,
    kind feedback_kind NOT NULL,
    sequence_id text NOT NULL REFERENCES sequences,
    -- That of the mail: its enrollment may have another one by now.
    mailbox_id uuid NOT NULL REFERENCES mailboxes,
    at timestamptz NOT NULL DEFAULT tenuto_now(),
    PRIMARY KEY (enrollment_id, step_index, kind),
    FOREIGN KEY (enrollment_id, step_index) REFERENCES sends (enrollment_id, step_index)
);
CREATE INDEX send_feedback_of_sequence ON send_feedback (sequence_id, at);
CREATE INDEX send_feedback_of_mailbox ON send_feedback (mailbox_id, at);
-- A refused mail counts as one, though it never left.
CREATE INDEX sends_refused_of_mailbox ON sends (mailbox_id, claimed_at) WHERE state = 'refused';

-- What the reason leaves out: it must be one of few words, which Temporal may show.
ALTER TABLE holds ADD COLUMN detail text;
