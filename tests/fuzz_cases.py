"""All kinds of fuzzed cases by name: each a Hypothesis strategy for the files of one case."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import strategies as st

from core.study_presets import studies_dir
from core.train_runs import LOCK_FILE
from core.xmp_packets import Keywords, with_keywords
from tests.fuzz_bytes import BLOWS, struck
from tests.fuzz_checks_paths import THINGS
from tests.fuzz_libraries import libraries
from tests.fuzz_models import models, networks
from tests.fuzz_pictures import Drawn, pictures, written
from tests.fuzz_texts import WORDS, changed_json, csv_files, toml_files, workbooks
from tests.made_up_training import class_names, draft_run, finish_run

Files = Mapping[str, bytes]


class Case(dict[str, bytes]):
    """The files of a case; what Hypothesis prints of it stays short."""

    def __repr__(self) -> str:
        return ", ".join(f"{name}: {len(data)} bytes" for name, data in self.items())


def _photograph() -> st.SearchStrategy[Files]:
    return pictures().map(lambda named: {named[0]: named[1]})


def _own() -> st.SearchStrategy[Files]:
    settings = changed_json(lambda: json.dumps(_SETTINGS).encode())
    facts = changed_json(lambda: json.dumps(_FACTS).encode())
    names = st.one_of(csv_files(), BLOWS.map(lambda blows: struck(_NAMES, blows, ())))
    return st.fixed_dictionaries({"settings.json": settings, "animal_facts.json": facts, "breed_names.csv": names})


_SETTINGS = {
    "language": "fr",
    "theme": "dark",
    "model": "colours",
    "previous_model": "colours",
    "palette": "magma",
    "heatmap_opacity": 0.5,
    "last_folder": "/photos",
    "folder_view": "grid",
    "export_folder": "/out",
    "export_choices": {"a": "b"},
    "retrain_enabled": True,
    "retrain_passphrase": "scrypt$16384$8$1$AA==$AA==",
    "window_geometry": "1280x720+0+0",
}
_FACTS = {"1": {"Rex": {"name": "Rex", "code": "A-1", "born": "2024-01-31", "age": None, "sex": "M"}}}
_NAMES = b"""label,asm3_en,asm3_fr,petfinder,adoptapet,match
beagle,Beagle,Beagle,Beagle,Beagle,exact
pug,Pug,Carlin,Pug,Pug,synonym
"""


def _table() -> st.SearchStrategy[Files]:
    tables = st.one_of(csv_files().map(lambda data: ("t.csv", data)), workbooks().map(lambda data: ("t.xlsx", data)))
    packet = with_keywords(None, Keywords(("Beagle",), (("Breed", "Beagle"),)))
    deep = packet.replace(b"<rdf:Bag>", b"<rdf:Bag>" * 3000)
    sidecars = st.one_of(
        BLOWS.map(lambda blows: struck(packet, blows, ())),
        st.sampled_from(
            (
                b"",
                b"<",
                deep,
                packet.decode().encode("utf-16"),
                packet.replace(b"<?xpacket", b"<!DOCTYPE a [<!ENTITY b 'c'>]><?xpacket", 1),
            )
        ),
    )
    photo = written(Drawn("JPEG", "RGB", 64, 64, 1))
    return st.builds(
        lambda table, sidecar: {table[0]: table[1], "dog.jpg.xmp": sidecar, "dog.jpg": photo}, tables, sidecars
    )


def _study() -> st.SearchStrategy[Files]:
    base = (studies_dir() / "leaves.toml").read_bytes()
    return toml_files(lambda: base).map(lambda data: {"leaves.toml": data})


@cache
def _run_files() -> dict[str, bytes]:
    """A run that was trained, judged and written about: its small files, and its model."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHELTERLENS_HOME", place)
        names = class_names(3)
        run = finish_run(draft_run(Path(place), names), Path(place), names)
        (run.folder / LOCK_FILE).write_bytes(b'{"pid": 1, "run": "x", "since": 0}')
        paths = (path for path in run.folder.rglob("*") if path.is_file() and path.suffix != ".png")
        return {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in paths}


def _run() -> st.SearchStrategy[Files]:
    names = sorted(name for name in _run_files() if name.endswith((".json", ".jsonl", ".csv", "lock")))

    def changed(name: str) -> st.SearchStrategy[Files]:
        data = _run_files()[name]
        broken = BLOWS.map(lambda blows: struck(data, blows, ()))
        changes = st.one_of(changed_json(lambda: data), broken) if name.endswith(".json") else broken
        return changes.map(lambda new: {**_run_files(), name: new})

    return st.sampled_from(names).flatmap(changed)


_BYTES = st.one_of(
    st.sampled_from(
        (
            b"x.jpg",
            b"a\nb.jpg",
            b"\xff\xfe.jpg",
            b"-x.jpg",
            b" .jpg",
            b"x" * 250 + b".jpg",
            b"x" * 5000,
            b"a\0b.jpg",
            b"dog",
            b"x.csv",
            b"x.shelterlens",
            "é🐕\u202e.jpg".encode(),
            b"%00.jpg",
            b"$(x).jpg",
            b"x/../x.jpg",
            b"x.xlsx",
        )
    ),
    st.binary(min_size=1, max_size=30).map(lambda name: name.replace(b"/", b"_") + b".jpg"),
)
_ARGUMENTS = st.lists(
    st.one_of(
        st.sampled_from(
            (
                "classify",
                "explain",
                "models",
                "show",
                "import",
                "use",
                "export",
                "remove",
                "transform",
                "evaluate",
                "--out",
                "--format",
                "json",
                "asm3",
                "--top",
                "--model",
                "--facts",
                "--age",
                "PLACE",
                "PLACE/x.jpg",
                "PLACE/dog",
                "-",
                "--",
                "PLACE/out.csv",
                "PLACE/out.png",
                "--label",
                "--database",
                "fr",
                "",
            )
        ),
        WORDS,
    ),
    max_size=5,
)
_FIRST = st.sampled_from(
    (
        ["classify", "PLACE"],
        ["classify", "PLACE/x.jpg"],
        ["models"],
        ["models", "import"],
        ["transform", "PLACE"],
        ["explain", "PLACE/x.jpg"],
        ["classify", "PLACE", "--format", "asm3"],
        [],
    )
)
_DROPPED = st.one_of(
    WORDS,
    st.sampled_from(
        (
            "file:///tmp/a%20b.jpg",
            "file://host/x",
            "file:" + "%00" * 5,
            "0x89 0x50 0x4e 0xzz",
            "0x89 0x1000",
            "https://x/y.jpg",
            " ".join(f"0x{byte:02x}" for byte in b"\x89PNG\r\n\x1a\n" + bytes(40)),
        )
    ),
)


def _path() -> st.SearchStrategy[Files]:
    thing = st.tuples(st.sampled_from(THINGS), _BYTES.map(lambda name: base64.b64encode(name).decode()))
    typed = st.builds(list.__add__, _FIRST, _ARGUMENTS).map(lambda words: [_as_typed(word) for word in words])
    recipe = st.fixed_dictionaries(
        {"things": st.lists(thing, min_size=1, max_size=3), "typed": typed, "dropped": _DROPPED}
    )
    return recipe.map(lambda given: {"recipe.json": json.dumps(given).encode()})


def _as_typed(word: str) -> str:
    """A word as a system hands it over: without zeros, and with the bytes that are no letters as Python has them."""
    return word.replace("\0", "").encode("utf-8", "replace").decode()[:2000] + ("\udcff" if word == "\ud800" else "")


_KINDS: dict[str, Callable[[], st.SearchStrategy[Files]]] = {
    "photograph": _photograph,
    "model": models,
    "network": networks,
    "library": libraries,
    "own": _own,
    "table": _table,
    "study": _study,
    "run": _run,
    "path": _path,
}
KINDS = tuple(_KINDS)


def cases(kind: str) -> st.SearchStrategy[Case]:
    """What one kind of cases is drawn from."""
    return _KINDS[kind]().map(Case)
