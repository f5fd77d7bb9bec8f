import re
import unicodedata


def make_slug(title: str, max_length: int = 40) -> str:
    """Address part for a title: lower case, ASCII, words joined by hyphens.

    The result never starts or ends with a hyphen and has at most
    ``max_length`` characters.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return slug[:max_length].rstrip("-")
