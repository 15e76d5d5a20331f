"""Spendable: a GraphQL gateway for account balances over a double-entry ledger core."""
