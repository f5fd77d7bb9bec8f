"""The bucket of a paint program."""


def flood_fill(image: list[list[int]], row: int, column: int, color: int) -> list[list[int]]:
    """Colour the area of one colour around a place, and return the image."""
    old = image[row][column]
    if old == color:
        return image
    todo = [(row, column)]
    while todo:
        y, x = todo.pop()
        if 0 <= y < len(image) and 0 <= x < len(image[0]) and image[y][x] == old:
            image[y][x] = color
            todo += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return image
