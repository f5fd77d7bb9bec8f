"""Programs that differ in one thing: untrusted data arrives in a sink, or it does not.

Each is the body of a Flask view, with the code before it where there is some.
"""

from __future__ import annotations

VULNERABLE = [
    (
        "XPATH",
        "import lxml.etree",
        """
v = request.args["v"]
if "<" in v:
    abort(400)
lxml.etree.parse("x.xml").xpath(f"/users/user[@name='{v}']")
""",
    ),
    (
        "SHELL",
        "",
        """
v = request.args.get("v")
os.system("ls " + v)
""",
    ),
    (
        "SQL",
        "",
        """
v = request.args.get("v")
cur.execute("select " + shlex.quote(v))
""",
    ),
    (
        "SHELL",
        "",
        """
c = configparser.ConfigParser()
c.add_section("s")
c.set("s", "a", "x")
c.set("s", "b", request.form["v"])
os.system(c.get("s", "b"))
""",
    ),
    (
        "SHELL",
        "",
        """
t = base64.b64encode(request.form["v"].encode())
os.system(base64.b64decode(t).decode())
""",
    ),
    (
        "SHELL",
        "",
        """
v = request.headers.get("X").split(" ")[0]
os.system(v)
""",
    ),
    (
        "SHELL",
        "",
        """
v = request.get_json()["cmd"]
match v:
    case "a":
        c = "x"
    case other:
        c = other
os.system(c)
""",
    ),
    (
        "SHELL",
        "",
        """
v = request.args["v"]
n = 106
bar = "safe" if 7 * 18 + n < 200 else v
os.system(bar)
""",
    ),
    (
        "SHELL",
        "",
        """
q = queue.Queue()
q.put(request.args["v"])
os.system(q.get())
""",
    ),
    (
        "SHELL",
        "",
        """
b = io.StringIO()
b.write("ls ")
b.write(request.args["v"])
os.system(b.getvalue())
""",
    ),
    (
        "SHELL",
        "",
        """
def work(x):
    os.system(x)
t = threading.Thread(target=work, args=(request.args["v"],))
t.start()
""",
    ),
    (
        "SHELL",
        "",
        """
cmds = {"l": "ls", "d": "date"}
os.system(cmds.get(request.args["v"], request.args["v"]))
""",
    ),
    (
        "PATH",
        "",
        """
v = request.args["v"]
return open(os.path.join(BASE, v)).read() and "x"
""",
    ),
    (
        "PATH",
        "",
        """
v = request.args["v"]
p = os.path.join(BASE, v)
if not p.startswith(BASE + os.sep):
    abort(403)
return send_file(p)
""",
    ),
    (
        "PATH",
        "",
        """
v = request.args["v"]
p = (Path(BASE) / v).resolve()
return send_file(p)
""",
    ),
    (
        "REDIRECT",
        "",
        """
return redirect(request.args.get("next", "/"))
""",
    ),
    (
        "TEMPLATE",
        "",
        """
return render_template_string("Hi " + request.args["u"])
""",
    ),
    (
        "XSS",
        "",
        """
return "<p>%s</p>" % request.args["u"]
""",
    ),
    (
        "XSS",
        "",
        """
return "<p>{}</p>".format(request.cookies.get("u"))
""",
    ),
    (
        "SQL",
        "",
        """
u = request.args["u"]
if not re.match(r"[a-z0-9_]+", u):
    abort(400)
cur.execute("select * from t where a = '" + u + "'")
""",
    ),
    (
        "PICKLE",
        "",
        """
pickle.loads(request.data)
return ""
""",
    ),
    (
        "YAML-LOAD",
        "",
        """
yaml.load(request.data, Loader=yaml.Loader)
return ""
""",
    ),
    (
        "TRUST",
        "",
        """
session["role"] = request.form["role"]
return ""
""",
    ),
    (
        "WEAK-HASH",
        "",
        """
alg = {"a": "sha256", "b": "md5"}
h = hashlib.new(alg["b"])
return ""
""",
    ),
    (
        "COOKIE-SECURE",
        "",
        """
r = make_response("x")
r.set_cookie("a", "b", secure=False, httponly=True)
return r
""",
    ),
    (
        "WEAK-RANDOM",
        "",
        """
token = str(random.random())[2:]
return ""
""",
    ),
    (
        "LOG",
        "",
        """
log.info("user %s", request.args["u"])
return ""
""",
    ),
    (
        "HEADER",
        "",
        """
r = make_response("x")
r.headers["X-A"] = request.args["u"]
return r
""",
    ),
    (
        "SHELL",
        "",
        """
class Box:
    def __init__(self, v):
        self.v = v
        self.w = "safe"
    def get(self):
        return self.v
os.system(Box(request.args["v"]).get())
""",
    ),
    (
        "SHELL",
        """
def helper(x):
    y = x.strip()
    return "ls " + y

""",
        """
os.system(helper(request.args["v"]))
""",
    ),
    (
        "SHELL",
        """
def check(x):
    if x not in ALLOWED:
        print("no")

""",
        """
v = request.args["v"]
check(v)
os.system("ls " + v)
""",
    ),
    (
        "SHELL",
        "",
        """
parts = [p for p in request.args["v"].split(",")]
os.system(" ".join(parts))
""",
    ),
    (
        "SHELL",
        "",
        """
x = ""
for k, v in request.args.items():
    x += v
os.system(x)
""",
    ),
    (
        "SHELL",
        "",
        """
v = request.args.get("v")
try:
    n = int(v)
except ValueError:
    n = v
os.system(f"ls {n}")
""",
    ),
    (
        "SHELL",
        "",
        """
subprocess.run(["sh", "-c", "ls " + request.args["v"]])
return ""
""",
    ),
    (
        "SHELL",
        "",
        """
shell = True
subprocess.run("ls " + request.args["v"], shell=shell)
return ""
""",
    ),
    (
        "SHELL",
        "",
        """
d = {}
d["a"] = "x"
d["b"] = request.args["v"]
os.system(d["b"])
""",
    ),
    (
        "SHELL",
        "",
        """
a, b = "x", request.args["v"]
os.system(b)
""",
    ),
    (
        "SHELL",
        "",
        """
l = []
l.append("safe"); l.append(request.args["v"]); l.append("moresafe")
l.pop(0)
os.system(l[0])
""",
    ),
    (
        "SHELL",
        "",
        """
f = lambda x: "ls " + x
os.system(f(request.args["v"]))
""",
    ),
    (
        "SHELL",
        "",
        """
qs = request.query_string.decode()
pos = qs.find("v=")
v = qs[pos + 2:]
v = urllib.parse.unquote_plus(v)
os.system(v)
""",
    ),
    (
        "SHELL",
        """
from flask import g

""",
        """
g.v = request.args["v"]
os.system(g.v)
""",
    ),
    (
        "REGEX",
        "",
        """
re.search(request.args["p"], "aaa")
return ""
""",
    ),
    (
        "EVAL",
        "",
        """
x = request.args["p"]
return str(eval(x))
""",
    ),
    (
        "EVAL",
        "",
        """
x = request.args["p"]
eval(f"1+{x}")
return ""
""",
    ),
]

SAFE = [
    (
        "import lxml.etree",
        """
v = request.args["v"]
if "'" in v:
    abort(400)
lxml.etree.parse("x.xml").xpath(f"/users/user[@name='{v}']")
""",
    ),
    (
        "",
        """
v = request.args.get("v")
os.system("ls " + shlex.quote(v))
""",
    ),
    (
        "",
        """
v = int(request.args.get("v"))
os.system(f"ls {v}")
""",
    ),
    (
        "",
        """
c = configparser.ConfigParser()
c.add_section("s")
c.set("s", "a", "x")
c.set("s", "b", request.form["v"])
os.system(c.get("s", "a"))
""",
    ),
    (
        "",
        """
v = request.get_json()["cmd"]
match v:
    case "a":
        c = "x"
    case "b" | "c":
        c = v
    case _:
        c = "z"
os.system(c)
""",
    ),
    (
        "",
        """
v = request.args["v"]
n = 86
bar = "safe" if 7 * 42 - n > 200 else v
os.system(bar)
""",
    ),
    (
        "",
        """
v = request.args["v"]
guess = "ABC"
match guess[1]:
    case "A": bar = v
    case "B": bar = "bob"
    case _: bar = v
os.system(bar)
""",
    ),
    (
        "",
        """
v = request.args["v"]
if v not in ALLOWED:
    abort(400)
os.system(v)
""",
    ),
    (
        "",
        """
v = request.args["v"]
if v not in ("a", "b"):
    return "no"
os.system(v)
""",
    ),
    (
        "",
        """
cmds = {"l": "ls", "d": "date"}
os.system(cmds.get(request.args["v"], "true"))
""",
    ),
    (
        "",
        """
v = request.args["v"]
p = os.path.realpath(os.path.join(BASE, v))
if not p.startswith(BASE + os.sep):
    abort(403)
return send_file(p)
""",
    ),
    (
        "",
        """
v = request.args["v"]
p = (Path(BASE) / v).resolve()
if not p.is_relative_to(BASE):
    abort(403)
return p.read_text() and "x"
""",
    ),
    (
        "",
        """
v = os.path.basename(request.args["v"])
with open(os.path.join(BASE, v)) as f:
    f.read()
return "x"
""",
    ),
    (
        "",
        """
n = request.args.get("next", "/")
if urllib.parse.urlparse(n).netloc not in ("", "example.com"):
    abort(400)
return redirect(n)
""",
    ),
    (
        "",
        """
n = request.args.get("next", "/")
return redirect("/users/" + n)
""",
    ),
    (
        "",
        """
requests.get("https://api.example.com/items/" + request.args["u"])
return ""
""",
    ),
    (
        "",
        """
return render_template_string("Hi {{ u }}", u=request.args["u"])
""",
    ),
    (
        "",
        """
return "<p>%s</p>" % html.escape(request.args["u"])
""",
    ),
    (
        "",
        """
u = request.args["u"]
if not re.fullmatch(r"[a-z0-9_]+", u):
    abort(400)
cur.execute("select * from t where a = '" + u + "'")
""",
    ),
    (
        "",
        """
yaml.load(request.data, Loader=yaml.SafeLoader)
return ""
""",
    ),
    (
        "",
        """
alg = {"a": "sha256", "b": "md5"}
h = hashlib.new(alg["a"])
return ""
""",
    ),
    (
        "",
        """
r = make_response("x")
r.set_cookie("a", "b", secure=True, httponly=True)
return r
""",
    ),
    (
        "",
        """
token = secrets.token_hex()
return ""
""",
    ),
    (
        "",
        """
log.info("user %s", request.args["u"].replace("\\n", "").replace("\\r", ""))
return ""
""",
    ),
    (
        "",
        """
class Box:
    def __init__(self, v):
        self.v = v
        self.w = "safe"
    def get(self):
        return self.w
os.system(Box(request.args["v"]).get())
""",
    ),
    (
        """
def helper(x):
    if not x.isalnum():
        raise ValueError
    return "ls " + x

""",
        """
os.system(helper(request.args["v"]))
""",
    ),
    (
        """
def valid(x):
    return x in ("a", "b")

""",
        """
v = request.args["v"]
if not valid(v):
    abort(400)
os.system("ls " + v)
""",
    ),
    (
        """
def check(x):
    if x not in ALLOWED:
        raise ValueError("no")

""",
        """
v = request.args["v"]
check(v)
os.system("ls " + v)
""",
    ),
    (
        "",
        """
parts = [shlex.quote(p) for p in request.args["v"].split(",")]
os.system(" ".join(parts))
""",
    ),
    (
        "",
        """
v = request.args.get("v")
try:
    n = int(v)
except ValueError:
    return "bad"
os.system(f"ls {n}")
""",
    ),
    (
        "",
        """
subprocess.run(["ls", request.args["v"]])
return ""
""",
    ),
    (
        "",
        """
if (m := re.fullmatch(r"[0-9a-f]{8}", request.args["v"])) is None:
    return "no"
os.system(m.group(0))
""",
    ),
    (
        "",
        """
d = {}
d["a"] = "x"
d["b"] = request.args["v"]
os.system(d["a"])
""",
    ),
    (
        "",
        """
a, b = "x", request.args["v"]
os.system(a)
""",
    ),
    (
        "",
        """
l = []
l.append("safe"); l.append(request.args["v"]); l.append("moresafe")
l.pop(0)
os.system(l[1])
""",
    ),
    (
        "",
        """
qs = request.query_string.decode()
v = urllib.parse.parse_qs(qs)["a"][0]
ok = v in ALLOWED
if ok:
    os.system(v)
""",
    ),
    (
        "",
        """
re.search(re.escape(request.args["p"]), "aaa")
return ""
""",
    ),
]
