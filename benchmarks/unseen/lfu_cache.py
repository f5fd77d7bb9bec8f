"""A cache that forgets what was used least often."""

from typing import Any


class LFUCache:
    """Keep up to `capacity` items; the least often used leaves first, of equals the oldest."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("capacity must be positive")
        self.capacity = capacity
        self._values: dict[str, Any] = {}
        self._uses: dict[str, int] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, and count that it was used."""
        if key not in self._values:
            return default
        self._uses[key] += 1
        return self._values[key]

    def put(self, key: str, value: Any) -> None:
        """Store a value; when full, forget the least often used one."""
        if key not in self._values and len(self._values) >= self.capacity:
            victim = min(self._uses, key=lambda one: self._uses[one])
            del self._values[victim]
            del self._uses[victim]
        self._values[key] = value
        self._uses[key] = self._uses.get(key, 0) + 1

    def __len__(self) -> int:
        return len(self._values)
