ALTER TYPE exit_reason ADD VALUE 'left_company' AFTER 'away_too_long';

-- How far each folder of a mailbox is read. The mark moves after what it passes is committed.
CREATE TABLE inbound_folders (
    mailbox_id uuid NOT NULL REFERENCES mailboxes,
    folder text NOT NULL,
    -- Another number means other UIDs for the same mails: all is read again, and known ones are
    -- found to be so.
    uid_validity bigint NOT NULL,
    last_uid bigint NOT NULL,
    read_at timestamptz NOT NULL DEFAULT tenuto_now(),
    PRIMARY KEY (mailbox_id, folder)
);

-- What a mailbox's owner wrote to a contact by hand: it counts for spacing and caps.
CREATE TABLE hand_sent (
    contact_id uuid NOT NULL REFERENCES contacts,
    natural_key text NOT NULL,
    mailbox_id uuid NOT NULL REFERENCES mailboxes,
    counts_at timestamptz NOT NULL,
    PRIMARY KEY (contact_id, natural_key)
);
CREATE INDEX hand_sent_by_key ON hand_sent (natural_key);
CREATE INDEX hand_sent_counts ON hand_sent (contact_id, counts_at);

ALTER TABLE inbound_messages
    -- Beside the raw, for people: who it says it is from, its subject, its own words.
    ADD COLUMN from_address text NOT NULL DEFAULT '',
    ADD COLUMN subject text NOT NULL DEFAULT '',
    ADD COLUMN own_words text NOT NULL DEFAULT '',
    -- The mailbox by whose IMAP folder it came.
    ADD COLUMN mailbox_id uuid REFERENCES mailboxes,
    -- What somebody made of one that had to be looked at.
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN decided_by text,
    ADD COLUMN decision text,
    ADD CHECK ((decided_at IS NULL) = (decision IS NULL));
CREATE INDEX inbound_undecided ON inbound_messages (received_at)
    WHERE effect = 'review' AND decided_at IS NULL;

-- Of an absence: when the notice came that it is by. A newer one replaces it.
ALTER TABLE holds ADD COLUMN noticed_at timestamptz;

ALTER TABLE sends
    -- Something showed that it was sent, before we had written down what became of it.
    ADD COLUMN evident_at timestamptz;

ALTER TABLE mailboxes
    -- Who is told of replies; NULL: the mailbox itself.
    ADD COLUMN notify text;

CREATE TYPE owner_notice AS ENUM ('reply', 'review', 'left_company', 'away_too_long');
-- What owners are still to be told by mail. It holds ids; the words are read when it is sent.
CREATE TABLE owner_notices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind owner_notice NOT NULL,
    inbound_id uuid NOT NULL REFERENCES inbound_messages,
    mailbox_id uuid NOT NULL REFERENCES mailboxes,
    created_at timestamptz NOT NULL DEFAULT tenuto_now(),
    next_try_at timestamptz NOT NULL DEFAULT tenuto_now(),
    tries integer NOT NULL DEFAULT 0,
    -- Sent, given up, or kept back by safe mode: the log says which.
    over_at timestamptz,
    UNIQUE (inbound_id, kind)
);
CREATE INDEX owner_notices_due ON owner_notices (next_try_at) WHERE over_at IS NULL;
