"""Temporal as we need it: a client, and a namespace that an empty server lacks."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
    ListSearchAttributesResponse,
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
#: A server may take half a minute to know a namespace that it has just made (its cache: 10 s).
_NAMESPACE_TRIES = 150
_NAMESPACE_PAUSE = 0.2
#: Somebody changed this namespace, or any other one, at the same moment.
_MEANWHILE = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.ALREADY_EXISTS}


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


async def prepare(
    client: Client,
    reconcile_every: timedelta,
    fill: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Make an empty server a working one.

    Namespace and search attributes come before the first start that names them. The schedule
    comes last, after `fill`: a start that was cut off before it begins anew.
    """
    await _ensure_namespace(client)
    await _ensure_search_attributes(client)
    if not await _has_schedule(client):
        if fill is not None:
            await fill()
        await _create_schedule(client, reconcile_every)


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
    for left in reversed(range(_NAMESPACE_TRIES)):
        listed = await _listed_attributes(client)
        missing = {k: v for k, v in SEARCH_ATTRIBUTES.items() if k not in listed.custom_attributes}
        if not missing:
            return
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            if not left or error.status not in _MEANWHILE:
                raise
            await asyncio.sleep(_NAMESPACE_PAUSE)
        else:
            return


async def _listed_attributes(client: Client) -> ListSearchAttributesResponse:
    """A server that was asked too early denies a new namespace until its cache forgets that."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    for _ in range(_NAMESPACE_TRIES):
        try:
            return await client.operator_service.list_search_attributes(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        await asyncio.sleep(_NAMESPACE_PAUSE)
    msg = f"Temporal doesn't know the namespace {client.namespace}; check TEMPORAL_NAMESPACE"
    raise DependencyError(msg)


async def _has_schedule(client: Client) -> bool:
    try:
        await client.get_schedule_handle(RECONCILE_SCHEDULE).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def _create_schedule(client: Client, every: timedelta) -> None:
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            "Reconcile", id="reconcile", task_queue=ENROLLMENT_QUEUE
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    # Two workers that start at once: one of them makes it.
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(RECONCILE_SCHEDULE, schedule)
