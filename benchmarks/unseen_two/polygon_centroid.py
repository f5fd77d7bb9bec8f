from typing import List, Tuple

Point = Tuple[float, float]


def polygon_centroid(points: List[Point]) -> Point:
    if len(points) < 3:
        raise ValueError("a polygon has at least three corners")
    twice_area = 0.0
    cx = cy = 0.0
    for i, (x0, y0) in enumerate(points):
        x1, y1 = points[(i + 1) % len(points)]
        cross = x0 * y1 - x1 * y0
        twice_area += cross
        cx += (x0 + x1) * cross
        cy += (y0 + y1) * cross
    if twice_area == 0:
        raise ValueError("the corners lie on one line")
    return cx / (3 * twice_area), cy / (3 * twice_area)
