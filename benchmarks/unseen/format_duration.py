"""Seconds in words."""


def format_duration(seconds: int) -> str:
    """Write seconds as hours, minutes and seconds, such as ``1h 02m 03s``; leave leading zero units out."""
    if seconds < 0:
        raise ValueError("seconds must not be negative")
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m {seconds:02d}s"
    if minutes:
        return f"{minutes}m {seconds:02d}s"
    return f"{seconds}s"
