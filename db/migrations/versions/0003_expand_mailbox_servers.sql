CREATE TYPE mail_provider AS ENUM ('google', 'microsoft', 'smtp');

-- By which servers a mailbox's mail leaves and comes in; one without a row uses the
-- installation's.
CREATE TABLE mailbox_servers (
    mailbox_id uuid PRIMARY KEY REFERENCES mailboxes,
    provider mail_provider NOT NULL,
    smtp_host text NOT NULL,
    smtp_port integer NOT NULL CHECK (smtp_port BETWEEN 1 AND 65535),
    -- TLS from the first byte; false: STARTTLS.
    smtp_tls boolean NOT NULL,
    -- NULL: replies come by another way.
    imap_host text,
    imap_port integer CHECK (imap_port BETWEEN 1 AND 65535),
    imap_tls boolean,
    username text NOT NULL,
    -- The name of the secret; its value is never in the database.
    secret text NOT NULL CHECK (secret ~ '^[A-Z][A-Z0-9_]{0,99}$'),
    -- Microsoft's only.
    tenant text,
    -- Anew at each connection: a refusal of an older login says nothing of this one.
    connected_at timestamptz NOT NULL DEFAULT tenuto_now(),
    CHECK (num_nulls(imap_host, imap_port, imap_tls) IN (0, 3)),
    CHECK ((tenant IS NOT NULL) = (provider = 'microsoft'))
);
