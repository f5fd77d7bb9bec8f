UNITS = ["B", "KiB", "MiB", "GiB", "TiB"]


def human_size(count, digits=1):
    if count < 0:
        return "-" + human_size(-count, digits)
    value = float(count)
    unit = 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value /= 1024
        unit += 1
    if unit == 0:
        return "%d %s" % (count, UNITS[0])
    return "%.*f %s" % (digits, value, UNITS[unit])
