"""One line of comma-separated values."""


def parse_csv_line(line: str, delimiter: str = ",") -> list[str]:
    """Split a line into fields; quotes protect the delimiter, and a doubled quote is a quote."""
    fields = []
    field = ""
    quoted = False
    place = 0
    while place < len(line):
        letter = line[place]
        if quoted:
            if letter == '"' and line[place + 1 : place + 2] == '"':
                field += '"'
                place += 1
            elif letter == '"':
                quoted = False
            else:
                field += letter
        elif letter == '"':
            quoted = True
        elif letter == delimiter:
            fields.append(field)
            field = ""
        else:
            field += letter
        place += 1
    fields.append(field)
    return fields
