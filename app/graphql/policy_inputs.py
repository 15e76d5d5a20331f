"""Inputs about policies and calendars, and the commands that they mean."""

from typing import Final

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.references import AccountBy, RequireInput, conditions
from app.graphql.scalars import LocalDate
from app.graphql.terms_inputs import PolicyInput, document

POLICY: Final = "pol"
DAYS_MAX: Final = 400
NAME_CHARACTERS_MAX: Final = 80
CALENDAR_CHARACTERS_MAX: Final = 20


@strawberry.input(one_of=True, description="Names a policy by exactly one of its id and its name.")
class PolicyBy:
    """A policy's id or name."""

    id: strawberry.ID | None = strawberry.field(description="Its id, pol_ and 26 characters.")
    name: str | None = strawberry.field(description="Its name.")

    def reference(self, path: Path) -> ledger.Reference:
        """Return what the ledger calls it."""
        if self.id is not None:
            return ledger.Reference(id=bounds.identifier(POLICY, self.id, (*path, "id")))
        return ledger.Reference(external_id=policy_name(self.name or "", (*path, "name")))


@strawberry.input(
    description="Publishes the next version of a policy, or the first of a new one: either policy or document."
)
class PublishPolicyInput:
    """A name and terms."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    name: str = strawberry.field(description=f"Its name, 1 to {NAME_CHARACTERS_MAX} printable characters.")
    policy: PolicyInput | None = strawberry.field(description="Its terms.")
    document: str | None = strawberry.field(
        description="Its terms as the JSON text of a policy document, which may name its figures under parameters."
    )
    expected_version: int | None = strawberry.field(
        description="The version that it must follow, 0 for a policy that must be new; any where left out."
    )
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.PublishPolicy:
        """Return the command meant."""
        if (self.policy is None) is (self.document is None):
            raise services.BadInput("Give either policy or document.", (*path, "policy"))
        text = (
            self.policy.document((*path, "policy"))
            if self.policy is not None
            else document(self.document or "", (*path, "document"))
        )
        return ledger.PublishPolicy(
            name=policy_name(self.name, (*path, "name")),
            document=text,
            expected_version=self.expected_version,
            require=conditions(self.require, path),
        )


@strawberry.input(
    description=(
        "Lets deposits to an account follow a policy, in whichever version is the latest then. No account is the"
        " default of all accounts in the policy's currency; no policy lets the account follow that default again."
    )
)
class AssignPolicyInput:
    """A policy and an account."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    policy: PolicyBy | None = strawberry.field(description="The policy to follow.")
    account: AccountBy | None = strawberry.field(description="The account; everybody's default where left out.")
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.AssignPolicy:
        """Return the command meant."""
        if self.policy is None and self.account is None:
            raise services.BadInput("Give a policy, an account, or both.", (*path, "policy"))
        return ledger.AssignPolicy(
            policy=None if self.policy is None else self.policy.reference((*path, "policy")),
            account=None if self.account is None else self.account.reference((*path, "account")),
            require=conditions(self.require, path),
        )


@strawberry.input(
    description="Closes days of a calendar for this tenant, and opens others; other days stay as they are."
)
class SetClosuresInput:
    """A calendar and days that lie ahead."""

    idempotency_key: str = strawberry.field(description=wording.IDEMPOTENCY_KEY)
    calendar: str = strawberry.field(description="The calendar, such as FED.")
    closed: list[LocalDate] | None = strawberry.field(
        description=f"The days on which no banking is done, at most {DAYS_MAX}."
    )
    opened: list[LocalDate] | None = strawberry.field(
        description=f"The days on which banking is done whatever the calendar says, at most {DAYS_MAX}."
    )
    require: list[RequireInput] | None = strawberry.field(description=wording.REQUIRE)
    dry_run: bool | None = strawberry.field(default=False, description=wording.DRY_RUN)

    def command(self, currencies: Currencies, path: Path) -> ledger.SetClosures:
        """Return the command meant."""
        closed, opened = tuple(sorted(set(self.closed or ()))), tuple(sorted(set(self.opened or ())))
        for name, days in (("closed", closed), ("opened", opened)):
            bounds.listed(days, (*path, name), most=DAYS_MAX, least=0)
        if not closed and not opened:
            raise services.BadInput("Give days to close, days to open, or both.", (*path, "closed"))
        if not set(closed).isdisjoint(opened):
            raise services.BadInput("A day is either closed or opened.", (*path, "opened"))
        calendar = bounds.text(self.calendar, (*path, "calendar"), most=CALENDAR_CHARACTERS_MAX, least=1)
        return ledger.SetClosures(calendar or "", closed, opened, conditions(self.require, path))


def policy_name(value: str, path: Path) -> str:
    """Return the name of a policy: printable, and short enough to be read."""
    if not (1 <= len(value) <= NAME_CHARACTERS_MAX and value.isprintable() and value == value.strip()):
        raise services.BadInput(f"A policy's name has 1 to {NAME_CHARACTERS_MAX} printable characters.", path)
    return value
