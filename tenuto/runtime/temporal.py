"""Temporal as we need it: a client, and a namespace that an empty server lacks."""

from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from activities.requests import ENROLLMENT_QUEUE
from tenuto.domain.errors import DependencyError
from tenuto.runtime.settings import Settings

#: What an operator filters the list by.
SEARCH_ATTRIBUTES = {
    "SequenceId": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "SequenceVersion": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "ContactId": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "EnrollmentStatus": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
}
RECONCILE_SCHEDULE = "tenuto-reconcile"
_RETENTION = timedelta(days=30)


async def connect(settings: Settings) -> Client:
    """A client as `temporal.toml` and the TEMPORAL_ variables say (TLS, API key), and ours.

    :raises DependencyError: when the server can't be reached.
    """
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = settings.temporal_address
    config["namespace"] = settings.temporal_namespace
    try:
        return await Client.connect(**config, data_converter=pydantic_data_converter)
    except RuntimeError as error:
        where = settings.temporal_address
        msg = f"Temporal can't be reached at {where}; check TEMPORAL_ADDRESS and that it runs"
        raise DependencyError(msg) from error


async def prepare(client: Client, reconcile_every: timedelta) -> bool:
    """Make an empty server a working one; True when it was empty.

    Namespace and search attributes come before the first start that names them.
    """
    await _ensure_namespace(client)
    await _ensure_search_attributes(client)
    return await _ensure_schedule(client, reconcile_every)


async def _ensure_namespace(client: Client) -> None:
    request = RegisterNamespaceRequest(namespace=client.namespace)
    request.workflow_execution_retention_period.FromTimedelta(_RETENTION)
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        # A hosted namespace is made elsewhere; what then is missing, the next call says.
        if error.status not in {RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.PERMISSION_DENIED}:
            raise


async def _ensure_search_attributes(client: Client) -> None:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), retry=True
    )
    missing = {k: v for k, v in SEARCH_ATTRIBUTES.items() if k not in listed.custom_attributes}
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )


async def _ensure_schedule(client: Client, every: timedelta) -> bool:
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            "Reconcile", id="reconcile", task_queue=ENROLLMENT_QUEUE
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule(RECONCILE_SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:
        return False
    return True
