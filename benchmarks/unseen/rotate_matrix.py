"""A square turned clockwise."""


def rotate_matrix(matrix: list[list[int]]) -> list[list[int]]:
    """Return the matrix turned by ninety degrees clockwise."""
    size = len(matrix)
    return [[matrix[size - 1 - row][column] for row in range(size)] for column in range(size)]
