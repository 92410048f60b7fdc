"""Whether the steps of a draft hold together: names, ways, threads."""

from collections.abc import Iterator

from tenuto.domain.draft import Draft, DraftStep, Email, Link, Pause
from tenuto.domain.problem import Problem


def check(draft: Draft) -> list[Problem]:
    """Everything that is wrong with the steps; empty when they compile."""
    return [
        *_duplicate_ids(draft),
        *_unknown_links(draft),
        *_cycles(draft),
        *_unreachable(draft),
        *_waits_for_nothing(draft),
        *_waits_after_a_weekday(draft),
        *_broken_threads(draft),
    ]


def _duplicate_ids(draft: Draft) -> Iterator[Problem]:
    for index, step in enumerate(draft.steps):
        first = draft.steps[draft.indices[step.id]]
        if draft.indices[step.id] != index:
            what = f'the id "{step.id}" is taken by the step in line {first.at.line}'
            yield Problem(*step.at, what, "give each step an id of its own")


def _unknown_links(draft: Draft) -> Iterator[Problem]:
    for step in draft.steps:
        for link in step.links:
            if link.id not in draft.indices:
                yield _unknown(draft, link)


def _unknown(draft: Draft, link: Link) -> Problem:
    near = draft.nearest(link.id)
    ids = ", ".join(list(dict.fromkeys(step.id for step in draft.steps))[:12])
    instead = f'write "{near}"' if near else f"write the id of a step: {ids}"
    return Problem(*link.at, f'there is no step "{link.id}"', instead)


def _cycles(draft: Draft) -> Iterator[Problem]:
    """Every edge that closes a circle, found by one walk in depth from each step."""
    done: set[int] = set()
    for start in range(draft.end):
        path: list[int] = []
        ways = [iter((start,))]
        while ways:
            index = next(ways[-1], None)
            if index is None:
                ways.pop()
                if path:
                    done.add(path.pop())
            elif index in path:
                yield _cycle(draft, path[path.index(index) :])
            elif index not in done and index < draft.end:
                path.append(index)
                ways.append(iter(draft.after(index)))


def _cycle(draft: Draft, circle: list[int]) -> Problem:
    names = [draft.steps[i].id for i in (*circle, circle[0])]
    what = f"these steps go round in a circle: {' → '.join(names)}"
    closing = draft.steps[circle[-1]]
    back = (link.at for link in closing.links if draft.indices.get(link.id) == circle[0])
    instead = "lead the last one onwards; to repeat a sequence, let contacts re-enter it"
    return Problem(*next(back, closing.at), what, instead)


def _unreachable(draft: Draft) -> Iterator[Problem]:
    reached = _reached(draft, 0)
    for index, step in enumerate(draft.steps):
        if index not in reached:
            instead = f'lead to it with "goto: {step.id}", or remove it'
            yield Problem(*step.at, f'no way leads to the step "{step.id}"', instead)


def _reached(draft: Draft, start: int) -> set[int]:
    reached, todo = set[int](), [start]
    while todo:
        index = todo.pop()
        if index not in reached and index < draft.end:
            reached.add(index)
            todo.extend(draft.after(index))
    return reached


def _waits_for_nothing(draft: Draft) -> Iterator[Problem]:
    for index, step in enumerate(draft.steps):
        if isinstance(step.does, Pause) and draft.after(index) == (draft.end,):
            instead = 'remove it, or write the step that it is for, such as "exit: completed"'
            yield Problem(*step.at, "nothing follows this wait", instead)


def _waits_after_a_weekday(draft: Draft) -> Iterator[Problem]:
    """A wait counts from the step before it: behind "next tuesday" nobody knows which it means."""
    for index, step in enumerate(draft.steps):
        if not (isinstance(step.does, Pause) and step.wait.on):
            continue
        for after in draft.after(index):
            if after < draft.end and draft.steps[after].wait:
                what = "this waits for a day of the week, and the step after it waits as well"
                yield Problem(*step.at, what, "leave one of the two waits, or put this one last")


def _broken_threads(draft: Draft) -> Iterator[Problem]:
    for index, step in enumerate(draft.steps):
        if isinstance(step.does, Email) and step.does.thread is not None:
            yield from _broken_thread(draft, index, step, step.does.thread)


def _broken_thread(draft: Draft, index: int, step: DraftStep, link: Link) -> Iterator[Problem]:
    if link.id not in draft.indices:
        yield _unknown(draft, link)
        return
    first = draft.indices[link.id]
    if not isinstance(draft.steps[first].does, Email):
        what = f'"{link.id}" is not an email step, so it starts no thread'
        yield Problem(*link.at, what, "name the email step that this one answers to")
    elif first == index or index not in _reached(draft, first):
        what = f'"{link.id}" is never sent before "{step.id}"'
        yield Problem(*link.at, what, "name an email step that comes before, or remove the thread")
