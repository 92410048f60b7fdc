"""Which messages of a sequence belong to one conversation."""

from tenuto.domain.sequence import Bundle


def earlier(bundle: Bundle, step_id: str) -> tuple[str, ...]:
    """The steps whose mails this step's mail may answer: its thread's root and the others in it."""
    root = bundle.messages[step_id].thread
    if root is None:
        return ()
    siblings = (s for s, m in bundle.messages.items() if m.thread == root and s != step_id)
    return (root, *siblings)
