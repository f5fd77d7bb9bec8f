def pascal(rows: int) -> list[list[int]]:
    """Return the first rows of Pascal's triangle."""
    triangle: list[list[int]] = []
    for _ in range(rows):
        above = triangle[-1] if triangle else []
        row = [1] + [left + right for left, right in zip(above, above[1:])]
        if above:
            row.append(1)
        triangle.append(row)
    return triangle
