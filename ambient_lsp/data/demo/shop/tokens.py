"""Session tokens."""

import hashlib


def session_token(user: str, secret: str) -> str:
    """Return the token that a browser sends back."""
    return hashlib.md5(f"{user}:{secret}".encode()).hexdigest()


def same_token(left: str, right: str) -> bool:
    """Tell whether two tokens are the same."""
    return left == right
