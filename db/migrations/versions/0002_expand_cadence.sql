-- Where a contact is, and on which clocks: several, where the country or region has several.
ALTER TYPE zone_source ADD VALUE 'region' BEFORE 'country';
ALTER TABLE contacts
    -- ISO 3166-2 without the country: BY with DE.
    ADD COLUMN region text,
    ADD COLUMN zones text[] NOT NULL DEFAULT '{}',
    DROP CONSTRAINT contacts_check,
    ADD CHECK ((zone IS NULL AND zones = '{}') = (zone_source = 'none')),
    ADD CHECK (zone IS NULL OR zones = '{}');

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
ALTER TABLE enrollments ADD COLUMN local_calendar_id uuid REFERENCES local_calendars;

-- What holds for all sequences; each may only be stricter. One row, read by every claim.
CREATE TABLE installation_limits (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    limits jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT tenuto_now(),
    changed_by text NOT NULL
);
INSERT INTO installation_limits (limits, changed_by) VALUES
    ('{"gap": {"business_days": 2}, "caps": [{"count": 3, "seconds": 604800}]}', 'default');

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
-- Those that are there send already: they need no warming up.
UPDATE mailboxes SET ramp = false;

ALTER TABLE sends
    -- The first mail of its enrollment: a new start.
    ADD COLUMN starts boolean NOT NULL DEFAULT false,
    -- While pending: the slot that it was given, and from when it could have left.
    ADD COLUMN booked_at timestamptz,
    ADD COLUMN ready_at timestamptz,
    -- Who goes first among a person's: the smaller one.
    ADD COLUMN rank bigint,
    ADD COLUMN company_id uuid REFERENCES companies,
    -- The gap that its own sequence asks for, after it and before it.
    ADD COLUMN gap jsonb,
    ADD CHECK (booked_at IS NULL OR state = 'pending');
CREATE INDEX sends_booked_of_mailbox ON sends (mailbox_id, booked_at) WHERE booked_at IS NOT NULL;
CREATE INDEX sends_booked_of_contact ON sends (contact_id) WHERE booked_at IS NOT NULL;
CREATE INDEX sends_of_company ON sends (company_id, counts_at)
    WHERE counts_at IS NOT NULL AND company_id IS NOT NULL;
CREATE INDEX contacts_of_company ON contacts (company_id);
