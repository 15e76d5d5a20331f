"""The balance of an account at an instant, with the terms that a spend is checked against."""

from app.values import value


@value
class Balance:
    """What stands on one account at one instant, in minor units and in the account's normal sign.

    `held` counts the holds in force; `lapsed` is the rest of holds whose expiry has come and is
    not recorded yet: it counts nowhere, but the store still carries it. `floor` None is unlimited.
    """

    ledger: int = 0
    maturing: int = 0
    held: int = 0
    lapsed: int = 0
    floor: int | None = 0
    version: int = 0
    out_frozen: bool = False
    in_frozen: bool = False
    closed: bool = False

    @property
    def available(self) -> int:
        """Ledger - maturing - held."""
        return self.ledger - self.maturing - self.held

    @property
    def spendable(self) -> int | None:
        """Available - floor; None where the account is unlimited."""
        return None if self.floor is None else self.available - self.floor

    @property
    def empty(self) -> bool:
        """Whether nothing stands, matures or is held here."""
        return self.ledger == 0 and self.maturing == 0 and self.held == 0
