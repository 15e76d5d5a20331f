"""Commands on their way: who asks under which key, and which commands belong together."""

from uuid import UUID

from app.ledger.command import Command
from app.values import value


@value
class Request:
    """A command on its way: who asks, under which key, and the ids of what it would make.

    `new_id` becomes the account, hold or transaction that the command makes (a replay ignores
    it). `digests` is the fingerprint of the command, taken once before it queues. `key` is None for internal
    commands only. `address` is where it came from, as far as that is known.
    """

    command: Command
    key: str | None
    new_id: UUID
    principal: str
    fingerprint: str = ""
    digests: tuple[tuple[str, str], ...] = ()
    may_advance: bool = False
    address: str | None = None


@value
class Group:
    """Requests that belong together; where `atomic`, all are accepted or none."""

    requests: tuple[Request, ...]
    atomic: bool = False
