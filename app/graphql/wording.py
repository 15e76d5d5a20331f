"""Wording: the sentences that the descriptions of several inputs share."""

from typing import Final

IDEMPOTENCY_KEY: Final = (
    "Chosen by the caller, 1 to 255 visible ASCII characters: the same key with the same command is answered"
    " from the first time, however often it is sent."
)
DRY_RUN: Final = "Whether only to tell what would happen: nothing is stored."
REQUIRE: Final = "Conditions on accounts that must hold, at most 20."
METADATA: Final = "What the caller keeps with it."
ACCOUNT: Final = "The account."
HOLD: Final = "The hold."
NAME: Final = "Its name; at most 500 characters."
REASON: Final = "Why, in the caller's words; at most 200 characters."
DESCRIPTION: Final = "What it is for, in the caller's words; at most 500 characters."
EXTERNAL_ID: Final = "The caller's own id for it, unique among its kind; at most 255 printable characters."
CORRELATION_ID: Final = (
    "Ties transactions and holds of one business case together; need not be unique; at most 255 printable characters."
)
FORCE: Final = (
    "Whether to post past floors and freezes, for what has happened already, such as a chargeback."
    " Needs the scope money:force."
)
EFFECTIVE_AT: Final = "When it counts in business terms: past or now, which it is where left out."
AVAILABLE_AT: Final = (
    "When the money matures; at once where left out or past. 9999-12-31T23:59:59.999999Z is until released."
)
TRANSACTION_KIND: Final = "A word such as PAYOUT: A to Z, 0 to 9 and _; not ADVANCE, CAPTURE, REVERSAL or RESCHEDULE."
ENTRY_KIND: Final = "What the line is for: a word such as PRINCIPAL, FEE or TAX."
