"""Weights are downloaded whole, go on where they broke off, and are refused when they are not what they should be."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.backbones import BACKBONES, WeightsFile
from core.errors import Cancelled
from training import downloads
from training.downloads import download, fetch_weights
from training.telling import Silent, Stop
from training.weight_files import HDF5_MARK, WeightsError, weights_dir

CONTENT = HDF5_MARK + bytes(range(256)) * 8192  # 2 MB
CHECKSUM = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@dataclass
class Shop:
    """A server on this machine; `breaks_after` bytes it hangs up, so many times."""

    url: str = ""
    content: bytes = CONTENT
    etag: str = '"one"'
    breaks_after: int = 0
    breaks: int = 0
    knows_ranges: bool = True
    status: int = 0
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    state = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            state.asked.append(wanted)
            if state.status:
                self.send_error(state.status)
                return
            start = 0
            if wanted and state.knows_ranges and self.headers["If-Range"] == state.etag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(state.content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(state.content) - start))
            self.send_header("ETag", state.etag)
            self.end_headers()
            if state.breaks:
                state.breaks -= 1
                self.wfile.write(state.content[start : start + state.breaks_after])
                self.close_connection = True
                return
            self.wfile.write(state.content[start:])

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Clients may hang up."""

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/weights_notop.h5"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


class Heard(Silent):
    """Remembers what it is told; wants to stop after so many megabytes."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.done: list[tuple[int, int | None]] = []
        self.notes: list[str] = []
        self.stop_at = stop_at

    def progress(self, done: int, total: int | None = None) -> None:
        self.done.append((done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)

    def asked_to_stop(self) -> Stop | None:
        return Stop.PAUSE if self.done and self.done[-1][0] >= self.stop_at else None


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_tells_how_far_it_is(shop: Shop, tmp_path: Path) -> None:
    heard = Heard()
    download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", heard)
    assert (tmp_path / "w.h5").read_bytes() == CONTENT and files(tmp_path) == ["w.h5"]
    assert heard.done[-1] == (2, 2) and [done for done, _ in heard.done] == sorted(done for done, _ in heard.done)


def test_a_connection_that_breaks_is_taken_up_again(shop: Shop, tmp_path: Path) -> None:
    shop.breaks, shop.breaks_after = 2, 700_000
    download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Silent())
    assert (tmp_path / "w.h5").read_bytes() == CONTENT
    assert shop.asked == [None, "bytes=700000-", "bytes=1400000-"]


def test_what_came_is_kept_and_another_day_goes_on_from_there(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Heard(stop_at=1))
    part = (tmp_path / "w.h5.part").stat().st_size
    assert 1_000_000 <= part < len(CONTENT) and not (tmp_path / "w.h5").exists()
    download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Silent())
    assert (tmp_path / "w.h5").read_bytes() == CONTENT and shop.asked[-1] == f"bytes={part}-"


@pytest.mark.parametrize("change", [{"etag": '"two"'}, {"knows_ranges": False}])
def test_a_file_that_changed_meanwhile_comes_anew(shop: Shop, tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(Cancelled):
        download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Heard(stop_at=1))
    for name, value in change.items():
        setattr(shop, name, value)
    shop.content = HDF5_MARK + CONTENT[::-1]
    wanted = hashlib.sha256(shop.content).hexdigest()
    download(WeightsFile(shop.url, wanted), tmp_path / "w.h5", Silent())
    assert (tmp_path / "w.h5").read_bytes() == shop.content


def test_all_of_it_was_there_already(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "w.h5.part").write_bytes(CONTENT)
    (tmp_path / "w.h5.part.etag").write_text(shop.etag)
    download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Silent())
    assert (tmp_path / "w.h5").read_bytes() == CONTENT


def test_a_damaged_file_is_refused_and_not_kept(shop: Shop, tmp_path: Path) -> None:
    shop.content = CONTENT[:-1] + b"x"
    with pytest.raises(WeightsError, match="checksum"):
        download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Silent())
    assert files(tmp_path) == []


def test_the_page_of_a_hotel_is_no_file(shop: Shop) -> None:
    shop.content = b"<html><body>Please log in.</body></html>"
    entry = replace(BACKBONES["mobilenet"], file=WeightsFile(shop.url))
    for _ in range(2):
        with pytest.raises(WeightsError, match="web page"):
            fetch_weights(entry, Silent())
    assert files(weights_dir()) == [] and len(shop.asked) == 2
    shop.content = CONTENT
    assert fetch_weights(entry, Silent()).read_bytes() == CONTENT


def test_a_full_disk_is_said_before(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_SPARE_BYTES", 10**18)
    with pytest.raises(WeightsError, match="There is no room for 2 MB"):
        download(WeightsFile(shop.url, CHECKSUM), tmp_path / "w.h5", Silent())


def test_a_network_gets_its_weights_once(shop: Shop) -> None:
    entry = replace(BACKBONES["vgg16"], file=WeightsFile(shop.url, CHECKSUM))
    heard = Heard()
    first = fetch_weights(entry, heard)
    assert first == weights_dir() / "weights_notop.h5" and "VGG16" in heard.notes[0]
    assert fetch_weights(entry, heard) == first and len(shop.asked) == 1 == len(heard.notes)


def test_weights_that_were_damaged_on_the_disk_are_fetched_again(shop: Shop) -> None:
    entry = replace(BACKBONES["vgg16"], file=WeightsFile(shop.url, CHECKSUM))
    (weights_dir() / "weights_notop.h5").write_bytes(b"broken")
    assert fetch_weights(entry, Silent()).read_bytes() == CONTENT


@pytest.mark.parametrize(("status", "said"), [(404, "404"), (503, "503")])
def test_a_refusal_says_where_to_get_it_and_where_to_put_it(shop: Shop, status: int, said: str) -> None:
    shop.status = status
    entry = replace(BACKBONES["vgg16"], file=WeightsFile(shop.url, CHECKSUM))
    with pytest.raises(WeightsError) as error:
        fetch_weights(entry, Silent())
    text = str(error.value)
    assert said in text and shop.url in text and str(weights_dir()) in text and "HTTPS_PROXY" in text
    assert len(shop.asked) == 1


def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    entry = replace(BACKBONES["vgg16"], file=WeightsFile("http://127.0.0.1:9/vgg16.h5", CHECKSUM))
    with pytest.raises(WeightsError, match="another computer"):
        fetch_weights(entry, Silent())


def test_what_nobody_publishes_must_be_brought() -> None:
    with pytest.raises(WeightsError, match=r"efficientnet_lite0\.npz"):
        fetch_weights(BACKBONES["efficientnet_lite0"], Silent())
