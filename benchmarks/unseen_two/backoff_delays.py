def backoff_delays(attempts, base=0.5, factor=2.0, limit=30.0):
    """Seconds to wait before each retry.

    There is no wait before the first attempt, so the list has one
    element less than there are attempts.

    >>> backoff_delays(4)
    [0.5, 1.0, 2.0]
    """
    delays = []
    delay = base
    for _ in range(attempts - 1):
        delays.append(min(delay, limit))
        delay *= factor
    return delays
