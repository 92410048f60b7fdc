"""Postmark's webhooks as its documentation shows them; the addresses are nobody's."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

LOGIN = "tenuto:a password of 16 or more"
AUTH = ("tenuto", "a password of 16 or more")
MESSAGE_ID = "883953f4-6105-42a2-a16a-77a8eac79483"
Hook = dict[str, Any]


def stamp(ago: timedelta = timedelta()) -> str:
    """Seven digits of a second, as Postmark writes it."""
    return f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%S}.4160712Z"


def body(hook: Hook) -> bytes:
    return json.dumps(hook).encode()


def bounce(
    type_: str = "HardBounce",
    details: str = "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
    **changes: Any,
) -> Hook:
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": type_,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "Test",
        "MessageID": MESSAGE_ID,
        "ServerID": 23,
        "MessageStream": "outbound",
        "Description": "The server was unable to deliver your message "
        "(ex: unknown user, mailbox not found).",
        "Details": details,
        "Email": "Pat@firm.example",
        "From": "anna@sender.example",
        "BouncedAt": stamp(),
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Hello Pat",
        "Metadata": {"example": "value"},
    } | changes


def complaint(**changes: Any) -> Hook:
    own = {"RecordType": "SpamComplaint", "Name": "Spam complaint", "TypeCode": 100001}
    return bounce("SpamComplaint", "Test spam complaint details", **(own | changes))


def subscription(
    *, suppress: bool = True, reason: str | None = "ManualSuppression", **changes: Any
) -> Hook:
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": MESSAGE_ID,
        "ServerID": 123456,
        "MessageStream": "outbound",
        "ChangedAt": stamp(),
        "Recipient": "pat@firm.example",
        "Origin": "Recipient",
        "SuppressSending": suppress,
        "SuppressionReason": reason,
        "Tag": "my-tag",
        "Metadata": {"example": "value"},
    } | changes


def delivery(**changes: Any) -> Hook:
    return {
        "RecordType": "Delivery",
        "ServerID": 23,
        "MessageStream": "outbound",
        "MessageID": MESSAGE_ID,
        "Recipient": "pat@firm.example",
        "Tag": "welcome-email",
        "DeliveredAt": stamp(),
        "Details": "Test delivery webhook details",
        "Metadata": {"example": "value"},
    } | changes


def opened(**changes: Any) -> Hook:
    return {
        "RecordType": "Open",
        "MessageStream": "outbound",
        "FirstOpen": True,
        "Client": {"Name": "Chrome 35.0.1916.153", "Company": "Google", "Family": "Chrome"},
        "Platform": "WebMail",
        "UserAgent": "Mozilla/5.0",
        "Geo": {},
        "MessageID": MESSAGE_ID,
        "Metadata": {},
        "ReceivedAt": stamp(),
        "Tag": "welcome-email",
        "Recipient": "pat@firm.example",
    } | changes


def clicked(**changes: Any) -> Hook:
    own = {"RecordType": "Click", "ClickLocation": "HTML", "OriginalLink": "https://x.example/"}
    return opened() | own | changes


def inbound(raw: str | None, to: str = "anna@sender.example", **changes: Any) -> Hook:
    """Without the raw mail when "include raw email content in JSON payload" is off."""
    hook = {
        "FromName": "Pat",
        "MessageStream": "inbound",
        "From": "pat@firm.example",
        "FromFull": {"Email": "pat@firm.example", "Name": "Pat", "MailboxHash": ""},
        "To": to,
        "ToFull": [{"Email": to, "Name": "", "MailboxHash": ""}],
        "Cc": "",
        "CcFull": [],
        "OriginalRecipient": to,
        "Subject": "Re: Hello Pat",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "Date": "Fri, 1 Aug 2014 16:45:32 -04:00",
        "MailboxHash": "",
        "TextBody": "This is a test text body.",
        "HtmlBody": "",
        "StrippedTextReply": "",
        "Headers": [
            {
                "Name": "Received-SPF",
                "Value": "Pass (sender SPF authorized) identity=mailfrom; client-ip=209.85.160.180;"
                " helo=mail.firm.example; envelope-from=pat@firm.example; receiver=" + to,
            }
        ],
        "Attachments": [],
    }
    return hook | ({} if raw is None else {"RawEmail": raw}) | changes
