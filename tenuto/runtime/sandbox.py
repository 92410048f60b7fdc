"""The workflow sandbox, built in one place: worker, replayer and tests all use this one."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

#: Together or not at all: passing some of them makes two classes of one name, and `match` takes
#: the wrong branch. `workflows` itself stays inside. What passes loses the sandbox's guard
#: against clocks and randomness: `ruff.toml` in tenuto/domain and workflows takes its place.
PASSED_THROUGH = ("tenuto", "activities", "db", "sqlalchemy", "structlog", "pydantic")


def sandbox() -> SandboxedWorkflowRunner:
    """A runner that loads our own rooms once per process, not once per run."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)
