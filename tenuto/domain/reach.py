"""Whether a contact's hours leave every mail of a sequence an instant, before they are enrolled."""

from tenuto.domain.calendar import NeverOpenError, joint_opening
from tenuto.domain.plan import EmailStep, Plan
from tenuto.domain.scene import Scene


def unreachable(sequence: str, plan: Plan, scene: Scene) -> str | None:
    """Why some mail could never leave to this contact, and what to do; None: each can."""
    at = ""
    try:
        joint_opening(scene.now, scene.everywhere)
        asked = set[int]()
        for step in plan.steps:
            if isinstance(step, EmailStep) and step.at is not None and step.at not in asked:
                asked.add(step.at)
                at = f" at the {step.at // 60:02}:{step.at % 60:02} of {step.id}"
                scene.on_the_minute(scene.now, step)
    except NeverOpenError:
        return never(sequence, scene, at)
    return None


def never(sequence: str, scene: Scene, at: str = "") -> str:
    """The sentence for hours that share no instant; `at`: of which mail, where it is one's own."""
    zones = ", ".join(clock.zone.key for clock in scene.clocks)
    return (
        f"the hours of {sequence} are never open{at} for this contact ({zones})"
        f"{' and the mailbox at once' if scene.mailbox_opening else ''}; "
        "widen the hours, or give the contact a zone or region of their own"
    )
