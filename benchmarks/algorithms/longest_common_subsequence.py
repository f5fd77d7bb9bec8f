def longest_common_subsequence(first: str, second: str) -> str:
    """Return a longest text whose letters are in both texts in the same order."""
    table = [[""] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            if one == other:
                table[i][j] = table[i - 1][j - 1] + one
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1], key=len)
    return table[-1][-1]
