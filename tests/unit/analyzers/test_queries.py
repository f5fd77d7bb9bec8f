"""Loops that ask the database for each row: found where the models tell it, and fixed with the relation's name."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.speed import performance
from ambient_lsp.analyzers.speed.relations import Relation, relations
from ambient_lsp.analyzers.speed.speedup import QUERY

DJANGO = """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Tag(models.Model):
    name = models.TextField()


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    tags = models.ManyToManyField("shop.Tag")
"""
SQLALCHEMY = """
class Author(Base):
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    author: Mapped["Author"] = relationship(back_populates="books")
    notes = relationship("Note", lazy="selectin")
"""
KNOWN = relations([DJANGO, SQLALCHEMY.replace("Base", "models.Base")])


def found(text: str, models: str):
    made = performance.speedups(text, "a.py", relations([models]))
    return [one for one in made if one.rule == QUERY]


def test_relations_of_models():
    assert {(one.model, one.name, one.target, one.many) for one in relations([DJANGO])} == {
        ("Author", "books", "Book", True),
        ("Book", "author", "Author", False),
        ("Book", "parent", "Book", False),
        ("Book", "book_set", "Book", True),
        ("Book", "tags", "Tag", True),
        ("Tag", "book_set", "Book", True),
    }
    assert relations([SQLALCHEMY]) == [
        Relation("Author", "books", "", True, "sqlalchemy"),
        Relation("Book", "author", "", False, "sqlalchemy"),
    ]
    assert relations(["class Book(:\n  author = ForeignKey("]) == []


def test_what_two_models_of_one_name_disagree_on_is_left_out():
    other = DJANGO.replace("models.ForeignKey(Author", "models.ManyToManyField(Author")
    assert not [one for one in relations([DJANGO, other]) if one.name == "author"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "for book in Book.objects.filter(year=3):\n        print(book.author.name)",
            'for book in Book.objects.select_related("author").filter(year=3):\n        print(book.author.name)',
        ),
        (
            "books = Book.objects.all()[:9]\n    return [book.author.name for book in books]",
            'books = Book.objects.select_related("author")[:9]\n    return [book.author.name for book in books]',
        ),
        (
            "for author in Author.objects.order_by('name'):\n        show(author.books.all())",
            "for author in Author.objects.prefetch_related(\"books\").order_by('name'):\n"
            "        show(author.books.all())",
        ),
    ],
)
def test_django(before, after):
    (one,) = found(f"def f():\n    {before}\n", DJANGO)
    assert one.text == f"def f():\n    {after}\n"
    assert "one or two queries" in one.message
    assert one.proof == {"measure": "queries"}
    assert not found(one.text, DJANGO)


@pytest.mark.parametrize(
    "body",
    [
        # Fetched already, or in a way that has no rows of the model.
        "for book in Book.objects.select_related('author'):\n        print(book.author.name)",
        "for book in Book.objects.values('author'):\n        print(book.author)",
        # A column of the row itself, an assignment, another model, a manager that asks anew anyway.
        "for book in Book.objects.all():\n        print(book.author_id, book.name)",
        "for book in Book.objects.all():\n        book.author = None",
        "for page in Page.objects.all():\n        print(page.author.name)",
        "for author in Author.objects.all():\n        print(author.books.filter(year=3))",
        # Who knows what these are.
        "for book in books:\n        print(book.author.name)",
        "for book in self.get_queryset():\n        print(book.author.name)",
    ],
)
def test_django_left_alone(body):
    assert not found(f"def f(self):\n    {body}\n", DJANGO)


HEAD = "from sqlalchemy import select\n\n\n"


@pytest.mark.parametrize(
    ("before", "after", "loader"),
    [
        ("session.query(Book).all()", "session.query(Book).options(joinedload(Book.author)).all()", "joinedload"),
        ("session.scalars(select(Book).limit(9))",
         "session.scalars(select(Book).options(joinedload(Book.author)).limit(9))", "joinedload"),
        ("session.execute(select(Book)).scalars().all()",
         "session.execute(select(Book).options(joinedload(Book.author))).scalars().all()", "joinedload"),
    ],
)  # fmt: skip
def test_sqlalchemy(before, after, loader):
    body = "def f(session):\n    for book in {}:\n        print(book.author.name)\n"
    (one,) = found(HEAD + body.format(before), SQLALCHEMY)
    assert one.text == HEAD.replace("select\n", f"select\nfrom sqlalchemy.orm import {loader}\n") + body.format(after)
    assert not found(one.text, SQLALCHEMY)


def test_many_rows_of_each_row_are_loaded_in_one_more_query():
    (one,) = found(HEAD + "def f(s):\n    return [len(a.books) for a in s.scalars(select(Author))]\n", SQLALCHEMY)
    assert "select(Author).options(selectinload(Author.books))" in one.text


def test_a_query_for_each_turn_is_only_told():
    text = "def f(ids):\n    return [User.objects.get(id=i) for i in ids]\n"
    (one,) = performance.speedups(text, "a.py")
    assert (one.rule, one.text) == (QUERY, "")
