"""A matrix read in a spiral."""


def spiral_order(matrix: list[list[int]]) -> list[int]:
    """Return the items of a matrix clockwise from the outside in."""
    result: list[int] = []
    if not matrix:
        return result
    top, bottom = 0, len(matrix) - 1
    left, right = 0, len(matrix[0]) - 1
    while top <= bottom and left <= right:
        result.extend(matrix[top][column] for column in range(left, right + 1))
        result.extend(matrix[row][right] for row in range(top + 1, bottom + 1))
        if top < bottom and left < right:
            result.extend(matrix[bottom][column] for column in range(right - 1, left - 1, -1))
            result.extend(matrix[row][left] for row in range(bottom - 1, top, -1))
        top, bottom, left, right = top + 1, bottom - 1, left + 1, right - 1
    return result
