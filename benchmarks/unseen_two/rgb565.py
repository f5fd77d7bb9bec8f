def pack_rgb565(red, green, blue):
    for channel in (red, green, blue):
        if not 0 <= channel <= 255:
            raise ValueError("channel out of range")
    return (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3


def unpack_rgb565(value):
    red = value >> 11 & 0x1F
    green = value >> 5 & 0x3F
    blue = value & 0x1F
    return red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2
