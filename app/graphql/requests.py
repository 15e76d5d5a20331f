"""Requests: what the input of a command becomes on its way to the ledger."""

from app import ledger, services
from app.graphql.batch_inputs import Sent
from app.graphql.bounds import Path, idempotency_key
from app.graphql.context import Context


def request(context: Context, sent: Sent, path: Path) -> ledger.Request:
    """Return the command meant, under its idempotency key; raises BadInput and Forbidden."""
    key = idempotency_key(sent.idempotency_key, (*path, "idempotencyKey"))
    return context.gateway.request(context.principal, sent.command(context.gateway.currencies, path), key)


def request_or_fault(context: Context, sent: Sent, path: Path) -> ledger.Request | services.Forbidden:
    """Return the request, or the fault of lacking a scope; bad input fails the call, whose shape is wrong."""
    try:
        return request(context, sent, path)
    except services.Forbidden as forbidden:
        return forbidden
