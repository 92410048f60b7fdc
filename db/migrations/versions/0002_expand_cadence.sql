-- Where a contact is, and on which clocks: several, where the country or region has several.
ALTER TYPE zone_source ADD VALUE 'region' BEFORE 'country';
ALTER TABLE contacts
    -- ISO 3166-2 without the country: BY with DE.
    ADD COLUMN region text,
    ADD COLUMN zones text[] NOT NULL DEFAULT '{}',
    -- The previous release knows nothing of several clocks: it may write the one beside them.
    DROP CONSTRAINT contacts_check;

-- A weekend and holidays as they were known when somebody was enrolled: what is pinned never
-- changes, and those who were told the same share a row.
CREATE TABLE local_calendars (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- The country, with its region where that has holidays of its own: DE-BY.
    place text NOT NULL,
    -- Monday is 0.
    weekend smallint[] NOT NULL,
    closed date[] NOT NULL,
    content_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT tenuto_now()
);
CREATE TRIGGER local_calendars_are_immutable BEFORE UPDATE OR DELETE ON local_calendars
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- NULL: Saturday and Sunday, and no holidays.
ALTER TABLE enrollments
    ADD COLUMN local_calendar_id uuid REFERENCES local_calendars,
    -- An operator's own time for a step outlives the hour that the step asks for.
    ADD COLUMN rescheduled boolean NOT NULL DEFAULT false;

-- What holds for all sequences; each may only be stricter. One row, read by every claim.
CREATE TABLE installation_limits (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    limits jsonb NOT NULL,
    -- Whether a claim must lock and count companies as well.
    guards_companies boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT tenuto_now(),
    changed_by text NOT NULL
);
-- Where sequences run already, each goes on by its own until somebody says otherwise.
INSERT INTO installation_limits (limits, changed_by)
SELECT CASE WHEN EXISTS (SELECT FROM sequence_versions) THEN '{}'::jsonb ELSE
    '{"gap": {"business_days": 2}, "caps": [{"count": 3, "seconds": 604800}]}' END, 'default';

ALTER TABLE sequence_versions
    ADD COLUMN guards_companies boolean NOT NULL DEFAULT false,
    -- Whether it has a limit of its own on first mails in a day.
    ADD COLUMN limits_starts boolean NOT NULL DEFAULT false;

ALTER TABLE mailboxes
    ADD COLUMN owner text,
    ADD COLUMN pools text[] NOT NULL DEFAULT '{}',
    -- At least so long between two mails.
    ADD COLUMN gap_seconds integer NOT NULL DEFAULT 600 CHECK (gap_seconds >= 0),
    -- First mails of an enrollment in a day; NULL: as many as the cap lets through.
    ADD COLUMN new_per_day integer DEFAULT 10 CHECK (new_per_day > 0),
    ADD COLUMN ramp boolean NOT NULL DEFAULT true,
    -- Days on which it sent something since the ramp began, and the last of them.
    ADD COLUMN sending_days integer NOT NULL DEFAULT 0,
    ADD COLUMN last_sending_day date,
    ADD COLUMN zone text NOT NULL DEFAULT 'UTC',
    -- NULL: always open.
    ADD COLUMN sending_window jsonb;
-- Those that are there send already, at their own pace.
UPDATE mailboxes SET ramp = false, gap_seconds = 0, new_per_day = NULL;

ALTER TABLE sends
    -- The first mail of its enrollment: a new start.
    ADD COLUMN starts boolean NOT NULL DEFAULT false,
    -- While pending: the slot that it was given, and from when it could have left.
    ADD COLUMN booked_at timestamptz,
    ADD COLUMN ready_at timestamptz,
    -- Who goes first among a person's: the smaller one.
    ADD COLUMN rank bigint;
-- The previous release claims without clearing the slot: only a pending mail's is one.
CREATE INDEX sends_booked_of_mailbox ON sends (mailbox_id, booked_at)
    WHERE state = 'pending' AND booked_at IS NOT NULL;
CREATE INDEX sends_booked_of_contact ON sends (contact_id)
    WHERE state = 'pending' AND booked_at IS NOT NULL;
CREATE INDEX contacts_of_company ON contacts (company_id);
CREATE INDEX enrollments_of_mailbox ON enrollments (mailbox_id)
    WHERE status IN ('active', 'paused');
-- Those who wait already have their slots; from here on each change writes them.
UPDATE sends SET booked_at = e.next_scheduled_at, ready_at = e.step_entered_at + e.step_wait,
    rank = (extract(epoch FROM e.step_entered_at + e.step_wait) * 1000)::bigint - 50 * 14400000,
    starts = NOT EXISTS (SELECT FROM sends p
        WHERE p.enrollment_id = e.id AND p.step_index <> e.current_step_index)
FROM enrollments e
WHERE sends.enrollment_id = e.id AND sends.step_index = e.current_step_index
    AND sends.state = 'pending' AND e.status IN ('active', 'paused');
