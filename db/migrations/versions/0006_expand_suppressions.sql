-- Who let mail go somewhere again, and on what ground. Names nobody: a hash, as what it removed.
CREATE TABLE suppression_removals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind suppression_kind NOT NULL,
    subject_hash text NOT NULL,
    reason suppression_reason NOT NULL,
    source text NOT NULL,
    suppressed_at timestamptz NOT NULL,
    removed_at timestamptz NOT NULL DEFAULT tenuto_now(),
    removed_by text NOT NULL,
    -- The person's own consent, or else a mistake of ours.
    consent boolean NOT NULL,
    ground text NOT NULL
);
CREATE INDEX suppression_removals_of_subject ON suppression_removals (kind, subject_hash);

ALTER TYPE suppression_reason ADD VALUE 'soft_bounces' AFTER 'hard_bounce';
-- A full mailbox may be emptied. NULL: for good.
ALTER TABLE suppressions ADD COLUMN expires_at timestamptz;
