"""Which counters of the day a slice of a deposit was added to, told from what is recorded of it."""

from app.ledger.policy import PerDay, Policy


def counters_of(policy: Policy, rule_name: str, portion: int | None) -> tuple[str, ...]:
    """Return the names of the counters that a slice counts under; none where the policy has no such rule or portion."""
    rule = next((rule for rule in policy.rules if rule.name == rule_name), None)
    if rule is None:
        return ()
    # All of a deposit counts towards the limit of its rule, whichever slice it became.
    names = [] if rule.day_limit is None else [rule.day_limit.counter]
    # The last portion takes what is left, and counts nothing.
    if portion is not None and portion < len(rule.portions):
        take = rule.portions[portion - 1].take
        if isinstance(take, PerDay):
            names.append(take.counter or f"{rule.name}/{portion}")
    return tuple(names)
