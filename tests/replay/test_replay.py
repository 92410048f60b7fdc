"""Histories of every life replay on today's workflow, and on no careless change of it."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tenuto.runtime.sandbox import sandbox
from tests.replay.lives import LIVES
from tests.replay.mutants import ForgetsTheStatus, LooksTwice, SleepsFirst
from workflows.enrollment import EnrollmentWorkflow

RECORDED = sorted((Path(__file__).parent / "histories").glob("*.json"))


def replayer(workflow: type) -> Replayer:
    return Replayer(
        workflows=[workflow],
        workflow_runner=sandbox(),
        data_converter=pydantic_data_converter,
    )


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("enrollment:recorded", path.read_text(encoding="utf-8"))


def test_every_life_is_recorded() -> None:
    assert {path.stem for path in RECORDED} == set(LIVES)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_life_replays(path: Path) -> None:
    await replayer(EnrollmentWorkflow).replay_workflow(history(path))


@pytest.mark.parametrize("mutant", [SleepsFirst, LooksTwice, ForgetsTheStatus])
async def test_a_careless_change_is_refused(mutant: type) -> None:
    five_mails = next(path for path in RECORDED if path.stem == "five_mails")
    with pytest.raises(NondeterminismError):
        await replayer(mutant).replay_workflow(history(five_mails))
