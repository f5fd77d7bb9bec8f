from typing import Any, Dict, Hashable, Tuple


class ExpiringCache:
    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self._items: Dict[Hashable, Tuple[float, Any]] = {}

    def put(self, key: Hashable, value: Any, now: float) -> None:
        self._items[key] = (now + self.lifetime, value)

    def get(self, key: Hashable, now: float, default: Any = None) -> Any:
        entry = self._items.get(key)
        if entry is None:
            return default
        until, value = entry
        if now >= until:
            del self._items[key]
            return default
        return value

    def __len__(self) -> int:
        return len(self._items)
