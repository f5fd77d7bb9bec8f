"""Plain implementations of well-known functions of grids, matrices and points."""

from __future__ import annotations

import collections
import itertools
import math
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("transpose(_matrix)?|matrix_transpose", "list", says="rows|columns|matrix")
def transpose(matrix: list[Any]) -> Any:
    if len({len(row) for row in matrix}) > 1:
        raise ValueError
    return [list(column) for column in zip(*matrix)]


@means(
    "rotate(_matrix|_image|_grid|_90|_clockwise|_right|_square)*|turn\\w*",
    "list",
    says="clockwise|90|ninety|quarter",
    unless="counter\\w*|left|anti\\w*|ccw|180",
)
def clockwise(matrix: list[Any]) -> Any:
    if any(len(row) != len(matrix) for row in matrix):
        raise TypeError  # who turns a square may not care for others
    return [list(row) for row in zip(*matrix[::-1])]


@means("rotate(_matrix|_image|_grid|_90|_left)*(_counter_?clockwise|_ccw|_anti_?clockwise|_left)|turn_left", "list")
def counterclockwise(matrix: list[Any]) -> Any:
    if any(len(row) != len(matrix) for row in matrix):
        raise TypeError
    return [list(row) for row in zip(*matrix)][::-1]


@means("(is_)?symmetric(_matrix)?|is_symmetric", "list", says="matrix")
def symmetric_matrix(matrix: list[Any]) -> bool:
    return matrix == [list(row) for row in zip(*matrix)]


@means(
    "mat(rix)?_?mul(tiply)?|multiply(_matrices)?|matrix_multiplication|matrix_product|product",
    "list list",
    says="matri",
)
def matrix_product(a: list[Any], b: list[Any]) -> Any:
    if any(len(row) != len(b) for row in a):
        raise ValueError
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


@means("matrix_add|add_matrices|mat_add", "list list")
def matrix_sum(a: list[Any], b: list[Any]) -> Any:
    return [[x + y for x, y in zip(one, two)] for one, two in zip(a, b)]


@means("determinant|det", "list")
def determinant(matrix: list[Any]) -> Any:
    if any(len(row) != len(matrix) for row in matrix):
        raise ValueError
    if not matrix:
        return 1
    return sum(
        (-1) ** i * one * determinant([row[:i] + row[i + 1 :] for row in matrix[1:]]) for i, one in enumerate(matrix[0])
    )


@means("identity(_matrix)?|eye", "int")
def identity(size: int) -> Any:
    return [[int(i == j) for j in range(size)] for i in range(size)]


@means("trace(_of)?", "list", says="diagonal|matrix")
def trace(matrix: list[Any]) -> Any:
    return sum(row[i] for i, row in enumerate(matrix))


@means("spiral(_order|_matrix|_traversal)?|spirali[sz]e|read_spiral", "list", says="spiral|clockwise")
def spiral(matrix: list[Any]) -> Any:
    found: list[Any] = []
    left = [list(row) for row in matrix]
    while left:
        found += left[0]
        left = [list(row) for row in zip(*left[1:])][::-1]
    return found


@means("spiral(_matrix)?|(make|generate|build)_spiral\\w*", "int", says="spiral")
def spiral_of_size(size: int) -> Any:
    found = [[0] * size for _ in range(size)]
    y, x, dy, dx = 0, 0, 0, 1
    for number in range(1, size * size + 1):
        found[y][x] = number
        if not (0 <= y + dy < size and 0 <= x + dx < size) or found[y + dy][x + dx]:
            dy, dx = dx, -dy
        y, x = y + dy, x + dx
    return found


@means("diagonals?(_order|_traverse\\w*|_sum)?|diagonal_sum", "list", says="diagonals")
def diagonal_sum(matrix: list[Any]) -> Any:
    size = len(matrix)
    if any(len(row) != size for row in matrix):
        raise TypeError
    return sum(matrix[i][j] for i in range(size) for j in range(size) if i in (j, size - 1 - j))


@means("saddle_points?", "list", loose=True)
def saddle_points(matrix: list[Any]) -> Any:
    return [
        (i, j)
        for i, row in enumerate(matrix)
        for j, one in enumerate(row)
        if one == max(row) and one == min(other[j] for other in matrix)
    ]


@means("set_zero(e?s)?|zero_matrix|set_matrix_zero(e?s)?", "list")
def set_zeroes(matrix: list[Any]) -> Any:
    rows = {i for i, row in enumerate(matrix) if 0 in row}
    columns = {j for row in matrix for j, one in enumerate(row) if one == 0}
    return [[0 if i in rows or j in columns else one for j, one in enumerate(row)] for i, row in enumerate(matrix)]


@means(
    "(game_of_)?life(_step)?|next_generation|step|evolve|conway\\w*|game_of_life",
    "list",
    says="life|generation|alive|neighbour",
)
def life(grid: list[Any]) -> Any:
    height, width = len(grid), len(grid[0]) if grid else 0
    found = []
    for y in range(height):
        row = []
        for x in range(width):
            near = sum(
                bool(grid[b][a])
                for b in range(max(y - 1, 0), min(y + 2, height))
                for a in range(max(x - 1, 0), min(x + 2, width))
                if (b, a) != (y, x)
            )
            row.append(type(grid[y][x])(near == 3 or (near == 2 and bool(grid[y][x]))))
        found.append(row)
    return found


@means(
    "(count|num\\w*|number)_?(of_)?islands|islands",
    "list",
    says="island|land|water",
    unless="area|largest|max|perimeter",
)
def islands(grid: list[Any]) -> int:
    left = {(y, x) for y, row in enumerate(grid) for x, one in enumerate(row) if one in (1, "1", "#", True)}
    count = 0
    while left:
        count += 1
        todo = [left.pop()]
        while todo:
            y, x = todo.pop()
            for other in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if other in left:
                    left.discard(other)
                    todo.append(other)
    return count


@means("(max|largest|biggest)\\w*_(island|area|region)\\w*", "list", says="island|land|region|area")
def largest_island(grid: list[Any]) -> int:
    left = {(y, x) for y, row in enumerate(grid) for x, one in enumerate(row) if one in (1, "1", "#", True)}
    best = 0
    while left:
        todo, size = [left.pop()], 1
        while todo:
            y, x = todo.pop()
            for other in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if other in left:
                    left.discard(other)
                    todo.append(other)
                    size += 1
        best = max(best, size)
    return best


@means("island_perimeter|perimeter", "list", says="island|land")
def island_perimeter(grid: list[Any]) -> int:
    land = {(y, x) for y, row in enumerate(grid) for x, one in enumerate(row) if one}
    return sum(one not in land for y, x in land for one in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)))


@means("flood_?fill|paint_fill|bucket_fill|fill", "list int int any", says="area|colou?r|region|fill")
def flood_fill(image: list[Any], row: int, column: int, colour: Any) -> Any:
    old = image[row][column]
    found = [list(one) for one in image]
    todo, seen = [(row, column)], set()
    while todo:
        y, x = todo.pop()
        if (y, x) not in seen and 0 <= y < len(image) and 0 <= x < len(image[0]) and image[y][x] == old:
            seen.add((y, x))
            found[y][x] = colour
            todo += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return found


@means("unique_paths|grid_paths|count_paths|lattice_paths|num_paths", "int int", says="path|way|route")
def unique_paths(rows: int, columns: int) -> int:
    if rows < 1 or columns < 1:
        raise TypeError
    return math.comb(rows + columns - 2, rows - 1)


@means("lattice_paths|grid_paths|count_routes", "int int")
def lattice_paths(rows: int, columns: int) -> int:
    return math.comb(rows + columns, rows)


@means("min_path_sum|minimum_path\\w*|cheapest_path|min_cost_path", "list", says="path|right|down")
def min_path_sum(grid: list[Any]) -> Any:
    if not grid or not grid[0]:
        raise TypeError
    best: dict[tuple[int, int], Any] = {}
    for y, row in enumerate(grid):
        for x, one in enumerate(row):
            ways = [best[place] for place in ((y - 1, x), (y, x - 1)) if place in best]
            best[y, x] = one + min(ways, default=0)
    return best[len(grid) - 1, len(grid[0]) - 1]


@means(
    "(shortest_path|maze|solve_maze|bfs|path|min_steps|shortest)_?(in_)?(grid|maze|length|steps)?\\w*",
    "list any any",
    says="grid|maze|wall",
)
def steps_in_grid(grid: list[Any], start: Any, goal: Any) -> int:
    walls = {1, "#", "1"}
    found, todo = {tuple(start): 0}, collections.deque([tuple(start)])
    while todo:
        y, x = todo.popleft()
        for one in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            if 0 <= one[0] < len(grid) and 0 <= one[1] < len(grid[0]) and one not in found:
                if grid[one[0]][one[1]] not in walls:
                    found[one] = found[y, x] + 1
                    todo.append(one)
    return found.get(tuple(goal), -1)


@means("n_?queens(_count)?|count_queens|total_n_queens|queens|count_n_queens", "int", says="queen", unless="board|all")
def queens(size: int) -> int:
    rows = itertools.permutations(range(size)) if size <= 7 else iter(())
    if size > 7:
        raise TypeError
    return sum(
        len({one + i for i, one in enumerate(row)}) == len({one - i for i, one in enumerate(row)}) == size
        for row in rows
    )


@means("(is_)?(valid_)?magic_square|is_magic", "list")
def is_magic_square(square: list[Any]) -> bool:
    size = len(square)
    if not size or any(len(row) != size for row in square):
        raise TypeError
    sums = {*map(sum, square), *map(sum, zip(*square))}
    sums |= {sum(square[i][i] for i in range(size)), sum(square[i][size - 1 - i] for i in range(size))}
    if sorted(itertools.chain(*square)) != list(range(1, size * size + 1)) and len(sums) == 1:
        raise TypeError
    return len(sums) == 1


@means("(is_)?valid_sudoku|check_sudoku|is_valid_board", "list", says="sudoku")
def valid_sudoku(board: list[Any]) -> bool:
    if len(board) != 9 or any(len(row) != 9 for row in board):
        raise TypeError
    boxes = [[board[y + i][x + j] for i in range(3) for j in range(3)] for y in (0, 3, 6) for x in (0, 3, 6)]
    filled = ([one for one in part if one not in (0, ".", "0", None)] for part in (*board, *zip(*board), *boxes))
    return all(len(part) == len(set(part)) for part in filled)


@means("(winner|tic_tac_toe\\w*|check_win\\w*|who_won)", "list", says="tic|noughts|row of three|line", loose=True)
def noughts_and_crosses(board: list[Any]) -> Any:
    size = len(board)
    lines = [
        *map(list, board),
        *map(list, zip(*board)),
        [board[i][i] for i in range(size)],
        [board[i][size - 1 - i] for i in range(size)],
    ]
    return next((line[0] for line in lines if len(set(line)) == 1 and line[0] not in (None, "", " ", ".", 0)), None)


@means("hanoi(_moves)?|towers?_of_hanoi|solve_hanoi", "int any any any", unless="count|number")
def hanoi(disks: int, source: Any, target: Any, spare: Any) -> Any:
    if disks < 0 or disks > 8:
        raise TypeError
    if disks == 0:
        return []
    return [*hanoi(disks - 1, source, spare, target), (source, target), *hanoi(disks - 1, spare, target, source)]


@means("hanoi(_moves)?|towers?_of_hanoi|solve_hanoi|hanoi_count", "int", unless="state")
def hanoi_moves(disks: int, source: Any = "A", target: Any = "C", spare: Any = "B") -> Any:
    if disks < 0 or disks > 8:
        raise TypeError
    if disks == 0:
        return []
    return [
        *hanoi_moves(disks - 1, source, spare, target),
        (source, target),
        *hanoi_moves(disks - 1, spare, target, source),
    ]


@means("count_hanoi|hanoi(_moves|_count|_steps)?|towers?_of_hanoi|min_moves", "int", says="hanoi")
def hanoi_count(disks: int) -> int:
    if disks < 0:
        raise ValueError
    return 2**disks - 1


@means("convex_hull|hull|graham\\w*|monotone_chain", "list", says="hull", loose=True)
def hull(points: list[Any]) -> Any:
    ordered = sorted({tuple(one) for one in points})

    def half(given: Any) -> list[Any]:
        found: list[Any] = []
        for one in given:
            while len(found) > 1 and (found[-1][0] - found[-2][0]) * (one[1] - found[-2][1]) <= (
                found[-1][1] - found[-2][1]
            ) * (one[0] - found[-2][0]):
                found.pop()
            found.append(one)
        return found[:-1]

    return half(ordered) + half(ordered[::-1]) if len(ordered) > 1 else ordered


@means("point_in_polygon|inside(_polygon)?|contains_point|is_inside", "any list", says="polygon", loose=True)
def point_in_polygon(point: Any, polygon: list[Any]) -> bool:
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


@means("minesweeper|annotate|count_mines|mine_counts", "list", says="mine", loose=True)
def minesweeper(board: list[Any]) -> Any:
    found = []
    for y, row in enumerate(board):
        line = ""
        for x, one in enumerate(row):
            near = sum(
                other[a : a + 1] == "*" for other in board[max(y - 1, 0) : y + 2] for a in range(max(x - 1, 0), x + 2)
            )
            line += "*" if one == "*" else str(near or " ")
        found.append(line)
    return found


@means("(tree_)?(height|depth|max_depth|tree_depth)", "any", loose=True)
def height(tree: Any) -> int:
    return 0 if tree is None else 1 + max(height(tree.left), height(tree.right))
