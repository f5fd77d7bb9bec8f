"""Whole modules in several frameworks: the rule that must be found in each, or an empty text where nothing may be."""

from __future__ import annotations

MODULES = [
    (
        "SQL",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    q = request.GET.get("q")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM t WHERE a = '%s'" % q)
    return HttpResponse("ok")
""",
    ),
    (
        "",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    q = request.GET.get("q")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM t WHERE a = %s", [q])
    return HttpResponse("ok")
""",
    ),
    (
        "XSS",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    return HttpResponse("<b>" + request.GET["q"] + "</b>")
""",
    ),
    (
        "",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    return HttpResponse("<b>" + escape(request.GET["q"]) + "</b>")
""",
    ),
    (
        "",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    return HttpResponse(format_html("<b>{}</b>", request.GET["q"]))
""",
    ),
    (
        "XSS",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    return HttpResponse(mark_safe("<b>" + request.GET["q"] + "</b>"))
""",
    ),
    (
        "SHELL",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

class V(View):
    def post(self, request, *args, **kwargs):
        name = request.POST["name"]
        self.run(name)
        return HttpResponse("ok")
    def run(self, name):
        subprocess.call("ls %s" % name, shell=True)
""",
    ),
    (
        "",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

class V(View):
    def post(self, request, *args, **kwargs):
        name = request.POST["name"]
        self.run(name)
        return HttpResponse("ok")
    def run(self, name):
        subprocess.call(["ls", name])
""",
    ),
    (
        "PATH",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def download(request, name):
    with open(os.path.join("/srv/files", name), "rb") as f:
        return HttpResponse(f.read())
""",
    ),
    (
        "",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def download(request, name):
    path = os.path.abspath(os.path.join("/srv/files", name))
    if os.path.commonpath(["/srv/files", path]) != "/srv/files":
        return HttpResponse(status=404)
    with open(path, "rb") as f:
        return HttpResponse(f.read())
""",
    ),
    (
        "REDIRECT",
        """\
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, redirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.db import connection
from django.views import View
import os, subprocess
from .models import User

def view(request):
    return redirect(request.GET.get("next"))
""",
    ),
    (
        "SHELL",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

@app.get("/x")
async def x(name: str):
    os.system(f"ls {name}")
""",
    ),
    (
        "",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

@app.get("/x")
async def x(name: int):
    os.system(f"ls {name}")
""",
    ),
    (
        "",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

class Color(str, Enum):
    RED = "red"
@app.get("/x")
async def x(name: Color):
    os.system(f"ls {name.value}")
""",
    ),
    (
        "SQL",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

class Item(BaseModel):
    name: str
    count: int
@app.post("/x")
def x(item: Item):
    db = sqlite3.connect("x")
    db.execute(f"insert into t values ('{item.name}')")
""",
    ),
    (
        "",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

class Item(BaseModel):
    name: str
    count: int
@app.post("/x")
def x(item: Item):
    db = sqlite3.connect("x")
    db.execute(f"insert into t values ({item.count})")
""",
    ),
    (
        "SSRF",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

@app.get("/x")
async def x(url: str):
    async with httpx.AsyncClient() as client:
        r = await client.get(url)
    return r.json()
""",
    ),
    (
        "SSRF",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

@app.get("/x")
async def x(request: Request):
    body = await request.json()
    r = httpx.get(body["url"])
    return r.json()
""",
    ),
    (
        "",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

HOSTS = {"a": "https://a.example.com", "b": "https://b.example.com"}
@app.get("/x")
async def x(where: str):
    if where not in HOSTS:
        raise HTTPException(400)
    r = httpx.get(HOSTS[where] + "/status")
    return r.json()
""",
    ),
    (
        "XSS",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

@app.get("/x", response_class=HTMLResponse)
async def x(q: str = Query(...)):
    return HTMLResponse(f"<p>{q}</p>")
""",
    ),
    (
        "PATH",
        """\
from fastapi import FastAPI, Request, Depends, Query, HTTPException, Path as P
from fastapi.responses import HTMLResponse, RedirectResponse, FileResponse
from pydantic import BaseModel
from enum import Enum
import os, subprocess, sqlite3, httpx
app = FastAPI()

@app.get("/files/{name:path}")
async def x(name: str):
    return FileResponse("/srv/" + name)
""",
    ),
    (
        "SHELL",
        """\
import sys, os
def main():
    os.system("convert " + sys.argv[1])
main()
""",
    ),
    (
        "",
        """\
import sys, os
def main():
    os.system("convert " + str(int(sys.argv[1])))
main()
""",
    ),
    (
        "SHELL",
        """\
import argparse, subprocess
parser = argparse.ArgumentParser()
parser.add_argument("name")
args = parser.parse_args()
subprocess.run("echo " + args.name, shell=True)
""",
    ),
    (
        "EVAL",
        """\
expr = input("expression: ")
print(eval(expr))
""",
    ),
    (
        "",
        """\
import ast
expr = input("expression: ")
print(ast.literal_eval(expr))
""",
    ),
    (
        "SQL",
        """\
import sqlite3
def find(name):
    conn = sqlite3.connect("db")
    c = conn.cursor()
    sql = "SELECT * FROM users WHERE name = '" + name + "'"
    c.execute(sql)
    return c.fetchall()
""",
    ),
    (
        "",
        """\
import sqlite3
def find(name):
    conn = sqlite3.connect("db")
    c = conn.cursor()
    sql = "SELECT * FROM users WHERE name = ?"
    c.execute(sql, (name,))
    return c.fetchall()
""",
    ),
    (
        "",
        """\
import sqlite3
COLUMNS = ("name", "age")
def find(column):
    if column not in COLUMNS:
        raise ValueError(column)
    conn = sqlite3.connect("db")
    return conn.execute("SELECT * FROM users ORDER BY " + column).fetchall()
""",
    ),
    (
        "",
        """\
import sqlite3
def find(ids):
    conn = sqlite3.connect("db")
    marks = ", ".join("?" for _ in ids)
    return conn.execute(f"SELECT * FROM users WHERE id IN ({marks})", ids).fetchall()
""",
    ),
    (
        "",
        """\
import sqlite3
def find(ids):
    conn = sqlite3.connect("db")
    marks = ",".join(["?"] * len(ids))
    return conn.execute("SELECT * FROM users WHERE id IN (%s)" % marks, ids).fetchall()
""",
    ),
    (
        "TEMPLATE",
        """\
from jinja2 import Template
from flask import request, Flask
app = Flask(__name__)
@app.route("/")
def x():
    return Template("Hello " + request.args["n"]).render()
""",
    ),
    (
        "XPATH",
        """\
from lxml import etree
from flask import request, Flask
app = Flask(__name__)
@app.route("/")
def x():
    tree = etree.parse("a.xml")
    r = tree.xpath("//user[name='" + request.args["n"] + "']")
    return str(len(r))
""",
    ),
    (
        "",
        """\
from lxml import etree
from flask import request, Flask
app = Flask(__name__)
@app.route("/")
def x():
    tree = etree.parse("a.xml")
    r = tree.xpath("//user[name=$n]", n=request.args["n"])
    return str(len(r))
""",
    ),
    (
        "LDAP",
        """\
import ldap
from flask import request, Flask
app = Flask(__name__)
@app.route("/")
def x():
    conn = ldap.initialize("ldap://x")
    conn.search_s("dc=x", ldap.SCOPE_SUBTREE, "(uid=%s)" % request.args["n"])
    return ""
""",
    ),
    (
        "",
        """\
import ldap
from ldap.filter import escape_filter_chars
from flask import request, Flask
app = Flask(__name__)
@app.route("/")
def x():
    conn = ldap.initialize("ldap://x")
    conn.search_s("dc=x", ldap.SCOPE_SUBTREE, "(uid=%s)" % escape_filter_chars(request.args["n"]))
    return ""
""",
    ),
    (
        "NOSQL",
        """\
from pymongo import MongoClient
from flask import request, Flask
app = Flask(__name__)
db = MongoClient().shop
@app.route("/", methods=["POST"])
def x():
    db.users.find_one({"name": request.json["name"]})
    return ""
""",
    ),
    (
        "",
        """\
from pymongo import MongoClient
from flask import request, Flask
app = Flask(__name__)
db = MongoClient().shop
@app.route("/", methods=["POST"])
def x():
    db.users.find_one({"name": str(request.json["name"])})
    return ""
""",
    ),
    (
        "SQL",
        """\
from flask import request, Flask
from sqlalchemy import text, create_engine
app = Flask(__name__)
engine = create_engine("sqlite://")
@app.route("/")
def x():
    with engine.connect() as conn:
        conn.execute(text(f"select * from t where a = '{request.args['n']}'"))
    return ""
""",
    ),
    (
        "",
        """\
from flask import request, Flask
from sqlalchemy import text, create_engine
app = Flask(__name__)
engine = create_engine("sqlite://")
@app.route("/")
def x():
    with engine.connect() as conn:
        conn.execute(text("select * from t where a = :a"), {"a": request.args["n"]})
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@dataclasses.dataclass
class Job:
    name: str
    safe: str = "x"
    def run(self):
        os.system("run " + self.name)
@app.route("/")
def x():
    Job(request.args["n"]).run()
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@dataclasses.dataclass
class Job:
    name: str
    safe: str = "x"
    def run(self):
        os.system("run " + self.safe)
@app.route("/")
def x():
    Job(request.args["n"]).run()
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

class Base(abc.ABC):
    @abc.abstractmethod
    def do(self, p): ...
class A(Base):
    def do(self, p):
        return "safe"
class B(Base):
    def do(self, p):
        return p
def factory(kind):
    return {"a": A, "b": B}[kind]()
@app.route("/")
def x():
    os.system(factory("b").do(request.args["n"]))
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

class Base(abc.ABC):
    @abc.abstractmethod
    def do(self, p): ...
class A(Base):
    def do(self, p):
        return "safe"
class B(Base):
    def do(self, p):
        return p
def factory(kind):
    return {"a": A, "b": B}[kind]()
@app.route("/")
def x():
    os.system(factory("a").do(request.args["n"]))
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

def items():
    for k in request.args:
        yield request.args[k]
@app.route("/")
def x():
    for i in items():
        os.system(i)
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@contextlib.contextmanager
def cmd():
    yield request.args["n"]
@app.route("/")
def x():
    with cmd() as c:
        os.system(c)
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

run = functools.partial(os.system)
@app.route("/")
def x():
    run("ls " + request.args["n"])
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

DISPATCH = {"ls": lambda v: os.system("ls " + v)}
@app.route("/")
def x():
    DISPATCH["ls"](request.args["n"])
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

class H:
    def __init__(self):
        self.items = []
    def add(self, v):
        self.items.append(v)
    def go(self):
        os.system(" ".join(self.items))
@app.route("/")
def x():
    h = H()
    h.add("ls")
    h.add(request.args["n"])
    h.go()
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

def clean(v):
    return "".join(ch for ch in v if ch.isalnum())
@app.route("/")
def x():
    os.system("ls " + clean(request.args["n"]))
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/<int:n>")
def x(n):
    os.system(f"ls {n}")
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    a = request.args.get("a") or "default"
    b = a if a else "x"
    c = f"{b!s:>10}"
    os.system(c)
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    a = request.args.get("a")
    if isinstance(a, int):
        os.system("ls %s" % a)
    os.system("ls %d" % a)
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    a = request.args.get("a")
    a = "fixed"
    os.system(a)
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    data = {"cmd": {"list": ["ls", request.args.get("a")]}}
    os.system(data["cmd"]["list"][-1])
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    data = {"cmd": {"list": ["ls", request.args.get("a")]}}
    os.system(data["cmd"]["list"][0])
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    s = "PLACE"
    s = s.replace("PLACE", request.args["a"])
    s = s[0:100].strip().lower()
    os.system(s)
    return ""
""",
    ),
    (
        "SHELL",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

@app.route("/")
def x():
    i = 0
    out = ""
    vals = request.args.getlist("a")
    while i < len(vals):
        out += vals[i]
        i += 1
    os.system(out)
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

import re
SAFE = re.compile(r"^[A-Za-z0-9_-]{1,20}$")
@app.route("/")
def x():
    a = request.args["a"]
    if SAFE.match(a):
        os.system("ls " + a)
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

import re
@app.route("/")
def x():
    a = re.sub(r"[^a-z0-9]", "", request.args["a"])
    os.system("ls " + a)
    return ""
""",
    ),
    (
        "PATH",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

from werkzeug.utils import secure_filename
@app.route("/", methods=["POST"])
def x():
    f = request.files["f"]
    f.save("/up/" + f.filename)
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

from werkzeug.utils import secure_filename
@app.route("/", methods=["POST"])
def x():
    f = request.files["f"]
    f.save(os.path.join("/up", secure_filename(f.filename)))
    return ""
""",
    ),
    (
        "HEADER",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

from flask import make_response
@app.route("/")
def x():
    r = make_response("x")
    r.headers["X-Lang"] = request.args["a"]
    return r
""",
    ),
    (
        "WEAK-RANDOM",
        """\
import random, string
def generate_token(n):
    return "".join(random.choice(string.ascii_letters) for _ in range(n))
""",
    ),
    (
        "",
        """\
import random, string
def pick_colour():
    return random.choice(["red", "blue"])
""",
    ),
    (
        "WEAK-RANDOM",
        """\
import random
class A:
    def reset(self, user):
        user.reset_token = "%06d" % random.randint(0, 999999)
""",
    ),
    (
        "WEAK-HASH",
        """\
import hashlib
CONFIG = {"algo": "md5", "other": "sha256"}
def h(x):
    return hashlib.new(CONFIG["algo"], x).hexdigest()
""",
    ),
    (
        "",
        """\
import hashlib
CONFIG = {"algo": "md5", "other": "sha256"}
def h(x):
    return hashlib.new(CONFIG["other"], x).hexdigest()
""",
    ),
    (
        "EXTRACT",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

import tarfile
@app.route("/", methods=["POST"])
def x():
    t = tarfile.open(fileobj=request.files["f"].stream)
    t.extractall("/up")
    return ""
""",
    ),
    (
        "",
        """\
from flask import Flask, request
import os, dataclasses, abc, contextlib, functools
app = Flask(__name__)

import tarfile
@app.route("/", methods=["POST"])
def x():
    t = tarfile.open(fileobj=request.files["f"].stream)
    t.extractall("/up", filter="data")
    return ""
""",
    ),
]
