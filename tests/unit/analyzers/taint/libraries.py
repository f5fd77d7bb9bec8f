"""Libraries: the rule that is found where a request's data arrives, or an empty text where nothing may be."""

from __future__ import annotations

VIEWS = [
    (
        "SQL",
        "import asyncpg",
        """\
conn = await asyncpg.connect('x')
rows = await conn.fetch(f"select * from t where a = '{q}'")
""",
    ),
    (
        "",
        "import asyncpg",
        """\
conn = await asyncpg.connect('x')
rows = await conn.fetch('select * from t where a = $1', q)
""",
    ),
    (
        "SQL",
        """\
import asyncpg
pool = None
""",
        """\
async with pool.acquire() as c:
    await c.execute('delete from t where a = ' + q)
""",
    ),
    (
        "SQL",
        "import aiomysql",
        """\
conn = await aiomysql.connect()
async with conn.cursor() as cur:
    await cur.execute('select ' + q)
""",
    ),
    (
        "SQL",
        "import aiosqlite",
        """\
async with aiosqlite.connect('x') as db:
    await db.execute(f'select {q}')
""",
    ),
    (
        "SQL",
        """\
from peewee import SqliteDatabase
db = SqliteDatabase('x')
""",
        "db.execute_sql(f'select {q}')",
    ),
    (
        "SQL",
        """\
from peewee import Model
class U(Model):
    pass
""",
        "list(U.raw(f'select * from u where a = {q}'))",
    ),
    (
        "SQL",
        """\
from pony.orm import Database, db_session
db = Database()
""",
        """\
db.select(f"* from u where a = '{q}'")
""",
    ),
    (
        "SQL",
        """\
from pony.orm import select, raw_sql
from m import U
""",
        "select(u for u in U if raw_sql('u.a = ' + q))",
    ),
    (
        "SQL",
        "from tortoise import Tortoise",
        """\
conn = Tortoise.get_connection('default')
await conn.execute_query(f'select {q}')
""",
    ),
    (
        "SQL",
        """\
from databases import Database
database = Database('x')
""",
        "await database.fetch_all(query=f'select {q}')",
    ),
    (
        "",
        """\
from databases import Database
database = Database('x')
""",
        "await database.fetch_all(query='select :q', values={'q': q})",
    ),
    (
        "SQL",
        "import duckdb",
        """\
con = duckdb.connect()
con.execute(f'select {q}')
""",
    ),
    (
        "SQL",
        "import duckdb",
        """\
duckdb.sql(f"select * from t where a = '{q}'")
""",
    ),
    (
        "SQL",
        """\
from clickhouse_driver import Client
client = Client('h')
""",
        """\
client.execute(f"select * from t where a = '{q}'")
""",
    ),
    (
        "SQL",
        """\
import clickhouse_connect
client = clickhouse_connect.get_client()
""",
        """\
client.query(f"select * from t where a = '{q}'")
""",
    ),
    (
        "SQL",
        "import snowflake.connector",
        """\
c = snowflake.connector.connect().cursor()
c.execute(f'select {q}')
""",
    ),
    (
        "SQL",
        "from google.cloud import bigquery",
        """\
bigquery.Client().query(f"select * from t where a = '{q}'").result()
""",
    ),
    (
        "SQL",
        """\
import boto3
athena = boto3.client('athena')
""",
        "athena.start_query_execution(QueryString=f'select {q}')",
    ),
    (
        "SQL",
        """\
from sqlalchemy import create_engine, text
engine = create_engine('x')
""",
        """\
with engine.connect() as c:
    c.execute(text(f"select * from t where a = '{q}'"))
""",
    ),
    (
        "",
        """\
from sqlalchemy import create_engine, text
engine = create_engine('x')
""",
        """\
with engine.connect() as c:
    c.execute(text('select * from t where a = :q'), {'q': q})
""",
    ),
    (
        "SQL",
        """\
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
""",
        "db.session.execute(db.text('select ' + q))",
    ),
    (
        "SQL",
        """\
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class U(db.Model):
    pass
""",
        "U.query.filter(db.text('a = ' + q)).all()",
    ),
    (
        "SQL",
        """\
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text
db = SQLAlchemy()
class U(db.Model):
    pass
""",
        "U.query.order_by(text(q)).all()",
    ),
    (
        "SQL",
        """\
import pandas as pd
engine = None
""",
        """\
pd.read_sql_query(f"select * from t where a = '{q}'", engine)
""",
    ),
    (
        "SQL",
        "import pymssql",
        """\
c = pymssql.connect().cursor()
c.execute('select ' + q)
""",
    ),
    (
        "SQL",
        "import cx_Oracle",
        """\
c = cx_Oracle.connect('x').cursor()
c.execute('select ' + q)
""",
    ),
    (
        "SQL",
        "import oracledb",
        """\
with oracledb.connect() as c:
    with c.cursor() as cur:
        cur.execute('select ' + q)
""",
    ),
    ("SQL", "import pyodbc", "pyodbc.connect('x').cursor().execute('select ' + q)"),
    (
        "SQL",
        "import MySQLdb",
        """\
c = MySQLdb.connect().cursor()
c.execute("select '%s'" % q)
""",
    ),
    (
        "SQL",
        """\
import psycopg2
from psycopg2.extras import execute_values
""",
        """\
cur = psycopg2.connect('x').cursor()
execute_values(cur, 'insert into ' + q + ' values %s', [])
""",
    ),
    (
        "SQL",
        """\
from cassandra.cluster import Cluster
session = Cluster().connect()
""",
        """\
session.execute(f"select * from t where a = '{q}'")
""",
    ),
    (
        "SQL",
        """\
from neo4j import GraphDatabase
driver = GraphDatabase.driver('x')
""",
        """\
with driver.session() as s:
    s.run(f"match (n {{name: '{q}'}}) return n")
""",
    ),
    (
        "",
        """\
from neo4j import GraphDatabase
driver = GraphDatabase.driver('x')
""",
        """\
with driver.session() as s:
    s.run('match (n {name: $q}) return n', q=q)
""",
    ),
    (
        "SQL",
        """\
from influxdb import InfluxDBClient
client = InfluxDBClient()
""",
        """\
client.query(f"select * from m where a = '{q}'")
""",
    ),
    (
        "SQL",
        """\
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
""",
        """\
spark.sql(f"select * from t where a = '{q}'")
""",
    ),
    (
        "SQL",
        """\
import records
db = records.Database()
""",
        "db.query('select ' + q)",
    ),
    (
        "NOSQL",
        """\
import redis
r = redis.Redis()
""",
        "r.eval('return ' + q, 0)",
    ),
    (
        "",
        """\
import redis
r = redis.Redis()
""",
        "r.get(q)",
    ),
    (
        "NOSQL",
        """\
from pymongo import MongoClient
users = MongoClient().app.users
""",
        """\
body = request.get_json()
users.find_one({'name': body['name']})
""",
    ),
    (
        "",
        """\
from pymongo import MongoClient
users = MongoClient().app.users
""",
        """\
body = request.get_json()
users.find_one({'name': str(body['name'])})
""",
    ),
    (
        "NOSQL",
        """\
from motor.motor_asyncio import AsyncIOMotorClient
db = AsyncIOMotorClient().app
""",
        """\
body = request.get_json()
await db.users.find_one(body)
""",
    ),
    (
        "NOSQL",
        """\
from mongoengine import Document
class U(Document):
    pass
""",
        "U.objects(__raw__=request.get_json()).first()",
    ),
    (
        "NOSQL",
        """\
from elasticsearch import Elasticsearch
es = Elasticsearch()
""",
        "es.search(index='i', body=request.get_json())",
    ),
    (
        "",
        """\
from elasticsearch import Elasticsearch
es = Elasticsearch()
""",
        "es.search(index='i', query={'match': {'title': q}})",
    ),
    (
        "XPATH",
        "from lxml import etree",
        """\
etree.parse('x.xml').getroot().xpath(f"//u[@n='{q}']")
""",
    ),
    (
        "XPATH",
        "import xml.etree.ElementTree as ET",
        """\
ET.parse('x.xml').getroot().findall(f".//u[@n='{q}']")
""",
    ),
    (
        "XPATH",
        """\
import elementpath
import xml.etree.ElementTree as ET
""",
        """\
elementpath.select(ET.parse('x.xml'), f"//u[@n='{q}']")
""",
    ),
    ("", "from lxml import etree", "etree.parse('x.xml').xpath('//u[@n=$n]', n=q)"),
    (
        "XPATH",
        "from lxml import etree",
        """\
etree.XPath("//u[@n='" + q + "']")(etree.parse('x.xml'))
""",
    ),
    (
        "LDAP",
        "import ldap3",
        """\
conn = ldap3.Connection('s')
conn.search('dc=x', f'(uid={q})')
""",
    ),
    (
        "LDAP",
        "import bonsai",
        """\
conn = bonsai.LDAPClient('ldap://x').connect()
conn.search('dc=x', 2, f'(uid={q})')
""",
    ),
    (
        "LDAP",
        """\
import ldap3
from ldap3.utils.conv import escape_filter_chars
""",
        """\
conn = ldap3.Connection('s')
conn.search('ou=' + escape_filter_chars(q) + ',dc=x', '(uid=1)')
""",
    ),
    (
        "",
        """\
import ldap3
from ldap3.utils.conv import escape_filter_chars
""",
        """\
conn = ldap3.Connection('s')
conn.search('dc=x', '(uid=' + escape_filter_chars(q) + ')')
""",
    ),
    ("TEMPLATE", "from mako.template import Template", "Template('hi ' + q).render()"),
    ("TEMPLATE", "from tornado.template import Template", "Template('hi ' + q).generate()"),
    (
        "TEMPLATE",
        """\
from jinja2 import Environment
env = Environment(autoescape=True)
""",
        "env.from_string('hi ' + q).render()",
    ),
    (
        "",
        """\
from jinja2.sandbox import SandboxedEnvironment
env = SandboxedEnvironment(autoescape=True)
""",
        "env.from_string('hi ' + q).render()",
    ),
    ("TEMPLATE", "from django.template import Template, Context", "Template('hi ' + q).render(Context())"),
    ("TEMPLATE", "from django.template import engines", "engines['django'].from_string('hi ' + q).render()"),
    ("SHELL", "import asyncio", "await asyncio.create_subprocess_shell('ls ' + q)"),
    ("", "import asyncio", "await asyncio.create_subprocess_exec('ls', '--', q)"),
    ("SHELL", "import fabric", "fabric.Connection('h').run('ls ' + q)"),
    (
        "SHELL",
        "import paramiko",
        """\
c = paramiko.SSHClient()
c.exec_command('ls ' + q)
""",
    ),
    ("SHELL", "import sh", "sh.bash('-c', 'ls ' + q)"),
    ("SHELL", "from invoke import run", "run('ls ' + q)"),
    ("SHELL", "import pexpect", "pexpect.spawn('ls ' + q)"),
    (
        "SHELL",
        "import docker",
        """\
c = docker.from_env().containers.get('x')
c.exec_run('sh -c ' + q)
""",
    ),
    (
        "SHELL",
        "import docker",
        """\
c = docker.from_env().containers.get('x')
c.exec_run(['sh', '-c', 'ls ' + q])
""",
    ),
    (
        "",
        "import docker",
        """\
c = docker.from_env().containers.get('x')
c.exec_run(['ls', '--', q])
""",
    ),
    ("SHELL", "import subprocess", "subprocess.run(['bash', '-c', 'ls ' + q])"),
    (
        "SHELL",
        "import asyncssh",
        """\
async with asyncssh.connect('h') as conn:
    await conn.run('ls ' + q)
""",
    ),
    ("SHELL", "import subprocess", "subprocess.Popen('ls ' + q, shell=True)"),
    ("SSRF", "import httpx", "httpx.get(q)"),
    (
        "SSRF",
        "import httpx",
        """\
async with httpx.AsyncClient() as c:
    await c.get(q)
""",
    ),
    (
        "SSRF",
        "import aiohttp",
        """\
async with aiohttp.ClientSession() as s:
    async with s.get(q) as r:
        await r.text()
""",
    ),
    ("SSRF", "import urllib3", "urllib3.PoolManager().request('GET', q)"),
    (
        "SSRF",
        "import pycurl",
        """\
c = pycurl.Curl()
c.setopt(c.URL, q)
""",
    ),
    (
        "SSRF",
        "import pycurl",
        """\
c = pycurl.Curl()
c.setopt(pycurl.URL, q)
""",
    ),
    ("SSRF", "import websocket", "websocket.create_connection(q)"),
    ("SSRF", "import websockets", "await websockets.connect(q)"),
    ("SSRF", "import ftplib", "ftplib.FTP(q)"),
    ("SSRF", "import smtplib", "smtplib.SMTP(q, 25)"),
    (
        "SSRF",
        "import socket",
        """\
s = socket.socket()
s.connect((q, 80))
""",
    ),
    ("SSRF", "import http.client", "http.client.HTTPSConnection(q)"),
    ("SSRF", "import urllib.request", "urllib.request.urlopen(urllib.request.Request(q))"),
    (
        "SSRF",
        "import requests",
        """\
s = requests.Session()
s.get(q, timeout=1)
""",
    ),
    ("SSRF", "import requests", "requests.request('GET', q, timeout=1)"),
    ("SSRF", "import requests", "requests.get(f'http://{q}/x', timeout=1)"),
    ("SSRF", "import pandas as pd", "pd.read_csv(q)"),
    ("SSRF", "import feedparser", "feedparser.parse(q)"),
    ("SSRF", "from zeep import Client", "Client(q)"),
    ("SSRF", "import requests", "requests.post(url=q, timeout=1)"),
    ("", "import requests", "requests.get(f'https://api.example.com/x?q={q}', timeout=1)"),
    (
        "",
        """\
import requests
HOSTS = {'a.example'}
""",
        """\
requests.get(f"https://{q if q in HOSTS else 'a.example'}/x", timeout=1)
""",
    ),
    ("PICKLE", "import jsonpickle", "jsonpickle.decode(q)"),
    ("PICKLE", "import dill", "dill.loads(request.data)"),
    ("PICKLE", "import cloudpickle", "cloudpickle.loads(request.get_data())"),
    ("PICKLE", "import joblib, io", "joblib.load(io.BytesIO(request.data))"),
    ("PICKLE", "import torch, io", "torch.load(io.BytesIO(request.data))"),
    ("PICKLE", "import numpy as np, io", "np.load(io.BytesIO(request.data), allow_pickle=True)"),
    ("PICKLE", "import pandas as pd, io", "pd.read_pickle(io.BytesIO(request.data))"),
    ("PICKLE", "import marshal", "marshal.loads(request.data)"),
    ("PICKLE", "import shelve", "shelve.open(q)"),
    ("PICKLE", "import pickle", "pickle.Unpickler(request.files['f'].stream).load()"),
    ("PICKLE", "import _pickle", "_pickle.loads(request.data)"),
    ("", "import torch, io", "torch.load(io.BytesIO(request.data), weights_only=True)"),
    ("", "import numpy as np, io", "np.load(io.BytesIO(request.data), allow_pickle=False)"),
    (
        "PATH",
        "import aiofiles",
        """\
async with aiofiles.open('/srv/' + q) as f:
    await f.read()
""",
    ),
    ("PATH", "from flask import send_file", "send_file('/srv/' + q)"),
    ("PATH", "from flask import send_from_directory", "send_from_directory('/srv/' + q, 'x.txt')"),
    ("PATH", "import shutil", "shutil.rmtree('/srv/' + q)"),
    ("PATH", "import shutil", "shutil.copyfile('/srv/a', '/srv/' + q)"),
    ("PATH", "import zipfile", "zipfile.ZipFile('/srv/' + q)"),
    ("PATH", "import os", "os.remove(os.path.join('/srv', q))"),
    ("PATH", "from pathlib import Path", "(Path('/srv') / q).read_text()"),
    ("PATH", "from pathlib import Path", "Path('/srv').joinpath(q).open()"),
    ("PATH", "import anyio", "await anyio.Path('/srv/' + q).read_text()"),
    ("PATH", "import pandas as pd", "pd.read_csv('/srv/' + q)"),
    ("PATH", "from PIL import Image", "Image.open('/srv/' + q)"),
    ("PATH", "import numpy as np", "np.load('/srv/' + q)"),
    ("PATH", "import os", "os.listdir('/srv/' + q)"),
    ("", "from flask import send_from_directory", "send_from_directory('/srv', q)"),
    ("EXTRACT", "import tarfile", "tarfile.open(fileobj=request.files['f'].stream).extractall('/srv')"),
    ("", "import tarfile", "tarfile.open(fileobj=request.files['f'].stream).extractall('/srv', filter='data')"),
    (
        "EXTRACT",
        "import shutil",
        """\
request.files['f'].save('/tmp/u.tar')
shutil.unpack_archive('/tmp/u.tar', '/srv')
""",
    ),
    (
        "EXTRACT",
        "import tarfile, tempfile",
        """\
with tempfile.NamedTemporaryFile() as tmp:
    request.files['f'].save(tmp.name)
    tarfile.open(tmp.name).extractall('/srv')
""",
    ),
    (
        "EXTRACT",
        "import tarfile, os",
        """\
path = os.path.join('/srv/in', 'up.tar')
with open(path, 'wb') as out:
    out.write(request.get_data())
with tarfile.open(path) as tar:
    tar.extractall('/srv')
""",
    ),
    (
        "LOG",
        "",
        """\
with open('/var/log/app/audit.log', 'a') as out:
    out.write('user ' + q)
""",
    ),
    (
        "",
        "",
        """\
with open('/var/log/app/audit.log', 'a') as out:
    out.write('user ' + repr(q))
""",
    ),
    ("LOG", "from loguru import logger", "logger.info('user ' + q)"),
]
"""The imports and the body of a Flask view in which `q` is untrusted."""

MODULES = [
    (
        "SHELL",
        """\
from sanic import Sanic
import os
app = Sanic('a')
@app.get('/x')
async def x(request):
    os.system(request.args.get('c'))
""",
    ),
    (
        "SHELL",
        """\
import falcon, os
class R:
    def on_get(self, req, resp):
        os.system(req.get_param('c'))
""",
    ),
    (
        "SHELL",
        """\
import falcon.asgi, os
class R:
    async def on_post(self, req, resp):
        data = await req.get_media()
        os.system(data['c'])
""",
    ),
    (
        "SHELL",
        """\
from quart import Quart, request
import os
app = Quart(__name__)
@app.route('/x', methods=['POST'])
async def x():
    form = await request.form
    os.system(form['c'])
""",
    ),
    (
        "SHELL",
        """\
from litestar import get, Litestar
import os
@get('/x')
async def x(c: str) -> str:
    os.system(c)
    return ''
""",
    ),
    (
        "",
        """\
from litestar import get, Litestar
import os
@get('/x/{c:int}')
async def x(c: int) -> str:
    os.system(f'echo {c}')
    return ''
""",
    ),
    (
        "SHELL",
        """\
from litestar import Litestar, Request, Controller, post
import os
class C(Controller):
    @post('/x')
    async def x(self, request: Request) -> None:
        data = await request.json()
        os.system(data['c'])
""",
    ),
    (
        "SHELL",
        """\
from pyramid.view import view_config
import os
@view_config(route_name='x')
def x(request):
    os.system(request.params['c'])
""",
    ),
    (
        "SHELL",
        """\
from pyramid.view import view_config
import os
class V:
    def __init__(self, request):
        self.request = request
    @view_config(route_name='x')
    def x(self):
        os.system(self.request.matchdict['c'])
""",
    ),
    (
        "SHELL",
        """\
import cherrypy, os
class Root:
    @cherrypy.expose
    def x(self, c):
        os.system(c)
        return 'ok'
""",
    ),
    (
        "SHELL",
        """\
from bottle import route, request
import os
@route('/x')
def x():
    os.system(request.query.get('c'))
    return 'ok'
""",
    ),
    (
        "SHELL",
        """\
from bottle import route, request
import os
@route('/x')
def x():
    os.system(request.query.c)
    return 'ok'
""",
    ),
    (
        "SHELL",
        """\
import tornado.web, os
class H(tornado.web.RequestHandler):
    def get(self):
        os.system(self.get_argument('c'))
""",
    ),
    (
        "SHELL",
        """\
from aiohttp import web
import os
routes = web.RouteTableDef()
@routes.post('/x')
async def x(request):
    data = await request.json()
    os.system(data['c'])
    return web.Response()
""",
    ),
    (
        "SHELL",
        """\
from aiohttp import web
import os
class V(web.View):
    async def get(self):
        os.system(self.request.query['c'])
        return web.Response()
""",
    ),
    (
        "SHELL",
        """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
import os
async def x(request):
    os.system(request.query_params['c'])
    return PlainTextResponse('')
""",
    ),
    (
        "SHELL",
        """\
from fastapi import FastAPI, WebSocket
import os
app = FastAPI()
@app.websocket('/x')
async def x(ws: WebSocket):
    await ws.accept()
    c = await ws.receive_text()
    os.system(c)
""",
    ),
    (
        "SHELL",
        """\
from fastapi import FastAPI, Header, Cookie, Form
from typing import Annotated
import os
app = FastAPI()
@app.post('/x')
def x(c: Annotated[str, Form()]):
    os.system(c)
""",
    ),
    (
        "SHELL",
        """\
from fastapi import APIRouter
from pydantic import BaseModel
import os
r = APIRouter()
class B(BaseModel):
    c: str
@r.post('/x')
def x(b: B):
    os.system(b.c)
""",
    ),
    (
        "",
        """\
from fastapi import APIRouter
from pydantic import BaseModel
import os
r = APIRouter()
class B(BaseModel):
    c: int
@r.post('/x')
def x(b: B):
    os.system(f'echo {b.c}')
""",
    ),
    (
        "SHELL",
        """\
import gradio as gr, os
def run(c):
    return os.popen(c).read()
gr.Interface(fn=run, inputs='text', outputs='text').launch()
""",
    ),
    (
        "SHELL",
        """\
import streamlit as st, os
c = st.text_input('c')
os.system(c)
""",
    ),
    (
        "SHELL",
        """\
import streamlit as st, os
c = st.sidebar.text_area('c')
if st.button('go'):
    os.system('ls ' + c)
""",
    ),
    (
        "",
        """\
import streamlit as st, os
c = st.selectbox('c', ['a', 'b'])
n = st.number_input('n')
os.system(f'ls {n}')
""",
    ),
    (
        "SHELL",
        """\
import os
def lambda_handler(event, context):
    os.system(event['queryStringParameters']['c'])
""",
    ),
    (
        "SHELL",
        """\
import os, json
def lambda_handler(event, context):
    for record in event['Records']:
        body = json.loads(record['body'])
        os.system('convert ' + body['name'])
""",
    ),
    (
        "SHELL",
        """\
import boto3, os
sqs = boto3.client('sqs')
def poll(q):
    r = sqs.receive_message(QueueUrl=q)
    for m in r['Messages']:
        os.system('run ' + m['Body'])
""",
    ),
    (
        "SHELL",
        """\
from celery import shared_task
import os
@shared_task
def convert(name):
    os.system(f'convert {name} out.png')
""",
    ),
    (
        "SHELL",
        """\
import websockets, os
async def handler(ws):
    async for message in ws:
        os.system(message)
async def main():
    async with websockets.serve(handler, '', 1):
        pass
""",
    ),
    (
        "SHELL",
        """\
import grpc, os
import x_pb2_grpc
class S(x_pb2_grpc.RunnerServicer):
    def Run(self, request, context):
        os.system(request.command)
""",
    ),
    (
        "SQL",
        """\
import graphene
class Query(graphene.ObjectType):
    user = graphene.String(name=graphene.String())
    def resolve_user(root, info, name):
        cursor.execute(f"select * from u where n = '{name}'")
""",
    ),
    (
        "SQL",
        """\
import strawberry, sqlite3
@strawberry.type
class Query:
    @strawberry.field
    def user(self, name: str) -> str:
        c = sqlite3.connect('x')
        return c.execute(f"select * from u where n = '{name}'").fetchone()
""",
    ),
    (
        "",
        """\
import strawberry, sqlite3
@strawberry.type
class Query:
    @strawberry.field
    def user(self, id: int) -> str:
        c = sqlite3.connect('x')
        return c.execute(f'select * from u where n = {id}').fetchone()
""",
    ),
    (
        "SHELL",
        """\
from flask_socketio import SocketIO
import os
socketio = SocketIO()
@socketio.on('run')
def run(data):
    os.system(data['c'])
""",
    ),
    (
        "SHELL",
        """\
import azure.functions as func, os
def main(req: func.HttpRequest) -> func.HttpResponse:
    os.system(req.params.get('c'))
    return func.HttpResponse('')
""",
    ),
    (
        "SHELL",
        """\
from kafka import KafkaConsumer
import os
for message in KafkaConsumer('t'):
    os.system(message.value.decode())
""",
    ),
    (
        "SHELL",
        """\
from channels.generic.websocket import WebsocketConsumer
import os, json
class C(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        os.system(json.loads(text_data)['c'])
""",
    ),
    (
        "SHELL",
        """\
from ninja import NinjaAPI
import os
api = NinjaAPI()
@api.get('/x')
def x(request, c: str):
    os.system(c)
""",
    ),
    (
        "SHELL",
        """\
from xmlrpc.server import SimpleXMLRPCServer
import os
def run(c):
    return os.system('ls ' + c)
s = SimpleXMLRPCServer(('', 1))
s.register_function(run)
""",
    ),
    (
        "SHELL",
        """\
import typer, os
app = typer.Typer()
@app.command()
def run(c: str):
    os.system('ls ' + c)
""",
    ),
    (
        "SHELL",
        """\
import fire, os
def run(c):
    os.system('ls ' + c)
fire.Fire(run)
""",
    ),
    (
        "SHELL",
        """\
from telegram import Update
import os
async def run(update: Update, context):
    os.system(update.message.text)
""",
    ),
    (
        "SHELL",
        """\
import discord, os
from discord.ext import commands
bot = commands.Bot('!')
@bot.command()
async def run(ctx, *, c):
    os.system(c)
""",
    ),
    (
        "SHELL",
        """\
from werkzeug.wrappers import Request, Response
import os
@Request.application
def app(request):
    os.system(request.args['c'])
    return Response('')
""",
    ),
    (
        "SHELL",
        """\
from robyn import Robyn, Request
import os
app = Robyn(__file__)
@app.get('/x')
def x(request: Request):
    os.system(request.query_params.get('c'))
""",
    ),
    (
        "SHELL",
        """\
from mcp.server.fastmcp import FastMCP
import subprocess
mcp = FastMCP('x')
@mcp.tool()
def ping(host: str) -> str:
    return subprocess.getoutput(f'ping {host}')
""",
    ),
]
"""Whole modules, each with a way in of its own."""
