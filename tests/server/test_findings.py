"""What somebody sees who opens, types in and saves files."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ambient_lsp.events import FindingsReported, ModelCondition
from ambient_lsp.lsp.publisher import INTERVAL
from ambient_lsp.model import TriggerKind
from ambient_lsp.protocols import Readiness
from ambient_lsp.text import freeze
from tests.fakes.engine import FakeEngine
from tests.server.wire import Connection, settle, until

TEXT = "import hashlib\nh = hashlib.md5(b'x')\nprint(h)\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


def fixes(actions):
    return [action for action in actions if "sha256" in action["title"]]


def messages(connection, uri):
    return [item["message"] for item in connection.editor.diagnostics.get(uri, [])]


async def opened(connection, uri, text=TEXT):
    connection.editor.open(uri, text)
    await until(lambda: "(fix proven)" in str(messages(connection, uri)))


async def test_opening_a_file_shows_its_findings_with_everything_an_editor_can_show(file):
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        (found,) = it.editor.diagnostics[file.as_uri()]
    assert found["source"] == "ambient"
    assert found["code"] == "AMB-SEC-MD5"
    assert "codeDescription" not in found  # the fake engine's rule has no page
    assert found["severity"] == 3  # a warning of an agent is not a compiler's warning
    assert found["range"] == {"start": {"line": 1, "character": 12}, "end": {"line": 1, "character": 15}}
    assert found["relatedInformation"][0]["message"] == "used here"
    assert found["data"]["state"] == "offered"
    assert set(found["data"]) == {"finding_id", "run_id", "sha256", "proposal_id", "state"}


async def test_a_finding_is_shown_before_its_fix_is_proven(file):
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        seen = [item["diagnostics"][0]["message"] for item in it.editor.publications if item["diagnostics"]]
    assert seen[0] == "md5 is broken" and seen[-1] == "md5 is broken (fix proven)"


async def test_a_finding_whose_fix_is_being_checked_says_so(file):
    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), "md5  # checking\n")
        await until(lambda: messages(it, file.as_uri()) == ["md5 is broken (checking a fix)"])


async def test_saving_reviews_the_text_as_it_was_and_takes_other_unsaved_buffers_along(file):
    other = file.with_name("b.py")
    other.write_text("x = 1\n")
    async with Connection(file.parent) as it:
        it.editor.open(other.as_uri(), "x = 1\n")
        await opened(it, file.as_uri())
        it.editor.type(other.as_uri(), 0, 1, "y")
        it.engine.triggers.clear()
        it.editor.type(file.as_uri(), 0, 0, "# saved\n")
        it.editor.save(file.as_uri())
        it.editor.type(file.as_uri(), 0, 0, "# typed later\n")
        (trigger,) = it.engine.triggers
    texts = {item.path: item.text for item in trigger.snapshots}
    assert (trigger.kind, trigger.paths) == (TriggerKind.SAVE, ("a.py",))
    assert texts == {"a.py": "# saved\n" + TEXT, "b.py": "y = 1\n"}


async def test_a_finding_moves_with_its_line_and_looks_as_before(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri)
        it.editor.type(uri, 0, 0, "# new\n")
        await until(lambda: it.editor.diagnostics[uri][0]["range"]["start"] == {"line": 2, "character": 12})
        assert messages(it, uri) == ["md5 is broken (fix proven)"]
        assert fixes(await it.actions(uri, 2))


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(15, 15, "# "), (35, 35, "  # sure"), (14, 15, ""), (31, 35, "")],
    ids=["before on the line", "after on the line", "joined with the line above", "other code on the line"],
)
async def test_a_finding_is_maybe_stale_when_its_line_is_edited_and_as_before_after_undo(file, start, end, text):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri)
        old = it.editor.texts[uri][start:end]
        it.editor.type(uri, start, end, text)
        await until(lambda: messages(it, uri) == ["md5 is broken (maybe stale: its lines have changed)"])
        (shown,) = it.editor.diagnostics[uri]
        assert shown["data"]["maybe_stale"] is True and "proposal_id" not in shown["data"]
        place = it.editor.offset(uri, shown["range"]["start"]), it.editor.offset(uri, shown["range"]["end"])
        assert it.editor.texts[uri][slice(*place)] == "md5"
        # Its fix is for the line as it was.
        (fix,) = fixes(await it.actions(uri, shown["range"]["start"]["line"]))
        assert "lines have changed" in fix["disabled"]["reason"]
        it.editor.type(uri, start, start + len(text), old)
        await until(lambda: messages(it, uri) == ["md5 is broken (fix proven)"])


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(30, 31, "Q"), (27, 30, "sha256"), (28, 28, "x"), (27, 27, "not_"), (26, 30, ""), (10, 40, "")],
    ids=["longer", "mended", "inside", "longer before", "taken out", "deleted with its line"],
)
async def test_a_finding_goes_when_its_code_is_edited_and_is_back_after_undo(file, start, end, text):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri)
        old = it.editor.texts[uri][start:end]
        it.editor.type(uri, start, end, text)
        await until(lambda: messages(it, uri) == [])
        assert await it.actions(uri, 1) == []
        it.editor.type(uri, start, start + len(text), old)
        await until(lambda: messages(it, uri) == ["md5 is broken (fix proven)"])


async def test_a_result_for_a_text_that_has_moved_on_is_dropped(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        it.engine.delay = 0.05
        it.editor.open(uri, TEXT)
        await settle()
        it.editor.type(uri, 0, 0, "#")
        await until(lambda: it.engine.runs())
        await settle()
        assert not it.editor.publications


async def test_typing_publishes_at_most_once_in_a_tenth_of_a_second(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri)
        it.editor.publications.clear()
        started = asyncio.get_running_loop().time()
        for _ in range(50):
            it.editor.type(uri, 0, 0, "\n")
            await asyncio.sleep(0.004)
        took = asyncio.get_running_loop().time() - started
        assert 1 <= len(it.editor.publications) <= took / INTERVAL + 1
        it.editor.save(uri)
        await until(lambda: it.editor.publications[-1]["diagnostics"][0]["range"]["start"]["line"] == 51)


async def test_no_more_than_a_hundred_diagnostics_in_a_file(file):
    async with Connection(file.parent) as it:
        text = "md5\n" * 300
        it.editor.open(file.as_uri(), text)
        await until(lambda: it.editor.diagnostics.get(file.as_uri()))
        assert len(it.editor.diagnostics[file.as_uri()]) == 100


async def test_a_large_file_is_skipped_with_a_word_about_it(file):
    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), "x = 1\n" * 200_000)
        await until(lambda: it.editor.diagnostics.get(file.as_uri()))
        (note,) = it.editor.diagnostics[file.as_uri()]
        assert "1,000,000 bytes" in note["message"] and note["range"]["start"]["line"] == 0
        assert not it.engine.triggers


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_are_in_the_units_of_the_editor(file, encoding):
    text = "x = '\u2028\x0c😀é'; y = md5\r\n"
    async with Connection(file.parent, encoding=encoding) as it:
        uri = file.as_uri()
        await opened(it, uri, text)
        place = it.editor.diagnostics[uri][0]["range"]
        start, end = it.editor.offset(uri, place["start"]), it.editor.offset(uri, place["end"])
        assert text[start:end] == "md5"


async def test_a_byte_order_mark_in_the_buffer_counts_for_the_editor_and_not_for_the_hash(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri, "\ufeffmd5\n")
        assert it.editor.diagnostics[uri][0]["range"]["start"] == {"line": 0, "character": 1}
        (trigger,) = it.engine.triggers
        assert trigger.snapshots[0].sha256 == freeze(file, "a.py", "md5\n").sha256


async def test_findings_of_a_closed_file_stay_for_what_is_on_disk(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri)
        it.editor.close(uri)
        await asyncio.sleep(0.05)
        assert messages(it, uri) == ["md5 is broken (fix proven)"]


async def test_closing_without_saving_takes_findings_of_the_unsaved_text_off(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await opened(it, uri, "md5  # not on disk\n")
        it.editor.close(uri)
        await until(lambda: messages(it, uri) == [])


async def test_a_review_of_everything_shows_findings_in_files_that_are_not_open(file):
    async with Connection(file.parent) as it:
        await it.command("reviewWorkspace")
        await until(lambda: messages(it, file.as_uri()) == ["md5 is broken (fix proven)"])


async def test_what_is_known_from_before_is_shown_when_a_file_is_opened(file, monkeypatch):
    monkeypatch.setattr(FakeEngine, "leads", False)
    async with Connection(file.parent) as it:
        found, _ = it.engine.look(freeze(file.parent, "a.py", TEXT))
        it.engine.found["SecurityGuardian", "a.py"] = found
        it.editor.open(file.as_uri(), TEXT)
        assert messages(it, file.as_uri()) == ["md5 is broken"]


async def test_a_second_window_shows_what_the_first_one_finds(file, monkeypatch):
    monkeypatch.setattr(FakeEngine, "leads", False)
    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), TEXT)
        found, _ = it.engine.look(base := freeze(file.parent, "a.py", TEXT))
        it.engine.publish(FindingsReported("theirs", "SecurityGuardian", "a.py", base.sha256, tuple(found)))
        await until(lambda: messages(it, file.as_uri()) == ["md5 is broken"])
        assert it.server.session.status.value()["folders"][0]["leader"] is False


async def test_a_file_without_findings_is_not_published_again_and_again(file):
    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), "clean = True\n")
        it.editor.save(file.as_uri())
        await until(lambda: len(it.engine.runs()) == 2)
        await settle()
        assert not it.editor.publications


async def test_untitled_buffers_and_state_files_are_left_alone(file):
    async with Connection(file.parent) as it:
        it.editor.open("untitled:Untitled-1", TEXT)
        it.editor.open((file.parent / ".git" / "COMMIT_EDITMSG").as_uri(), TEXT)
        it.editor.open((file.parent / ".ambient" / "x.py").as_uri(), TEXT)
        await settle()
        assert not it.engine.triggers and len(FakeEngine.opened) == 1


async def test_each_folder_has_its_engine_and_the_innermost_one_wins(tmp_path):
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    async with Connection(tmp_path / "outer", inner) as it:
        it.editor.open((inner / "a.py").as_uri(), TEXT)
        it.editor.open((tmp_path / "outer" / "b.py").as_uri(), TEXT)
        by_root = {engine.root: [t.paths for t in engine.triggers] for engine in FakeEngine.opened}
    assert by_root == {inner: [("a.py",)], tmp_path / "outer": [("b.py",)]}


async def test_folders_come_and_go(file, tmp_path_factory):
    new = tmp_path_factory.mktemp("new")
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        event = {
            "added": [{"uri": new.as_uri(), "name": "new"}],
            "removed": [{"uri": file.parent.as_uri(), "name": "old"}],
        }
        it.wire.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        await until(lambda: len(FakeEngine.opened) == 2)
        assert FakeEngine.opened[0].closed and not FakeEngine.opened[1].closed
        await until(lambda: messages(it, file.as_uri()) == [])


async def test_a_file_opened_on_its_own_gets_an_engine_for_its_project(tmp_path):
    package = tmp_path / "src" / "package"
    package.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    async with Connection() as it:
        it.editor.open((package / "a.py").as_uri(), TEXT)
        await until(lambda: it.editor.diagnostics)
        assert it.engine.root == tmp_path


async def test_a_folder_reached_through_a_link_keeps_the_names_that_the_editor_uses(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "a.py").write_text(TEXT)
    async with Connection(tmp_path / "link") as it:
        await it.command("review")
        await until(lambda: it.editor.diagnostics)
        assert list(it.editor.diagnostics) == [(tmp_path / "link" / "a.py").as_uri()]


async def test_hover_tells_the_proof_and_does_not_render_what_the_repository_says(file):
    async with Connection(file.parent, options={"hover": {"enable": True}}) as it:
        await opened(it, file.as_uri())
        place = {"line": 1, "character": 13}
        params = {"textDocument": {"uri": file.as_uri()}, "position": place}
        shown = (await it.wire.request("textDocument/hover", params))["result"]["contents"]["value"]
        elsewhere = {**params, "position": {"line": 2, "character": 0}}
        assert (await it.wire.request("textDocument/hover", elsewhere))["result"] is None
    assert "2 passed before, 2 after" in shown and "bubblewrap" in shown and "low risk" in shown


async def test_settings_are_pulled_for_each_folder_and_again_when_they_change(file):
    async with Connection(file.parent) as it:
        it.wire.answers["workspace/configuration"] = lambda params: [{"severity": "warning"}]
        await opened(it, file.as_uri())
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})
        await until(lambda: it.editor.diagnostics[file.as_uri()][0]["severity"] == 2)
        it.wire.answers["workspace/configuration"] = lambda params: [{"severity": "shout"}]
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})
        await until(lambda: it.wire.of("window/showMessage"))
    assert "shout" in it.wire.of("window/showMessage")[0]["message"]
    (asked,) = it.wire.of("workspace/configuration")[0]["items"]
    assert asked == {"scopeUri": file.parent.as_uri(), "section": "ambient"}


async def test_settings_that_come_unasked_are_used(file):
    async with Connection(file.parent, client="plain") as it:
        await opened(it, file.as_uri())
        it.wire.notify("workspace/didChangeConfiguration", {"settings": {"ambient": {"severity": "hint"}}})
        await until(lambda: it.editor.diagnostics[file.as_uri()][0]["severity"] == 4)


async def test_trust_is_off_unless_the_editor_says_so(file):
    async with Connection(file.parent) as it:
        assert it.engine.trusted is False
    async with Connection(file.parent, options={"trusted": True}) as it:
        assert it.engine.trusted is True


async def test_a_wrong_setting_is_shown_at_its_line_and_a_right_one_opens_the_engine_again(file):
    pytest.importorskip("ambient_lsp.config_file")
    path = file.with_name(".ambient.yml")
    path.write_text("monitoring:\n  enabld: true\n")
    async with Connection(file.parent) as it:
        await until(lambda: it.editor.diagnostics.get(path.as_uri()))
        (found,) = it.editor.diagnostics[path.as_uri()]
        assert found["range"]["start"]["line"] == 1 and "enabled" in found["message"] and found["severity"] == 1
        path.write_text("monitoring:\n  max_file_bytes: 5\n")
        event = {"uri": path.as_uri(), "type": 2}
        it.wire.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
        await until(lambda: len(FakeEngine.opened) >= 2)
        await until(lambda: FakeEngine.opened[0].closed and it.editor.diagnostics[path.as_uri()] == [])


async def test_a_glance_adds_to_what_an_agent_said_until_it_speaks_again(file, monkeypatch):
    monkeypatch.setattr(FakeEngine, "leads", False)  # so that only what is published here is shown
    two = TEXT + "x = 1\ny = hashlib.md5(b'y')\n"

    def look(it, text, glance, only=None):
        found, _ = it.engine.look(base := freeze(file.parent, "a.py", text))
        kept = tuple(one for one in found if only is None or one.span.start_line == only)
        it.engine.publish(FindingsReported("run", "SecurityGuardian", "a.py", base.sha256, kept, glance=glance))

    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), two)
        await until(lambda: it.engine)
        look(it, two, glance=False)
        await until(lambda: len(messages(it, file.as_uri())) == 2)
        look(it, two, glance=True, only=1)
        await settle()
        assert messages(it, file.as_uri()) == ["md5 is broken"] * 2  # it knew this text already
        typed = two.replace("x = 1", "x = 2")
        place = two.index("x = 1") + 4
        it.editor.type(file.as_uri(), place, place + 1, "2")
        await settle()
        look(it, typed, glance=True, only=1)
        texts = [freeze(file.parent, "a.py", text).sha256 for text in (typed, two)]
        await until(lambda: [one["data"]["sha256"] for one in it.editor.diagnostics[file.as_uri()]] == texts)
        look(it, typed, glance=False)
        await until(lambda: {one["data"]["sha256"] for one in it.editor.diagnostics[file.as_uri()]} == {texts[0]})


async def test_a_sandbox_that_could_not_be_looked_at_is_looked_at_again(file, monkeypatch):
    answers = iter([OSError("busy"), (Readiness(True, "fake"),)])

    async def readiness(engine):
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(FakeEngine, "readiness", readiness)
    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), file.read_text())
        await until(lambda: [one for one in it.wire.of("ambient/status") if one["folders"][0]["sandbox"] == "fake"])


async def test_what_a_model_said_stays_until_it_has_answered_about_the_new_text(file, monkeypatch):
    monkeypatch.setattr(FakeEngine, "leads", False)  # so that only what is published here is shown
    two = TEXT + "x = 1\ny = hashlib.md5(b'y')\n"

    def say(it, text, *lines, run, thinking):
        found, _ = it.engine.look(base := freeze(file.parent, "a.py", text))
        said = tuple(replace(one, tags=("model",)) for one in found if one.span.start_line in lines)
        told = (run, "SecurityGuardian", "a.py", base.sha256, said)
        it.engine.publish(FindingsReported(*told, thinking=thinking))

    def shown(it):
        return [(one["range"]["start"]["line"], one["message"]) for one in it.editor.diagnostics[file.as_uri()]]

    async with Connection(file.parent) as it:
        it.editor.open(file.as_uri(), two)
        await until(lambda: it.engine)
        say(it, two, 1, run="first", thinking=True)
        thinking = "md5 is broken (the model is still thinking)"
        await until(lambda: messages(it, file.as_uri()) == [thinking])
        assert it.editor.diagnostics[file.as_uri()][0]["data"]["state"] == "thinking"
        say(it, two, 1, 4, run="first", thinking=False)
        await until(lambda: messages(it, file.as_uri()) == ["md5 is broken"] * 2)

        typed = two.replace("x = 1", "x = 2")
        place = two.index("x = 1") + 4
        it.editor.type(file.as_uri(), place, place + 1, "2")
        await settle()
        it.editor.publications.clear()
        before = "md5 is broken"
        say(it, typed, run="second", thinking=True)  # the local look: nothing of the model yet
        say(it, typed, 4, run="second", thinking=True)
        await until(lambda: shown(it) == [(1, before), (4, thinking)])
        say(it, typed, run="third", thinking=True)  # saved again before the model was done
        await until(lambda: shown(it) == [(1, before), (4, before)])
        say(it, typed, 4, run="third", thinking=True)
        say(it, typed, 4, run="third", thinking=False)
        await until(lambda: shown(it) == [(4, "md5 is broken")])
        assert all(len(one["diagnostics"]) == 2 for one in it.editor.publications[:-1]), "it flickered"


async def test_a_file_that_is_saved_before_the_engine_is_open_is_reviewed_as_saved(file):
    async with Connection() as it:
        it.editor.open(file.as_uri(), TEXT)
        it.editor.save(file.as_uri())
        folder = {"uri": file.parent.as_uri(), "name": "a"}
        it.wire.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
        await until(lambda: FakeEngine.opened and FakeEngine.opened[0].triggers)
        assert [one.kind for one in it.engine.triggers] == [TriggerKind.SAVE]


async def test_a_spent_budget_is_in_the_status_and_told_once_and_a_missing_model_only_in_the_status(file):
    async with Connection(file.parent) as it:

        def model():
            return [one["folders"][0]["model"] for one in it.wire.of("ambient/status") if one["folders"]]

        it.engine.publish(ModelCondition("r1", "unavailable", "Nothing answers at http://localhost:11434."))
        await until(lambda: model()[-1:] == ["unavailable"])
        assert not it.wire.of("window/showMessage")
        for number in range(3):  # a question fits into what is left now and then
            it.engine.publish(
                ModelCondition("r2", "spent", f"The limit is 100; {number} used.", "budget.tokens_per_day")
            )
            await until(lambda: model()[-1] == "spent")
            it.engine.publish(ModelCondition("r3", "answers"))
            await until(lambda: model()[-1] == "answers")
        (message,) = it.wire.of("window/showMessage")
        assert message["message"].startswith("Ambient asks the model no more: The limit is 100; 0 used.")
        it.engine.publish(ModelCondition("r4", "spent", "The run's limit.", "budget.tokens_per_run"))
        await until(lambda: len(it.wire.of("window/showMessage")) == 2)
