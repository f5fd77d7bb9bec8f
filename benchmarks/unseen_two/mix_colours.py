def parse_hex(colour):
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    if len(digits) != 6:
        raise ValueError("not a colour: " + colour)
    return tuple(int(digits[i:i + 2], 16) for i in (0, 2, 4))


def mix_colours(first, second, amount=0.5):
    a, b = parse_hex(first), parse_hex(second)
    mixed = [int(x + (y - x) * amount + 0.5) for x, y in zip(a, b)]
    return "#%02x%02x%02x" % tuple(mixed)
