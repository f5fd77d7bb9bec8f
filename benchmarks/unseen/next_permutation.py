"""The next order of items."""


def next_permutation(items: list[int]) -> bool:
    """Rearrange items to the next greater order in place; at the last one, sort them and return False."""
    pivot = len(items) - 2
    while pivot >= 0 and items[pivot] >= items[pivot + 1]:
        pivot -= 1
    if pivot < 0:
        items.reverse()
        return False
    other = len(items) - 1
    while items[other] <= items[pivot]:
        other -= 1
    items[pivot], items[other] = items[other], items[pivot]
    items[pivot + 1 :] = reversed(items[pivot + 1 :])
    return True
