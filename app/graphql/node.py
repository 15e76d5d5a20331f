"""Node: what has an id of its own and can be fetched by it."""

import strawberry


@strawberry.interface(description="Something with an id of its own.")
class Node:
    """What `node(id)` can answer."""

    id: strawberry.ID = strawberry.field(
        description="Its id: a prefix that tells the kind (acct, txn, hold, pol), an underscore and 26 characters."
    )
