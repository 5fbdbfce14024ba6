"""Keywords in XMP data: what was there stays, byte for byte; what came from here can be taken out again."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.xmp_packets import Keywords, PacketError, with_keywords

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
LISTS = {
    "dc": "{http://purl.org/dc/elements/1.1/}subject",
    "lr": "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
    "digiKam": "{http://www.digikam.org/ns/1.0/}TagsList",
    "microsoft": "{http://ns.microsoft.com/photo/1.0/}LastKeywordXMP",
}
BEAGLE = Keywords(("Beagle",), (("Breed", "Beagle"),))
HARRIER = Keywords(("Harrier",), (("Breed", "Harrier"),))

DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:darktable="http://darktable.sf.net/"
   exif:DateTimeOriginal="2024:05:01 10:00:00.000"
   darktable:import_timestamp="63850000000000000"
   darktable:note="a &gt; b&#10;second &quot;line&quot;">
   <!-- edits -->
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:params="gz11eJxjYGBgYAFiCQYYOOHE"/>
    </rdf:Seq>
   </darktable:history>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>kennel 4</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>place|kennel 4</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""
LIGHTROOM = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="uuid:1 > 2" xmlns:crs='http://ns.adobe.com/camera-raw-settings/1.0/' \
crs:Exposure2012='+0.35' crs:Look="say 'hi' > 2"/></rdf:RDF></x:xmpmeta>"""
DIGIKAM = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:M="http://ns.microsoft.com/photo/1.0/">
<digiKam:TagsList><r:Seq><r:li>Places/Kennel</r:li></r:Seq></digiKam:TagsList>
<M:LastKeywordXMP><r:Bag/></M:LastKeywordXMP></r:Description>
</r:RDF></x:xmpmeta>
                \n<?xpacket end="w"?>"""


def words(packet: bytes, which: str = "dc") -> list[str]:
    """The list as another parser reads it."""
    return [li.text or "" for li in ET.fromstring(packet).findall(f".//{LISTS[which]}/*/{RDF}li")]


def is_kept(old: bytes, new: bytes) -> bool:
    """Whether every element of the old packet, with its attributes and text, is in the new one, in order."""
    left = iter(elements(new))
    return all(one in left for one in elements(old))


def elements(packet: bytes) -> list[tuple[str, list[tuple[str, str]], str]]:
    return [(one.tag, sorted(one.attrib.items()), (one.text or "").strip()) for one in ET.fromstring(packet).iter()]


def test_a_new_packet_has_both_lists_as_bags() -> None:
    packet = with_keywords(None, BEAGLE)
    assert words(packet) == ["Beagle"]
    assert words(packet, "lr") == ["Breed|Beagle"]
    tree = ET.fromstring(packet)
    for which in ("dc", "lr"):
        assert [one.tag for one in tree.findall(f".//{LISTS[which]}/*")] == [f"{RDF}Bag"]
    assert words(packet, "digiKam") == []


@pytest.mark.parametrize("old", [DARKTABLE, LIGHTROOM, DIGIKAM], ids=["darktable", "lightroom", "digikam"])
def test_what_other_programs_wrote_is_kept(old: bytes) -> None:
    new = with_keywords(old, BEAGLE)
    assert "Beagle" in words(new)
    assert "Breed|Beagle" in words(new, "lr")
    assert is_kept(old, new)
    assert not is_kept(old, new.replace(b"about=", b"aboot="))  # the check can fail


def test_a_list_that_is_there_grows_and_everything_else_is_the_same() -> None:
    new = with_keywords(DARKTABLE, BEAGLE)
    assert words(new) == ["kennel 4", "Beagle"]
    assert words(new, "lr") == ["place|kennel 4", "Breed|Beagle"]
    added = [
        b"\n     <rdf:li>Beagle</rdf:li>",
        b"\n     <rdf:li>Breed|Beagle</rdf:li>",
    ]
    rest = re.sub(rb"\n   <shelterlens:(.*?)>.*</shelterlens:[^>]*>", b"", new, flags=re.DOTALL)
    rest = rest.replace(b'\n    xmlns:shelterlens="urn:shelterlens:xmp:1.0:"', b"")
    for one in added:
        assert rest.count(one) == 1
        rest = rest.replace(one, b"")
    assert rest == DARKTABLE


def test_a_description_without_an_end_tag_gets_one() -> None:
    new = with_keywords(LIGHTROOM, BEAGLE)
    description = ET.fromstring(new).find(f".//{RDF}Description")
    assert description is not None
    assert description.get("{http://ns.adobe.com/camera-raw-settings/1.0/}Look") == "say 'hi' > 2"
    assert description.find(LISTS["dc"]) is not None


def test_programs_that_keep_lists_of_their_own_find_the_keyword_there() -> None:
    new = with_keywords(DIGIKAM, BEAGLE)
    assert words(new, "digiKam") == ["Places/Kennel", "Breed/Beagle"]
    assert words(new, "microsoft") == ["Breed/Beagle"]
    again = with_keywords(new, HARRIER)
    assert words(again, "digiKam") == ["Places/Kennel", "Breed/Harrier"]
    assert words(again, "microsoft") == ["Breed/Harrier"]


def test_another_answer_takes_the_earlier_one_out_but_never_somebody_elses() -> None:
    first = with_keywords(DARKTABLE, BEAGLE)
    second = with_keywords(first, HARRIER)
    assert words(second) == ["kennel 4", "Harrier"]
    assert words(second, "lr") == ["place|kennel 4", "Breed|Harrier"]
    assert words(with_keywords(second, Keywords())) == ["kennel 4"]
    mine = with_keywords(DARKTABLE, Keywords(("kennel 4",), (("place", "kennel 4"),)))
    assert words(with_keywords(mine, HARRIER)) == ["kennel 4", "Harrier"]


def test_a_second_time_changes_nothing() -> None:
    for old in (None, DARKTABLE, LIGHTROOM, DIGIKAM):
        once = with_keywords(old, BEAGLE)
        assert with_keywords(once, BEAGLE) == once
    assert with_keywords(DARKTABLE, Keywords()) is DARKTABLE


def test_a_prefix_that_means_something_else_is_left_alone() -> None:
    old = LIGHTROOM.replace(b"rdf:about=", b'xmlns:dc="urn:other" dc:thing="1" rdf:about=')
    new = with_keywords(old, BEAGLE)
    assert words(new) == ["Beagle"]
    assert ET.fromstring(new).find(f".//{RDF}Description").get("{urn:other}thing") == "1"  # type: ignore[union-attr]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig", "iso-8859-1"])
def test_other_encodings_stay_what_they_are(encoding: str) -> None:
    text = LIGHTROOM.decode().replace("+0.35", "é")
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    declared = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding == "iso-8859-1" else ""
    old = f"{mark}{declared}{text}".encode(encoding)
    new = with_keywords(old, Keywords(("Épagneul œil",), (("Race", "Épagneul œil"),)))
    decoded = new.decode("utf-16" if encoding == "utf-16-be" else encoding)
    assert words(decoded.removeprefix(declared).encode()) == ["Épagneul œil"]
    assert new[:4] == old[:4]
    assert "é" in decoded


@pytest.mark.parametrize(
    "damaged",
    [
        b"no xml",
        b"   ",
        DARKTABLE[:-30],
        b"<a/>",
        b'<!DOCTYPE x [<!ENTITY e "1">]>' + LIGHTROOM,
        LIGHTROOM.replace(b"'+0.35'", b"'\xff'"),
        LIGHTROOM.replace(b"rdf:about=", b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:subject="dog" rdf:about='),
        DARKTABLE.replace(b"<rdf:Bag>\n     <rdf:li>kennel 4</rdf:li>\n    </rdf:Bag>", b"kennel 4", 1),
        b'<?xml version="1.0" encoding="klingon"?>' + LIGHTROOM,
        b"<x>" * 100_000,
        b" " * 16_000_001,
    ],
    ids=["text", "blank", "cut", "other", "doctype", "bytes", "attribute", "plain", "encoding", "deep", "large"],
)
def test_what_cannot_be_changed_without_harm_is_refused(damaged: bytes) -> None:
    with pytest.raises(PacketError):
        with_keywords(damaged, BEAGLE)


def test_zeros_and_room_at_the_end_are_kept() -> None:
    new = with_keywords(LIGHTROOM + b"\n  \0\0", BEAGLE)
    assert new.endswith(b"</x:xmpmeta>\n  \0\0")
    assert DIGIKAM.endswith(b'   \n<?xpacket end="w"?>')
    assert with_keywords(DIGIKAM, BEAGLE).endswith(b'   \n<?xpacket end="w"?>')


@given(st.text(), st.text())
def test_any_word_can_be_written_and_comes_back(word: str, other: str) -> None:
    packet = with_keywords(DARKTABLE, Keywords((word, other), (("Breed", word), ("Breed", other))))
    packet = with_keywords(packet, Keywords((other, word), (("Breed", word),)))
    found = words(packet)
    assert found[0] == "kennel 4"
    assert len(set(found)) == len(found)
    if word.isalnum():
        assert word in found
    assert words(with_keywords(packet, Keywords())) == ["kennel 4"]


def test_dividers_within_a_word_make_no_levels() -> None:
    packet = with_keywords(DIGIKAM, Keywords(("a|b/c",), (("Breed", "a|b/c"),)))
    assert words(packet, "lr") == ["Breed|a-b/c"]
    assert words(packet, "digiKam")[-1] == "Breed/a|b-c"
