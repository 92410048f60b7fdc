"""The workflow sandbox, built in one place: worker, replayer and tests all use this one."""

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

#: Together or not at all: passing some of them makes two classes of one name, and `match` takes
#: the wrong branch. `workflows` itself stays inside. What passes loses the sandbox's guard
#: against clocks and randomness: `ruff.toml` in tenuto/domain and workflows takes its place.
PASSED_THROUGH = ("tenuto", "activities", "db", "sqlalchemy", "structlog", "pydantic")


def sandbox() -> SandboxedWorkflowRunner:
    """A runner that loads our own rooms once per process, not once per run."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return _Runner(restrictions=restrictions)


class _Runner(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Instance(super().create_instance(det))


class _Instance(WorkflowInstance):
    """A sandboxed workflow whose payloads are converted without a context.

    The SDK asks inside the sandbox, three to four times a payload and at a tenth of a
    millisecond each, which command a payload belongs to. It matters to codecs that encrypt per
    workflow and to external storage. We have neither, since nothing personal is in a payload.
    """

    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._sandboxed.activate(act)

    def get_serialization_context(
        self,
        command_info: object,  # noqa: ARG002 - the SDK's signature
    ) -> SerializationContext | None:
        return None

    def get_external_store_context(
        self,
        command_info: object,  # noqa: ARG002 - the SDK's signature
    ) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()
