"""References: inside and across files, never outside the project."""

from pathlib import Path

import pytest

from archlint.engine.resolve import Workspace
from archlint.source.document import Document, Target, Unresolved
from archlint.source.source import Source

FILES = {
    "api/openapi.yaml": """\
openapi: 3.1.0
paths:
  /users/{id}: {$ref: "./paths/user.yaml"}
components:
  schemas:
    A b: {type: string}
    100%: {type: integer}
    Tagged: {$anchor: tag, type: object}
    Bundled:
      $id: https://example.com/schemas/item.json
      $defs: {Part: {$anchor: part, type: string}}
""",
    "api/paths/user.yaml": "get: {responses: {200: {description: ok}}}\n",
    "api/paths/a b.yaml": "x: [1, {y: z}]\n",
    "common.yaml": "a: 1\n---\nb: 2\n",
    "broken.yaml": "a: [\n",
    "empty.yaml": "",
    "deep/refs.json": '{"$ref": "refs.json#/a", "a": {"$ref": "#/a"}}',
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.yaml").write_text("a: 1\n")
    (root / "link.yaml").symlink_to("../secret.yaml")
    (root / "up").symlink_to("..")
    return root


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return Workspace(root)


@pytest.fixture
def api(workspace: Workspace) -> Document:
    return workspace.documents("api/openapi.yaml")[0]


def target(document: Document, reference: str) -> tuple[str, tuple[str | int, ...], object]:
    found = document.resolve(reference)
    assert isinstance(found, Target), found
    return found.document.path, found.pointer, found.data


def test_references_inside_a_document(api: Document) -> None:
    schemas = api.data["components"]["schemas"]
    assert target(api, "#") == (api.path, (), api.data)
    assert target(api, "#/components/schemas/A%20b")[2] is schemas["A b"]
    assert target(api, "#/components/schemas/A b")[2] is schemas["A b"]
    assert target(api, "#/components/schemas/100%25")[2] is schemas["100%"]
    assert target(api, "#/components/schemas/100%")[2] is schemas["100%"]
    assert target(api, "#/paths/~1users~1%7Bid%7D")[1] == ("paths", "/users/{id}")
    assert target(api, "#/paths/~1users~1{id}")[1] == ("paths", "/users/{id}")
    assert target(api, "#tag") == (api.path, ("components", "schemas", "Tagged"), schemas["Tagged"])
    assert api.resolve("openapi.yaml#/openapi") == Target(api, ("openapi",), "3.1.0")


def test_identifiers_of_embedded_schemas(api: Document) -> None:
    pointer = ("components", "schemas", "Bundled")
    assert target(api, "https://example.com/schemas/item.json")[1] == pointer
    assert target(api, "https://example.com/schemas/item.json#")[1] == pointer
    assert target(api, "https://example.com/schemas/item.json#/$defs/Part")[1] == (*pointer, "$defs", "Part")
    assert target(api, "https://example.com/schemas/item.json#part")[1] == (*pointer, "$defs", "Part")


def test_references_across_files(api: Document, workspace: Workspace) -> None:
    assert target(api, "./paths/user.yaml#/get/responses/200") == (
        "api/paths/user.yaml",
        ("get", "responses", "200"),
        {"description": "ok"},
    )
    assert target(api, "paths/a%20b.yaml#/x/1/y")[1] == ("x", 1, "y")
    assert target(api, "../common.yaml")[2] == {"a": 1}
    assert target(api, "../api/./paths/../paths/user.yaml")[0] == "api/paths/user.yaml"
    assert target(api, "paths/user.yaml?version=1#/get")[1] == ("get",)
    user = workspace.documents("api/paths/user.yaml")[0]
    found = user.resolve("../openapi.yaml#/openapi")
    assert isinstance(found, Target)
    assert found.document is api


def test_cycles_are_followed_one_step_at_a_time(workspace: Workspace) -> None:
    document = workspace.documents("deep/refs.json")[0]
    found = document.resolve("refs.json#/a")
    assert isinstance(found, Target)
    assert found.document is document
    assert found.data == {"$ref": "#/a"}
    assert document.resolve("#/a") == found


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/components/schemas/Missing/x", "there is no `Missing`"),
        ("#/components/parameters", "there is no `parameters`"),
        ("#/openapi/x", "there is no `x`"),
        ("#Missing", "there is no anchor `Missing`"),
        ("#/" + "x" * 500, f"there is no `{'x' * 60}…`"),
        ("#/a`b%0Ac", "there is no `a'b c`"),
        ("./paths/none.yaml", "the file does not exist"),
        ("../broken.yaml", "the file cannot be parsed"),
        ("../empty.yaml", "the file is empty"),
        ("paths", "it is not a regular file"),
        ("a%00.yaml", "no file has such a name"),
        ("../common.yaml#/b", "there is no `b`"),
    ],
)
def test_what_is_missing_is_named(api: Document, reference: str, reason: str) -> None:
    found = api.resolve(reference)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.remote, found.outside) == (reason, False, False)


@pytest.mark.parametrize(
    "reference",
    [
        "http://example.com/a.yaml",
        "https://example.com/a.yaml#/b",
        "//example.com/a",
        "urn:example:a",
        "http://[x",
        "HTTPS://e/#/x",
    ],
)
def test_nothing_is_fetched(api: Document, reference: str) -> None:
    found = api.resolve(reference)
    assert isinstance(found, Unresolved)
    assert found.remote


@pytest.mark.parametrize(
    "reference",
    [
        "../../secret.yaml",
        "../link.yaml",
        "../up/secret.yaml",
        "/etc/passwd",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "..%2F..%2Fsecret.yaml",
        "%2Fetc/passwd",
        "C:\\secret.yaml",
        "\\\\host\\secret.yaml",
        "../../root-more/x.yaml",
    ],
)
def test_nothing_outside_the_root_is_read(api: Document, reference: str, workspace: Workspace) -> None:
    workspace.take_opened()
    found = api.resolve(reference)
    assert isinstance(found, Unresolved)
    assert found.outside
    assert not any(path.startswith("..") for path in workspace.take_opened())


def test_opened_files_are_dependencies_every_time(api: Document, workspace: Workspace) -> None:
    for _ in range(2):
        workspace.take_opened()
        api.resolve("paths/user.yaml")
        api.resolve("paths/none.yaml")
        api.resolve("../broken.yaml#/x")
        workspace.siblings(api.path)
        assert workspace.take_opened() == {
            "api/paths/user.yaml",
            "api/paths/none.yaml",
            "broken.yaml",
            "api/",
        }


def test_files_are_read_once_and_forgotten_when_there_are_too_many(root: Path) -> None:
    workspace = Workspace(root, kept=100)
    first = workspace.documents("common.yaml")
    assert workspace.documents("common.yaml") is first
    for name in FILES:
        workspace.documents(name)
    again = workspace.documents("common.yaml")
    assert again is not first
    assert [document.data for document in again] == [{"a": 1}, {"b": 2}]


def test_text_from_an_editor_stands_for_the_file(root: Path) -> None:
    workspace = Workspace(root, kept=1)
    workspace.documents("common.yaml")
    workspace.add(Source("common.yaml", b"new: 1\n"))
    for name in FILES:
        workspace.documents(name)
    assert workspace.documents("common.yaml")[0].data == {"new": 1}


def test_files_and_folders(workspace: Workspace) -> None:
    assert workspace.siblings("api/openapi.yaml") == ("api/openapi.yaml",)
    assert workspace.siblings("common.yaml") == ("broken.yaml", "common.yaml", "empty.yaml", "link.yaml")
    assert workspace.siblings("none/x") == ()
    assert workspace.read("none.yaml") is None
    assert workspace.refusal("none.yaml") == "the file does not exist"
    assert workspace.refusal("common.yaml") == ""
    assert workspace.documents("none.yaml") == ()


def test_pointers_lead_through_references_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "ping: {$ref: other.yaml#/channel}\npong: {$ref: '#/ping'}\nx: {$ref: '#/y/b'}\ny: {$ref: '#/x/a'}\n"
    )
    (tmp_path / "other.yaml").write_text("channel: {messages: {one: {payload: {}}}}\n")
    steps = "".join(f"k{step}: {{$ref: '#/k{step + 1}/x'}}\n" for step in range(500))
    (tmp_path / "long.yaml").write_text(f"{steps}k500: {{x: 1}}\n")
    workspace = Workspace(tmp_path)
    document = workspace.documents("a.yaml")[0]

    assert target(document, "#/pong/messages/one") == (
        "other.yaml",
        ("channel", "messages", "one"),
        {"payload": {}},
    )
    assert "other.yaml" in workspace.take_opened()
    for reference in ("#/pong/messages/two", "#/x/q", "#/y/b"):
        assert isinstance(workspace.resolve(document, reference), Unresolved)
    assert isinstance(workspace.resolve(workspace.documents("long.yaml")[0], "#/k0/x"), Unresolved)
