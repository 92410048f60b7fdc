-- Every instant of ours comes from here, to the millisecond, read when it is asked for: now()
-- would be the transaction's start, before its locks. A simulation replaces the function.
CREATE FUNCTION tenuto_now() RETURNS timestamptz LANGUAGE sql VOLATILE
AS $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$;

CREATE TYPE enrollment_status AS ENUM ('active', 'paused', 'completed', 'replied', 'opted_out',
    'bounced', 'complained', 'removed', 'deleted', 'goal_met', 'failed');
CREATE TYPE exit_reason AS ENUM ('completion', 'reply', 'opt_out', 'hard_bounce', 'soft_bounces',
    'complaint', 'manual', 'exit_step', 'away_too_long', 'contact_deleted', 'goal', 'failure');
CREATE TYPE enrollment_event AS ENUM ('enrolled', 'moved', 'deferred', 'rescheduled', 'held',
    'resumed', 'send_resolved', 'completed', 'replied', 'opted_out', 'bounced', 'complained',
    'removed', 'contact_deleted', 'goal_reached', 'failed');
CREATE TYPE entry_trigger AS ENUM ('manual', 'import', 'api');
CREATE TYPE send_state AS ENUM ('pending', 'sending', 'sent', 'refused', 'skipped', 'cancelled',
    'unknown');
CREATE TYPE hold_scope AS ENUM ('enrollment', 'contact', 'company', 'sequence', 'mailbox',
    'everything');
CREATE TYPE address_status AS ENUM ('good', 'dead');
CREATE TYPE zone_source AS ENUM ('contact', 'country', 'none');
CREATE TYPE suppression_kind AS ENUM ('address', 'domain');
CREATE TYPE suppression_reason AS ENUM ('opt_out', 'hard_bounce', 'complaint', 'manual');

CREATE TABLE companies (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    domain text NOT NULL UNIQUE
);

-- A person. Whoever writes one's holds, enrollments or claims locks this row first.
CREATE TABLE contacts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner text,
    company_id uuid REFERENCES companies,
    attributes jsonb NOT NULL DEFAULT '{}',
    country text,
    zone text,
    zone_source zone_source NOT NULL DEFAULT 'none',
    created_at timestamptz NOT NULL DEFAULT tenuto_now(),
    deleted_at timestamptz,
    CHECK ((zone IS NULL) = (zone_source = 'none'))
);

CREATE TABLE addresses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL REFERENCES contacts,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    status address_status NOT NULL DEFAULT 'good',
    created_at timestamptz NOT NULL DEFAULT tenuto_now()
);
CREATE INDEX addresses_of_contact ON addresses (contact_id);

-- Found by hash, so that it outlives the erasure of the person.
CREATE TABLE suppressions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind suppression_kind NOT NULL,
    subject_hash text NOT NULL,
    subject text,
    reason suppression_reason NOT NULL,
    source text NOT NULL,
    at timestamptz NOT NULL DEFAULT tenuto_now(),
    UNIQUE (kind, subject_hash)
);

CREATE TABLE mailboxes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    address text NOT NULL UNIQUE CHECK (address = lower(address)),
    name text NOT NULL,
    postal_address text NOT NULL CHECK (postal_address <> ''),
    verp boolean NOT NULL,
    keeps_message_id boolean NOT NULL,
    reply_tag boolean NOT NULL,
    self_dkim boolean NOT NULL,
    sent_folder boolean NOT NULL,
    cap_count integer NOT NULL DEFAULT 30 CHECK (cap_count > 0),
    cap_seconds integer NOT NULL DEFAULT 86400 CHECK (cap_seconds > 0),
    -- The last time that the server blamed us, not the recipient.
    trouble_at timestamptz,
    trouble text
);

CREATE TABLE sequences (
    id text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT tenuto_now()
);

CREATE TABLE sequence_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sequence_id text NOT NULL REFERENCES sequences,
    version integer NOT NULL CHECK (version > 0),
    content_hash text NOT NULL,
    bundle jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT tenuto_now(),
    UNIQUE (sequence_id, version)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: add a row instead', TG_TABLE_NAME;
END $$;
CREATE TRIGGER sequence_versions_are_immutable BEFORE UPDATE OR DELETE ON sequence_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE enrollments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL REFERENCES contacts,
    address_id uuid NOT NULL REFERENCES addresses,
    sequence_id text NOT NULL REFERENCES sequences,
    sequence_version_id uuid NOT NULL REFERENCES sequence_versions ON DELETE RESTRICT,
    mailbox_id uuid NOT NULL REFERENCES mailboxes,
    status enrollment_status NOT NULL,
    current_step_index integer NOT NULL CHECK (current_step_index >= 0),
    next_scheduled_at timestamptz,
    step_entered_at timestamptz NOT NULL,
    step_wait interval NOT NULL,
    remaining_wait interval,
    reason text,
    branch_deadline timestamptz,
    tries integer NOT NULL DEFAULT 0,
    soft_bounces integer NOT NULL DEFAULT 0,
    exit_reason exit_reason,
    trigger entry_trigger NOT NULL,
    triggered_by text NOT NULL,
    revision integer NOT NULL,
    -- The newest revision that the workflow is known to have been given.
    told_revision integer NOT NULL DEFAULT 0,
    -- When the reconciler last woke it for being overdue.
    nudged_at timestamptz,
    enrolled_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((status = 'active') = (next_scheduled_at IS NOT NULL)),
    CHECK ((status = 'paused') = (remaining_wait IS NOT NULL)),
    CHECK ((status IN ('active', 'paused')) = (ended_at IS NULL)),
    CHECK ((exit_reason IS NULL) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_live_enrollment ON enrollments (contact_id, sequence_id)
    WHERE status IN ('active', 'paused');
CREATE INDEX enrollments_of_contact ON enrollments (contact_id);
CREATE INDEX enrollments_due ON enrollments (next_scheduled_at) WHERE status = 'active';
CREATE INDEX enrollments_untold ON enrollments (changed_at) WHERE told_revision < revision;
CREATE INDEX enrollments_of_sequence ON enrollments (sequence_id, status);

CREATE TABLE transition_log (
    enrollment_id uuid NOT NULL REFERENCES enrollments,
    revision integer NOT NULL,
    at timestamptz NOT NULL,
    event enrollment_event NOT NULL,
    from_status enrollment_status,
    to_status enrollment_status NOT NULL,
    current_step_index integer NOT NULL,
    next_scheduled_at timestamptz,
    reason text,
    source text NOT NULL,
    PRIMARY KEY (enrollment_id, revision)
);
CREATE TRIGGER transition_log_is_immutable BEFORE UPDATE OR DELETE ON transition_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Claim and ledger in one: a row for each email step that became current.
CREATE TABLE sends (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    enrollment_id uuid NOT NULL REFERENCES enrollments,
    step_index integer NOT NULL,
    step_id text NOT NULL,
    contact_id uuid NOT NULL REFERENCES contacts,
    mailbox_id uuid NOT NULL REFERENCES mailboxes,
    state send_state NOT NULL DEFAULT 'pending',
    reason text,
    -- The fence: whoever doesn't hold it may not settle.
    token uuid,
    claimed_at timestamptz,
    deadline timestamptz,
    sent_at timestamptz,
    -- From when it counts for spacing and caps: sent_at, or the deadline while nobody knows.
    counts_at timestamptz,
    message_id text,
    stored_message_id text,
    subject text,
    smtp_reply text,
    bounced_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT tenuto_now(),
    UNIQUE (enrollment_id, step_index),
    CHECK ((state IN ('sending', 'sent', 'unknown')) = (counts_at IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK (state NOT IN ('sending', 'sent', 'unknown') OR token IS NOT NULL)
);
CREATE INDEX sends_of_contact ON sends (contact_id, counts_at) WHERE counts_at IS NOT NULL;
CREATE INDEX sends_of_mailbox ON sends (mailbox_id, counts_at) WHERE counts_at IS NOT NULL;
CREATE INDEX sends_unknown ON sends (claimed_at) WHERE state = 'unknown';
CREATE INDEX sends_by_message_id ON sends (message_id);
CREATE INDEX sends_by_stored_message_id ON sends (stored_message_id);

CREATE TABLE holds (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    scope hold_scope NOT NULL,
    -- An id, a sequence's slug, or '' for everything.
    target text NOT NULL,
    reason text NOT NULL,
    held_from timestamptz NOT NULL,
    -- NULL: until somebody resumes.
    held_until timestamptz CHECK (held_until >= held_from),
    source text NOT NULL
);
CREATE INDEX holds_on_target ON holds (scope, target, held_until);

CREATE TABLE engagement_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL REFERENCES contacts,
    name text NOT NULL,
    natural_key text NOT NULL,
    at timestamptz NOT NULL,
    source text NOT NULL,
    UNIQUE (contact_id, name, natural_key)
);

CREATE TABLE inbound_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    natural_key text NOT NULL UNIQUE,
    door text NOT NULL,
    received_at timestamptz NOT NULL,
    envelope_from text NOT NULL,
    envelope_to text NOT NULL,
    raw bytea NOT NULL,
    class text NOT NULL,
    rule text NOT NULL,
    contact_id uuid REFERENCES contacts,
    enrollment_id uuid REFERENCES enrollments,
    matched_by text,
    effect text NOT NULL
);
CREATE INDEX inbound_of_contact ON inbound_messages (contact_id, received_at);
CREATE INDEX inbound_to_review ON inbound_messages (received_at) WHERE effect = 'review';
