def hanoi(disks: int, source: str = "A", target: str = "C", spare: str = "B") -> list[tuple[str, str]]:
    """Return the moves (from, to) that bring a tower of disks from source to target."""
    if disks == 0:
        return []
    return [
        *hanoi(disks - 1, source, spare, target),
        (source, target),
        *hanoi(disks - 1, spare, target, source),
    ]
