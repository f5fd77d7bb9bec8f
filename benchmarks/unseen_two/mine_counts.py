from typing import List


def mine_counts(board: List[str]) -> List[str]:
    rows = len(board)
    cols = len(board[0]) if rows else 0
    out = []
    for r in range(rows):
        line = ""
        for c in range(cols):
            if board[r][c] == "*":
                line += "*"
                continue
            near = 0
            for rr in range(max(r - 1, 0), min(r + 2, rows)):
                for cc in range(max(c - 1, 0), min(c + 2, cols)):
                    near += board[rr][cc] == "*"
            line += str(near) if near else "."
        out.append(line)
    return out
