"""What Amazon SES writes, as models: notifications, published events, and received mail.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
"""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from tenuto.inbound.providers.reading import Shape


class Part(Shape):
    """Named as SES names it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Header(Part):
    """A line of our mail's header."""

    name: str
    value: str


class Mail(Part):
    """Our mail, or one that came in."""

    message_id: str
    source: str = ""
    destination: tuple[str, ...] = ()
    #: Only where "include original headers" is on; published events always have them.
    headers: tuple[Header, ...] = ()


class Recipient(Part):
    """One of whom something is told."""

    email_address: str
    status: str = ""
    diagnostic_code: str = ""


class Bounce(Part):
    """It came back."""

    bounce_type: str
    bounce_sub_type: str = ""
    bounced_recipients: tuple[Recipient, ...]


class Complaint(Part):
    """Somebody called it spam."""

    complained_recipients: tuple[Recipient, ...]
    complaint_feedback_type: str = ""


class Delivery(Part):
    """The recipient's server has it."""

    recipients: tuple[str, ...]
    smtp_response: str = ""


class Delay(Part):
    """It is still tried."""

    delayed_recipients: tuple[Recipient, ...]


class Reject(Part):
    """SES wouldn't send it."""

    reason: str = ""


class Failure(Part):
    """SES couldn't make it of its template."""

    error_message: str = ""


class Topic(Part):
    """One of a contact list's."""

    subscription_status: str


class Preferences(Part):
    """What somebody wants of a contact list."""

    unsubscribe_all: bool = False
    topic_subscription_status: tuple[Topic, ...] = ()


class Subscription(Part):
    """Somebody changed that."""

    new_topic_preferences: Preferences


class Action(Part):
    """What a receipt rule did."""

    type: str = ""
    encoding: str = "UTF-8"


class Receipt(Part):
    """How a mail came in."""

    recipients: tuple[str, ...]
    action: Action


class Told(Part):
    """One of the two forms: `notificationType` or `eventType`."""

    notification_type: str = ""
    event_type: str = ""
    mail: Mail | None = None
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    delivery: Delivery | None = None
    delivery_delay: Delay | None = None
    reject: Reject = Reject()
    failure: Failure = Failure()
    subscription: Subscription | None = None
    receipt: Receipt | None = None
    content: str | None = None
