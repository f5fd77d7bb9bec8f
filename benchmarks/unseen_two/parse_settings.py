def parse_settings(text):
    """Read the settings format of our tools into a dict of dicts.

    ``[name]`` starts a section, ``key = value`` adds to it, lines that start
    with ``#`` or ``;`` are comments. Keys before the first section go to "".
    """
    sections = {"": {}}
    current = sections[""]
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1].strip(), {})
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ValueError("line %d: no value" % number)
        current[key.strip().lower()] = value.strip()
    return sections
