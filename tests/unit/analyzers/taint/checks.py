"""Checks that hold and checks that do not: bodies of a Flask view in which `p` is untrusted, by category."""

from __future__ import annotations

VULNERABLE = [
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
sets = ', '.join(f'{k} = ?' for k in request.form)
cur.execute(f'update t set {sets}', list(request.form.values()))
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
p = p.replace("'", "")
cur.execute(f'select * from t where id = {p}')
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
if len(p) > 20:
    abort(400)
cur.execute(f"select * from t where n = '{p}'")
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
if not re.match(r'[a-z]+', p):
    abort(400)
cur.execute(f"select * from t where n = '{p}'")
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
if not re.search(r'^[a-z]+', p):
    log.error('bad')
cur.execute(f"select * from t where n = '{p}'")
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
try:
    int(p)
except ValueError:
    pass
cur.execute(f"select * from t where n = '{p}'")
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
cur.executescript('insert into t values (' + p + ')')
""",
    ),
    (
        "SQL",
        "",
        """\
cur = sqlite3.connect('x').cursor()
q = 'select * from t where a = '
q += repr(p)
cur.execute(q)
""",
    ),
    (
        "SHELL",
        "",
        """\
cmd = ' '.join(['convert', p, 'out.png'])
subprocess.Popen(cmd, shell=True)
""",
    ),
    (
        "SHELL",
        "",
        """\
kw = {'shell': True}
subprocess.run('ls ' + p, **kw)
""",
    ),
    ("SHELL", "", "subprocess.run(['sh', '-c', f'ls {p}'])"),
    (
        "SHELL",
        "",
        """\
safe = p.replace(';', '')
os.system('ls ' + safe)
""",
    ),
    (
        "SHELL",
        "",
        """\
if ';' in p:
    abort(400)
os.system('ls ' + p)
""",
    ),
    (
        "SHELL",
        """\
def validate(v):
    if not re.fullmatch(r'[a-z0-9_-]+', v):
        log.warning('bad')
""",
        """\
validate(p)
os.system('ls ' + p)
""",
    ),
    (
        "SHELL",
        "",
        """\
cmd = {'a': 'ls'}.get(p, p)
os.system(cmd)
""",
    ),
    ("EVAL", "", "v = eval(p, {'__builtins__': {}})"),
    ("EVAL", "", "v = eval(f'int({p!r}) + {p}')"),
    ("EXEC", "", "exec(compile(p, 'x', 'exec'))"),
    (
        "CODE",
        "",
        """\
import importlib
importlib.import_module(p)
""",
    ),
    (
        "PATH",
        "",
        """\
full = os.path.normpath(p)
open(full)
""",
    ),
    (
        "PATH",
        "",
        """\
full = os.path.abspath(os.path.join(BASE, p))
open(full)
""",
    ),
    (
        "PATH",
        "",
        """\
p = p.replace('../', '')
open(os.path.join(BASE, p))
""",
    ),
    (
        "PATH",
        "",
        """\
if not p.endswith('.txt'):
    abort(400)
open(os.path.join(BASE, p))
""",
    ),
    (
        "PATH",
        "",
        """\
full = os.path.join(BASE, p)
if not full.startswith(BASE):
    abort(400)
open(full)
""",
    ),
    (
        "XSS",
        "",
        """\
from markupsafe import Markup
return Markup('<p>%s</p>' % p)
""",
    ),
    ("XSS", "", "return f'<img alt={p}>', 400"),
    ("XSS", "", "return make_response('<b>%s</b>' % p)"),
    ("TEMPLATE", "", "return render_template_string('<b>%s</b>' % p)"),
    (
        "REDIRECT",
        "",
        """\
if not p.startswith('http'):
    abort(400)
return redirect(p)
""",
    ),
    (
        "REDIRECT",
        "",
        """\
if 'example.com' not in p:
    abort(400)
return redirect(p)
""",
    ),
    (
        "REDIRECT",
        "",
        """\
r = make_response('', 302)
r.headers['Location'] = p
return r
""",
    ),
    (
        "SSRF",
        "",
        """\
import requests
if not p.startswith('http'):
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        "SSRF",
        "",
        """\
import requests
requests.get('https://' + p + '/a', timeout=3)
""",
    ),
    ("LOG", "", "log.info('x ' + p)"),
    ("LOG", "", "log.info('x %s', p.strip())"),
    ("LOG", "", "app.logger.warning(f'x {p}')"),
    (
        "NOSQL",
        "",
        """\
from pymongo import MongoClient
MongoClient().a.b.find_one({'n': request.json['n']})
""",
    ),
    ("PICKLE", "", "pickle.loads(base64.b64decode(p))"),
    ("YAML-LOAD", "", "yaml.load(p, Loader=yaml.UnsafeLoader)"),
    (
        "YAML-LOAD",
        "",
        """\
loader = yaml.Loader
yaml.load(p, loader)
""",
    ),
    (
        "XML",
        "",
        """\
from lxml import etree
etree.fromstring(p.encode(), etree.XMLParser(resolve_entities=True))
""",
    ),
    (
        "XPATH",
        "",
        """\
from lxml import etree
etree.parse('x').xpath("//a[@b='%s']" % p)
""",
    ),
    (
        "MASS-ASSIGN",
        """\
class User:
    pass
""",
        """\
u = User()
for k, w in request.json.items():
    setattr(u, k, w)
""",
    ),
    (
        "MASS-ASSIGN",
        """\
class User:
    def __init__(self, **kw):
        self.__dict__.update(kw)
""",
        "u = User(**request.json)",
    ),
    (
        "SSRF",
        "",
        """\
import requests
host = urllib.parse.urlparse(p).hostname or ''
if not host.endswith('a.example'):
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        "SSRF",
        "",
        """\
import requests
host = urllib.parse.urlparse(p).hostname
if host in ('localhost', '127.0.0.1'):
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        "SSRF",
        "",
        """\
import requests
host = urllib.parse.urlparse(p).hostname
if host not in ('a.example',):
    log.warning('odd')
requests.get(p, timeout=3)
""",
    ),
    (
        "CORS",
        "",
        """\
r = make_response('')
r.headers['Access-Control-Allow-Origin'] = request.headers.get('Origin')
return r
""",
    ),
    (
        "SHELL",
        "",
        """\
if request.args.get('q') not in ('a', 'b'):
    log.warning('x')
os.system('ls ' + request.args['q'])
""",
    ),
    (
        "SHELL",
        "",
        """\
if request.args.get('q') not in ('a', 'b'):
    abort(400)
os.system('ls ' + request.args['r'])
""",
    ),
]
SAFE = [
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
cols = {'name': 'name', 'age': 'created'}
order = cols.get(p, 'name')
cur.execute(f'select * from t order by {order}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
try:
    order = {'name': 'n'}[p]
except KeyError:
    abort(400)
cur.execute('select * from t order by ' + order)
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
ids = [int(i) for i in p.split(',')]
cur.execute('select * from t where id in (%s)' % ','.join(map(str, ids)))
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
ids = p.split(',')
marks = ','.join('?' * len(ids))
cur.execute(f'select * from t where id in ({marks})', ids)
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
ids = p.split(',')
marks = ','.join(['?'] * len(ids))
cur.execute(f'select * from t where id in ({marks})', ids)
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
ids = p.split(',')
marks = ', '.join('?' for _ in ids)
cur.execute('select * from t where id in (' + marks + ')', ids)
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
if not p.isidentifier():
    abort(400)
cur.execute(f'select * from {p}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
if not re.match(r'^[A-Za-z_][A-Za-z0-9_]*$', p):
    abort(400)
cur.execute(f'select * from {p}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
direction = 'DESC' if p == 'desc' else 'ASC'
cur.execute(f'select * from t order by a {direction}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
where, args = [], []
if p:
    where.append('name = ?')
    args.append(p)
sql = 'select * from t'
if where:
    sql += ' where ' + ' and '.join(where)
cur.execute(sql, args)
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
fields = {k: w for k, w in request.form.items() if k in ('a', 'b')}
sets = ', '.join(f'{k} = ?' for k in fields)
cur.execute(f'update t set {sets}', list(fields.values()))
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
limit = min(int(p), 100)
cur.execute('select * from t limit %d' % limit)
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
limit = request.args.get('n', default=10, type=int)
cur.execute(f'select * from t limit {limit}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
try:
    int(p)
except ValueError:
    abort(400)
cur.execute(f'select * from t where n = {p}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
from enum import Enum
class Col(Enum):
    A = 'a'
try:
    col = Col(p)
except ValueError:
    abort(400)
cur.execute(f'select * from t order by {col.value}')
""",
    ),
    (
        "",
        """\
cur = sqlite3.connect('x').cursor()
import uuid
u = uuid.UUID(p)
cur.execute(f"select * from t where id = '{u}'")
""",
    ),
    (
        "",
        """\
if p not in ('a', 'b'):
    abort(400)
os.system('ls ' + p)
""",
    ),
    (
        "ALLOW = frozenset(['a', 'b'])",
        """\
if p not in ALLOW:
    return 'no', 400
os.system('ls ' + p)
""",
    ),
    ("", "subprocess.run(['ls', '-l', p], check=True)"),
    ("", "subprocess.run('ls -l ' + shlex.quote(p), shell=True)"),
    (
        "",
        """\
cmd = ['convert', p, 'out.png']
subprocess.Popen(cmd)
""",
    ),
    (
        "",
        """\
subprocess.run(['sh', '-c', 'ls "$1"', 'sh', p])
""",
    ),
    (
        "",
        """\
safe = re.sub(r'[^a-z0-9]', '', p)
os.system('ls ' + safe)
""",
    ),
    (
        "",
        """\
safe = ''.join(c for c in p if c.isalnum())
os.system('ls ' + safe)
""",
    ),
    (
        "",
        """\
safe = ''.join(c for c in p if c in string.ascii_letters + string.digits)
os.system('ls ' + safe)
""",
    ),
    (
        "",
        """\
safe = ''.join(filter(str.isalnum, p))
os.system('ls ' + safe)
""",
    ),
    (
        "",
        """\
import ipaddress
try:
    ip = ipaddress.ip_address(p)
except ValueError:
    abort(400)
os.system(f'ping {ip}')
""",
    ),
    (
        "",
        """\
import ipaddress
try:
    ipaddress.ip_address(p)
except ValueError:
    abort(400)
os.system(f'ping {p}')
""",
    ),
    (
        """\
def validate(v):
    if not re.fullmatch(r'[a-z0-9_-]+', v):
        raise ValueError('bad')
""",
        """\
validate(p)
os.system('ls ' + p)
""",
    ),
    (
        """\
def clean(v):
    if not re.fullmatch(r'[a-z0-9_-]+', v):
        raise ValueError('bad')
    return v
""",
        """\
name = clean(p)
os.system('ls ' + name)
""",
    ),
    (
        """\
PAT = re.compile(r'^[a-z]+$')
def ok(v):
    return bool(PAT.match(v))
""",
        """\
if not ok(p):
    abort(400)
os.system('ls ' + p)
""",
    ),
    (
        """\
def ok(v):
    return v in ('a', 'b')
""",
        """\
if not ok(p):
    abort(400)
os.system('ls ' + p)
""",
    ),
    (
        """\
def ok(v):
    for c in v:
        if not c.isalnum():
            return False
    return True
""",
        """\
if not ok(p):
    abort(400)
os.system('ls ' + p)
""",
    ),
    (
        """\
def assert_ok(v):
    if v in {'a', 'b'}:
        return
    raise ValueError
""",
        """\
assert_ok(p)
os.system('ls ' + p)
""",
    ),
    (
        "",
        """\
handlers = {'a': lambda: os.system('ls'), 'b': lambda: os.system('df')}
handlers[p]()
""",
    ),
    ("", "v = ast.literal_eval(p)"),
    ("", "v = json.loads(p)"),
    ("", "v = eval(repr(float(p)) + ' * 2')"),
    (
        "",
        """\
f = {'add': operator.add}[p]
f(1, 2)
""",
    ),
    (
        "",
        """\
import importlib
if p not in ('a', 'b'):
    abort(400)
importlib.import_module('plugins.' + p)
""",
    ),
    (
        "",
        """\
from werkzeug.utils import secure_filename
open(os.path.join(BASE, secure_filename(p)))
""",
    ),
    ("", "open(os.path.join(BASE, os.path.basename(p)))"),
    (
        "",
        """\
full = os.path.abspath(os.path.join(BASE, p))
if not full.startswith(BASE + '/'):
    abort(404)
open(full)
""",
    ),
    (
        "",
        """\
full = os.path.realpath(os.path.join(BASE, p))
if os.path.commonpath((full, BASE)) != BASE:
    abort(404)
open(full)
""",
    ),
    (
        "",
        """\
from pathlib import Path
root = Path(BASE).resolve()
full = (root / p).resolve()
if not full.is_relative_to(root):
    abort(404)
full.read_text()
""",
    ),
    (
        "",
        """\
from pathlib import Path
root = Path(BASE).resolve()
full = (root / p).resolve()
if root not in full.parents:
    abort(404)
full.read_text()
""",
    ),
    (
        "",
        """\
from pathlib import Path
root = Path(BASE).resolve()
full = (root / p).resolve()
try:
    full.relative_to(root)
except ValueError:
    abort(404)
full.read_text()
""",
    ),
    (
        "",
        """\
name = re.sub(r'[^\\w.-]', '_', p)
open(os.path.join(BASE, 'f_' + name))
""",
    ),
    (
        "",
        """\
if '/' in p or '..' in p:
    abort(400)
open(os.path.join(BASE, p))
""",
    ),
    (
        "",
        """\
if '..' in p or p.startswith('/'):
    abort(400)
open(os.path.join(BASE, p))
""",
    ),
    (
        "",
        """\
name = hashlib.sha256(p.encode()).hexdigest()
open(os.path.join(BASE, name))
""",
    ),
    (
        "",
        """\
files = {f: os.path.join(BASE, f) for f in os.listdir(BASE)}
if p not in files:
    abort(404)
open(files[p])
""",
    ),
    (
        "",
        """\
if p not in os.listdir(BASE):
    abort(404)
open(os.path.join(BASE, p))
""",
    ),
    ("", "return '<p>' + html.escape(p) + '</p>'"),
    (
        "",
        """\
from markupsafe import escape
return f'<p>{escape(p)}</p>'
""",
    ),
    (
        "",
        """\
from markupsafe import Markup
return Markup('<p>{}</p>').format(p)
""",
    ),
    (
        "",
        """\
from markupsafe import Markup
return Markup('<p>%s</p>') % p
""",
    ),
    ("", "return {'p': p}"),
    ("", "return app.response_class(json.dumps({'p': p}), mimetype='application/json')"),
    (
        "",
        """\
r = make_response(p)
r.mimetype = 'text/plain'
return r
""",
    ),
    (
        "",
        """\
r = make_response(p)
r.headers['Content-Type'] = 'text/plain'
return r
""",
    ),
    ("", "return p, 200, {'Content-Type': 'text/plain'}"),
    ("", "return render_template_string('<b>{{ p }}</b>', p=p)"),
    (
        "",
        """\
if p not in ('/a', '/b'):
    p = '/'
return redirect(p)
""",
    ),
    (
        "",
        """\
u = urllib.parse.urlparse(p)
if u.netloc or u.scheme:
    abort(400)
return redirect(p)
""",
    ),
    (
        "",
        """\
u = urllib.parse.urlparse(p)
if u.netloc != request.host:
    abort(400)
return redirect(p)
""",
    ),
    (
        "",
        """\
if not p.startswith('/') or p.startswith('//'):
    abort(400)
return redirect(p)
""",
    ),
    (
        "",
        """\
from flask import url_for
return redirect(url_for('x', p=p))
""",
    ),
    ("", "return redirect('/search?q=' + urllib.parse.quote(p))"),
    ("", "return redirect(f'https://example.com/u/{p}')"),
    (
        "",
        """\
import requests
u = urllib.parse.urlparse(p)
if u.hostname not in {'a.example'}:
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        """\
def allowed(u):
    parts = urllib.parse.urlsplit(u)
    return parts.scheme == 'https' and parts.hostname in ('a.example',)
""",
        """\
import requests
if not allowed(p):
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        "",
        """\
import requests
requests.get('https://a.example/' + p, timeout=3)
""",
    ),
    (
        "",
        """\
import requests
url = {'a': 'https://a.example'}.get(p)
if url is None:
    abort(404)
requests.get(url, timeout=3)
""",
    ),
    (
        "",
        """\
import requests
requests.get('https://a.example/', params={'q': p}, timeout=3)
""",
    ),
    (
        "",
        """\
log.info('x %s', p.replace('\\n', '').replace('\\r', ''))
""",
    ),
    ("", "log.info('x %r', p)"),
    ("", "log.info('x %d', int(p))"),
    ("", "log.info('x %s', p.encode('unicode_escape').decode())"),
    (
        "",
        """\
log.info('x %s', re.sub(r'[\\r\\n]', '_', p))
""",
    ),
    ("", "log.info('x %s', ' '.join(p.split()))"),
    ("", "log.info('x %s', ' '.join(p.splitlines()))"),
    ("", "log.info('x %s', json.dumps(p))"),
    ("", "log.info('x %s', ''.join(c for c in p if c.isprintable()))"),
    ("", "log.info('x %s', p.translate({10: None, 13: None}))"),
    ("", "log.info('x', extra={'p': p})"),
    (
        "",
        """\
r = make_response('ok')
r.headers['X'] = p.replace('\\n', '').replace('\\r', '')
return r
""",
    ),
    (
        "",
        """\
r = make_response('ok')
r.headers['X'] = urllib.parse.quote(p)
return r
""",
    ),
    (
        "",
        """\
r = make_response('ok')
if '\\n' in p or '\\r' in p:
    abort(400)
r.headers['X'] = p
return r
""",
    ),
    (
        "",
        """\
r = make_response('ok')
if any(c in p for c in '\\r\\n'):
    abort(400)
r.headers['X'] = p
return r
""",
    ),
    (
        "",
        """\
if p not in ('a', 'b'):
    abort(400)
session['u'] = p
""",
    ),
    (
        "",
        """\
from pymongo import MongoClient
n = request.json['n']
if not isinstance(n, str):
    abort(400)
MongoClient().a.b.find_one({'n': n})
""",
    ),
    (
        "",
        """\
from pymongo import MongoClient
MongoClient().a.b.find_one({'n': {'$eq': request.json['n']}})
""",
    ),
    (
        "",
        """\
from pymongo import MongoClient
MongoClient().a.b.find_one({'n': p})
""",
    ),
    ("", "yaml.safe_load(p)"),
    ("", "yaml.load(p, Loader=yaml.SafeLoader)"),
    (
        "",
        """\
from lxml import etree
etree.fromstring(p.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
""",
    ),
    (
        "",
        """\
import defusedxml.ElementTree as ET
ET.fromstring(p)
""",
    ),
    (
        "",
        """\
from lxml import etree
etree.parse('x').xpath('//a[@b=$b]', b=p)
""",
    ),
    (
        "",
        """\
from lxml import etree
if not p.isalnum():
    abort(400)
etree.parse('x').xpath("//a[@b='%s']" % p)
""",
    ),
    (
        "",
        """\
from lxml import etree
if "'" in p or '"' in p:
    abort(400)
etree.parse('x').xpath(f"//a[@b='{p}']")
""",
    ),
    (
        """\
class User:
    pass
""",
        """\
u = User()
for k, w in request.json.items():
    if k in ('name', 'mail'):
        setattr(u, k, w)
""",
    ),
    (
        """\
class User:
    pass
""",
        """\
u = User()
for k in ('name', 'mail'):
    if k in request.json:
        setattr(u, k, request.json[k])
""",
    ),
    (
        """\
class User:
    def __init__(self, **kw):
        self.__dict__.update(kw)
""",
        """\
data = {k: request.json[k] for k in ('name',) if k in request.json}
u = User(**data)
""",
    ),
    (
        "",
        """\
import requests
host = urllib.parse.urlparse(p).hostname
if host not in ('a.example',):
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        "",
        """\
import requests
host = urllib.parse.urlparse(p).hostname or ''
if host != 'a.example' and not host.endswith('.a.example'):
    abort(400)
requests.get(p, timeout=3)
""",
    ),
    (
        "",
        """\
r = make_response('')
o = request.headers.get('Origin')
if o in ('https://a.example',):
    r.headers['Access-Control-Allow-Origin'] = o
return r
""",
    ),
    (
        "",
        """\
r = make_response('')
o = request.headers.get('Origin', '')
if re.fullmatch(r'https://[a-z]+\\.a\\.example', o):
    r.headers['Access-Control-Allow-Origin'] = o
return r
""",
    ),
    (
        "",
        """\
if request.args.get('q') not in ('a', 'b'):
    abort(400)
os.system('ls ' + request.args['q'])
""",
    ),
    (
        "",
        """\
if request.form['q'] in ('a', 'b'):
    os.system('ls ' + request.form.get('q'))
""",
    ),
]
