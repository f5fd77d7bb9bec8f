def transpose(matrix: list[list[int]]) -> list[list[int]]:
    """Return the matrix with its rows as columns."""
    if not matrix:
        return []
    return [[row[column] for row in matrix] for column in range(len(matrix[0]))]
