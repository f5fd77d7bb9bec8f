def split_host_port(address, default_port=80):
    """Split "host:port" into a tuple; IPv6 addresses stand in brackets.

    >>> split_host_port("[::1]:8080")
    ('::1', 8080)
    """
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("bad address: " + address)
        port = rest[1:]
    else:
        host, _, port = address.partition(":")
    if not port:
        return host, default_port
    number = int(port)
    if not 0 < number < 65536:
        raise ValueError("port out of range: " + port)
    return host, number
