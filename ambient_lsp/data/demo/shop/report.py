"""Reports for the shop's owner."""

import os
import json
import collections
from shop import stock


def most_wanted(orders: list[str]) -> str:   
    """Return the item that was ordered most, as JSON."""
    item, count = collections.Counter(orders).most_common(1)[0]
    return json.dumps({"item": item, "count": count, "stocked": bool(stock.missing([], [])) is False})
