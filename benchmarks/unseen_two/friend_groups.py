from typing import Dict, Iterable, List, Tuple


def friend_groups(pairs: Iterable[Tuple[str, str]]) -> List[List[str]]:
    parent: Dict[str, str] = {}

    def find(person: str) -> str:
        parent.setdefault(person, person)
        while parent[person] != person:
            person = parent[person]
        return person

    for a, b in pairs:
        root_a, root_b = find(a), find(b)
        parent[root_a] = root_b
    groups: Dict[str, List[str]] = {}
    for person in sorted(parent):
        groups.setdefault(find(person), []).append(person)
    return sorted(groups.values())
