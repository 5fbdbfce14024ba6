"""Keywords into XMP packets: words are put in or taken out where they belong, and every other byte stays as it was.

Not by reading a packet and writing it anew: what other programs keep there (darktable its edits, Lightroom its own)
must come out untouched, down to its prefixes, comments and white space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from core.errors import UserError
from core.texts import tr

MOST_BYTES = 16_000_000

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LISTS = ("Bag", "Seq", "Alt")
# Which keywords came from here: only those are taken out again when the answer changes.
_OURS = "urn:shelterlens:xmp:1.0:"
_NEW = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="">
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
""".encode()
_BYTE_ORDERS = (  # the longer ones first: one begins as the other
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_TAG = re.compile(rb"""<([^\s/>]+)(?:[^"'>]|"[^"]*"|'[^']*')*>""")


class PacketError(UserError):
    """An XMP packet that cannot be changed without harm; the text says why."""


@dataclass(frozen=True)
class Keywords:
    """What a photograph shows: `words`, and the same as `paths` from the general to the particular."""

    words: tuple[str, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class _Property:
    """One of the lists in which programs keep keywords."""

    uri: str
    prefix: str
    name: str
    divider: str = ""  # empty: single words
    is_made: bool = True  # else it is written to only where a program keeps one already
    kind: str = "Bag"

    def values(self, keywords: Keywords) -> list[str]:
        if not self.divider:
            return _once(_plain(word) for word in keywords.words)
        return _once(
            self.divider.join(_plain(part).replace(self.divider, "-") for part in path) for path in keywords.paths
        )


# Lightroom and darktable read the first two (both as rdf:Bag, darktable issue 4095). digiKam and Immich look at
# digiKam's own list before them, and Windows keeps one too: a keyword missing there would not be seen.
_PROPERTIES = (
    _Property("http://purl.org/dc/elements/1.1/", "dc", "subject"),
    _Property("http://ns.adobe.com/lightroom/1.0/", "lr", "hierarchicalSubject", "|"),
    _Property("http://www.digikam.org/ns/1.0/", "digiKam", "TagsList", "/", is_made=False, kind="Seq"),
    _Property("http://ns.microsoft.com/photo/1.0/", "MicrosoftPhoto", "LastKeywordXMP", "/", is_made=False),
)


@dataclass
class _Node:
    """An element, and where in the packet (UTF-8 bytes) its tags begin and end."""

    uri: str
    name: str
    prefix: str
    attributes: dict[str, str]
    prefixes: dict[str, str]
    start: int
    opened: int  # the end of its first tag
    closing: int = 0  # the begin of its last tag
    end: int = 0
    text: str = ""
    children: list[_Node] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self.closing == self.start

    def child(self, uri: str, *names: str) -> _Node | None:
        return next((one for one in self.children if one.uri == uri and one.name in names), None)

    def qualified(self, name: str) -> str:
        """The name of another element of the same vocabulary, as it is written here."""
        return f"{self.prefix}:{name}" if self.prefix else name


_Edit = tuple[int, int, bytes]  # from, to, what stands there then


def with_keywords(packet: bytes | None, keywords: Keywords) -> bytes:
    """The packet with these keywords beside those of other programs, in place of earlier ones from here.

    None gives a new packet. The very same bytes come back where nothing is to change. Raises PacketError where the
    packet is damaged, too large, or keeps its keywords in a way that is not known.
    """
    packet = packet or _NEW
    if len(packet) > MOST_BYTES:
        raise PacketError(tr("Its XMP data is too large."))
    encoding = _encoding(packet)
    try:
        text = packet.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise PacketError(_damaged()) from error
    whole = text.encode()
    xml = whole.rstrip(b"\0 \t\r\n")  # some cameras fill up with zeros
    edits = _edits(_parsed(xml), xml, keywords)
    if not edits:
        return packet
    for start, end, instead in sorted(edits, key=lambda edit: edit[0], reverse=True):
        xml = xml[:start] + instead + xml[end:]
    _parsed(xml)
    return (xml + whole[len(whole.rstrip(b"\0 \t\r\n")) :]).decode().encode(encoding, "xmlcharrefreplace")


def _edits(root: _Node, xml: bytes, keywords: Keywords) -> list[_Edit]:
    """What to change, and nothing where all is as it should be."""
    rdf = _rdf(root)
    home = rdf.child(_RDF, "Description")
    edits: list[_Edit] = []
    new: list[tuple[_Property, list[str]]] = []
    for known in _PROPERTIES:
        found = _found(rdf, known)
        marker = _Property(_OURS, "shelterlens", f"added-{known.prefix}-{known.name}")
        marked = _found(rdf, marker)
        if found is None and not known.is_made:
            continue
        present, ours = _values(found and found[1]), _values(marked and marked[1])
        wanted = known.values(keywords)
        gone = {value for value in ours if value in present and value not in wanted}
        added = [value for value in wanted if value not in present]
        kept = [value for value in ours if value in present and value in wanted]
        for where, prop, remove, add in (
            (found, known, gone, added),
            (marked, marker, set(ours) - set(kept), [one for one in added if one not in ours]),
        ):
            if where is not None:
                edits += _changed(where, xml, remove, add)
            elif add:
                new.append((prop, add))
    if new:
        edits += _made(home, rdf, xml, new)
    return edits


def _changed(found: tuple[_Node, _Node | None], xml: bytes, remove: set[str], add: Sequence[str]) -> Iterator[_Edit]:
    """Words out of and into a list that is there."""
    prop, words = found
    if words is None:
        if add:
            yield _inside(prop, xml, _list_of(add, "Bag", "rdf", f' xmlns:rdf="{_RDF}"'))
        return
    for one in words.children:
        if one.text.strip() in remove:
            before = len(xml[: one.start].rstrip())
            yield before, one.end, b""
    if add:
        item = words.qualified("li")
        indent = _indent(xml, words.children[-1].start if words.children else words.closing)
        yield _inside(words, xml, "".join(f"{indent}<{item}>{escape(word)}</{item}>" for word in add), is_last=True)


def _made(home: _Node | None, rdf: _Node, xml: bytes, new: Sequence[tuple[_Property, list[str]]]) -> Iterator[_Edit]:
    """Lists that were not there, in the first description; it learns the prefixes that it does not know."""
    scope = home or rdf
    declared: dict[str, str] = {}
    texts = []
    for prop, values in new:
        prefix = _prefix(prop, {**scope.prefixes, **declared})
        if scope.prefixes.get(prefix) != prop.uri:
            declared[prefix] = prop.uri
        indent = "\n   "
        texts.append(
            f"{indent}<{prefix}:{prop.name}>{_list_of(values, prop.kind, rdf.prefix, '', indent)}"
            f"{indent}</{prefix}:{prop.name}>"
        )
    names = "".join(f'\n    xmlns:{prefix}="{uri}"' for prefix, uri in declared.items())
    content = "".join(texts)
    if home is None:
        tag, about = rdf.qualified("Description"), rdf.qualified("about")
        yield _inside(rdf, xml, f'\n  <{tag} {about}=""{names}>{content}\n  </{tag}>\n ')
        return
    if names:
        after_name = home.start + len(_tag(xml, home.start)[1]) + 1
        if home.is_empty:  # one edit: two in the same tag would meet
            tag = home.qualified(home.name)
            rest = xml[after_name : home.opened - 2].decode()
            yield after_name, home.opened, f"{names}{rest}>{content}\n  </{tag}>".encode()
            return
        yield after_name, after_name, names.encode()
    yield _inside(home, xml, content, is_last=True)


def _inside(node: _Node, xml: bytes, content: str, is_last: bool = False) -> _Edit:
    """`content` before the element's end, `is_last` after its last child; an empty one becomes a whole one."""
    if node.is_empty:
        name = _tag(xml, node.start)[1].decode()
        return node.opened - 2, node.opened, f">{content}</{name}>".encode()
    at = node.closing
    if is_last:
        at = max(node.opened, len(xml[:at].rstrip()))
    return at, at, content.encode()


def _list_of(values: Sequence[str], kind: str, rdf: str, declared: str, indent: str = "\n   ") -> str:
    within = f"{rdf}:" if rdf else ""
    items = "".join(f"{indent}  <{within}li>{escape(value)}</{within}li>" for value in values)
    return f"{indent} <{within}{kind}{declared}>{items}{indent} </{within}{kind}>"


def _prefix(prop: _Property, known: dict[str, str]) -> str:
    """A prefix for the property's vocabulary: the one in use, its usual one, or that with a number."""
    for prefix, uri in known.items():
        if uri == prop.uri and prefix:
            return prefix
    number, prefix = 1, prop.prefix
    while prefix in known:
        number, prefix = number + 1, f"{prop.prefix}{number}"
    return prefix


def _rdf(root: _Node) -> _Node:
    rdf = root if (root.uri, root.name) == (_RDF, "RDF") else root.child(_RDF, "RDF")
    if rdf is None:
        raise PacketError(tr("Its XMP data is of an unknown kind."))
    return rdf


def _found(rdf: _Node, prop: _Property) -> tuple[_Node, _Node | None] | None:
    """The property and its list of words, if it is there. Raises PacketError where it is anything else than a list."""
    for description in rdf.children:
        if f"{prop.uri} {prop.name}" in description.attributes:
            raise PacketError(tr("Its XMP data keeps keywords in an unusual way."))
        if node := description.child(prop.uri, prop.name):
            words = node.child(_RDF, *_LISTS)
            if words is None and (node.children or node.text.strip()):
                raise PacketError(tr("Its XMP data keeps keywords in an unusual way."))
            return node, words
    return None


def _values(words: _Node | None) -> list[str]:
    return [one.text.strip() for one in words.children] if words else []


def _indent(xml: bytes, at: int) -> str:
    """The white space before a tag, to put the next one on a line of its own as well."""
    space = xml[len(xml[:at].rstrip()) : at].decode()
    return space[space.rfind("\n") :] if "\n" in space else ""


def _parsed(xml: bytes) -> _Node:
    """The elements of a packet. Raises PacketError where it is damaged, or has a document type, as XMP never does."""
    reader = _Reader(xml)
    try:
        return reader.root()
    except expat.ExpatError as error:
        raise PacketError(_damaged()) from error


class _Reader:
    """Notes where the elements lie while expat goes through the packet."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self._open: list[_Node] = []
        self._root: _Node | None = None
        self._declared: list[tuple[str, str]] = []
        self._parser = expat.ParserCreate("UTF-8", " ")
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_text
        self._parser.StartNamespaceDeclHandler = self._on_prefix
        self._parser.StartDoctypeDeclHandler = self._on_doctype

    def root(self) -> _Node:
        self._parser.Parse(self._xml, True)
        assert self._root is not None  # expat refuses a text without an element
        return self._root

    def _on_prefix(self, prefix: str | None, uri: str | None) -> None:
        self._declared.append((prefix or "", uri or ""))

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        uri, name, prefix = _parts(tag)
        above = self._open[-1] if self._open else None
        start = self._parser.CurrentByteIndex
        node = _Node(
            uri,
            name,
            prefix,
            {" ".join(_parts(key)[:2]): value for key, value in attributes.items()},
            {**(above.prefixes if above else {}), **dict(self._declared)}
            if self._declared or not above
            else above.prefixes,
            start,
            start + len(_tag(self._xml, start)[0]),
        )
        self._declared = []
        if above:
            above.children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _on_end(self, tag: str) -> None:
        node = self._open.pop()
        if self._xml[node.opened - 2 : node.opened] == b"/>":
            node.closing, node.end = node.start, node.opened
        else:
            node.closing = self._parser.CurrentByteIndex
            node.end = self._xml.index(b">", node.closing) + 1

    def _on_text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _on_doctype(self, *_: object) -> None:
        raise PacketError(_damaged())


def _parts(name: str) -> tuple[str, str, str]:
    """Vocabulary, name and prefix of what expat calls "uri name prefix", "uri name" or "name"."""
    parts = name.split(" ")
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def _tag(xml: bytes, start: int) -> re.Match[bytes]:
    found = _TAG.match(xml, start)
    if found is None:
        raise PacketError(_damaged())
    return found


def _encoding(packet: bytes) -> str:
    for mark, encoding in _BYTE_ORDERS:
        if packet.startswith(mark):
            return encoding
    declared = _ENCODING.match(packet[:200])
    return declared[1].decode() if declared else "utf-8"


def _once(values: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _plain(word: str) -> str:
    """A word without what XML cannot hold, and without white space around or within lines."""
    return " ".join("".join(" " if unicodedata.category(one) in ("Cc", "Cs", "Cn") else one for one in word).split())


def _damaged() -> str:
    return tr("Its XMP data is damaged.")
