from typing import List


def split_csv_line(line: str, separator: str = ",") -> List[str]:
    """Split one line of a CSV file.

    Fields may be quoted; a quote inside a quoted field is doubled.
    """
    fields: List[str] = []
    current = ""
    quoted = False
    i = 0
    while i < len(line):
        char = line[i]
        if quoted:
            if char == '"' and line[i + 1:i + 2] == '"':
                current += '"'
                i += 1
            elif char == '"':
                quoted = False
            else:
                current += char
        elif char == '"':
            quoted = True
        elif char == separator:
            fields.append(current)
            current = ""
        else:
            current += char
        i += 1
    fields.append(current)
    return fields
