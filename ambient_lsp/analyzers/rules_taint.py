"""The rules of the taint analysis that have no pattern: what untrusted data does where it arrives, and what helps.

What is a source or a sink is data of its own, in `taint/rules/`.
"""

from __future__ import annotations

from ambient_lsp.analyzers.rule import Rule, weakness

UNFINISHED = "AMB-SEC-UNFINISHED"
BY_TEXT = frozenset({"S608"})
"""Rules of ruff whose findings the flow decides about. These point at the text, not at the call that takes it."""
BY_CALL = frozenset("S102 S301 S302 S307 S308 S310 S506 S602 S604 S605 S610 S611 S702 S703 S704".split())
"""The same, for those that point at the call."""

TAINT = (
    weakness(
        "COMMAND", "high", "78 88", "a03", "Program chosen by untrusted data",
        "Whoever chooses the first word of a command line chooses the program that runs.",
        example="subprocess.run([request.args['tool'], '--version'])\n",
        better="subprocess.run([TOOLS[request.args['tool']], '--version'])\n",
    ),
    weakness(
        "CODE", "critical", "94 95", "a03", "Untrusted data run as code",
        "What is run can be anything that the program may do.",
        example="importlib.import_module(request.args['plugin'])\n",
        better="importlib.import_module(PLUGINS[request.args['plugin']])\n",
    ),
    weakness(
        "NOSQL", "high", "943", "a03", "Query object built from untrusted data",
        "A value that is an object (`{'$ne': ''}`) or a text under `$where` changes the query.",
        "`$eq`, which compares whatever the value is.",
        example="users.find_one({'name': request.json['name']})\n",
        better="users.find_one({'name': {'$eq': request.json['name']}})\n",
    ),
    weakness(
        "LDAP", "high", "90", "a03", "LDAP filter built from untrusted data",
        "A value with `*` or `)` in it changes the filter.",
        "The library's own `escape_filter_chars`, where the text is a filter.",
        example="conn.search(base, f'(uid={name})')\n",
        better="conn.search(base, f'(uid={escape_filter_chars(name)})')\n",
    ),
    weakness(
        "XPATH", "high", "643", "a03", "XPath expression built from untrusted data",
        "A value with a quote in it changes the expression.",
        "Variables, which lxml has.",
        example="tree.xpath(f\"//user[name='{name}']\")\n",
        better="tree.xpath('//user[name=$name]', name=name)\n",
    ),
    weakness(
        "TEMPLATE", "critical", "1336 94", "a03", "Untrusted data as the text of a template",
        "A template can reach any object of the program, and so run any code.",
        "The value is given to the template, and is no part of its text.",
        example="render_template_string('Hello ' + name)\n",
        better="render_template_string('Hello {{ name }}', name=name)\n",
    ),
    weakness(
        "HEADER", "medium", "113 644", "a03", "Untrusted data in a header",
        "A line break in a value begins another header.",
        example="response.headers['X-Name'] = request.args['name']\n",
        better="response.headers['X-Name'] = quote(request.args['name'])\n",
    ),
    weakness(
        "LOG", "medium", "117", "a09", "Untrusted data in the log",
        "A line break in a value forges an entry.",
        "`%r` or `!r`, which write a line break as `\\n`.",
        example="log.info('login of %s', request.form['name'])\n",
        better="log.info('login of %r', request.form['name'])\n",
    ),
    weakness(
        "XSS", "high", "79", "a03", "Untrusted data in a page",
        "A value with markup in it becomes part of the page, and runs in the reader's browser.",
        "The values are escaped, in the way of the file's own framework.",
        example="return '<p>' + request.args['name'] + '</p>'\n",
        better="return '<p>' + escape(request.args['name']) + '</p>'\n",
    ),
    weakness(
        "PATH", "high", "22 73", "a01", "Path built from untrusted data",
        "A value with `..` in it, or an absolute one, leads outside the folder.",
        "The safe join of Flask (`send_from_directory`, `safe_join` and a 404) or Django.",
        example="open(os.path.join(FOLDER, request.args['name']))\n",
        better="open(os.path.join(FOLDER, os.path.basename(request.args['name'])))\n",
    ),
    weakness(
        "SSRF", "high", "918", "a10", "Request to a host that untrusted data chooses",
        "The server can be made to talk to machines that only it can reach.",
        example="requests.get(request.args['url'], timeout=10)\n",
        better="requests.get('https://api.example.com/' + request.args['item'], timeout=10)\n",
    ),
    weakness(
        "REDIRECT", "medium", "601", "a01", "Redirect to a place that untrusted data chooses",
        "A link to this site can lead a reader to another one that looks like it.",
        "`url_has_allowed_host_and_scheme`, in a view of Django.",
        example="return redirect(request.args['next'])\n",
        better="return redirect(url_for('index'))\n",
    ),
    weakness(
        "TRUST", "medium", "501", "a04", "Untrusted data kept in the session",
        "Other code takes what is in the session for checked.",
        example="session['role'] = request.form['role']\n",
        better="session['role'] = user.role\n",
    ),
    weakness(
        "MASS-ASSIGN", "medium", "915", "a08", "Fields of an object chosen by untrusted data",
        "A request can set fields that were not meant for it, such as `is_admin`.",
        example="User(**request.get_json())\n",
        better="User(name=request.get_json()['name'])\n",
    ),
    weakness(
        "REGEX", "medium", "1333 730", "a03", "Regular expression chosen by untrusted data",
        "Some patterns take longer than anybody can wait.",
        example="re.search(request.args['pattern'], text)\n",
        better="re.search(re.escape(request.args['pattern']), text)\n",
    ),
    Rule(
        UNFINISHED, "The way of untrusted data was not followed to the end",
        "The file is too large or too deeply nested for the time allowed. Not checked is not the same as safe.", "",
        "low", ("security", "not-checked"),
    ),
)  # fmt: skip
