from typing import List, Sequence


def split_bill(total_cents: int, shares: Sequence[int]) -> List[int]:
    """Split an amount in cents in proportion to the given shares.

    Cents that cannot be divided go one by one to the first participants,
    so that the parts always add up to the total.

    >>> split_bill(1000, [1, 1, 1])
    [334, 333, 333]
    """
    if total_cents < 0:
        raise ValueError("total must not be negative")
    weight = sum(shares)
    if weight <= 0:
        raise ValueError("at least one share is needed")
    parts = [total_cents * share // weight for share in shares]
    rest = total_cents - sum(parts)
    for i in range(rest):
        parts[i % len(parts)] += 1
    return parts
