"""Chapters that are a file or stand elsewhere: known by their content, searched, given out as a download (S3-2)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import io
import zipfile

import pytest
from sqlalchemy import func, select

from caseapp import clock
from caseapp.chapter_text import words_of
from caseapp.errors import RuleBroken
from caseapp.models import ChapterFile
from caseapp.queries import chapter_list
from caseapp.services import chapter_files
from tests.procedures import of, path, world  # noqa: F401 - fixtures


def zipped(**parts):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return data.getvalue()


def test_an_attached_file_is_known_by_its_content_and_given_out_as_a_download(as_, world, db_session):
    chapter = of(world.brid, "letters")
    brid = as_("brid")
    answer = brid.submit(
        path(chapter, "draft"), path(chapter, "draft"), form="file",
        file=(io.BytesIO(b"%PDF-1.7 hello"), "house rules.exe"),
    )  # fmt: skip
    assert answer.status_code == 303
    assert as_("tomasz").get(path(chapter, "versions", 2, "file")).status_code == 404  # not out yet
    brid.submit(path(chapter, "publish"), path(chapter, "publish"), change="minor", changed="Now a file")
    answer = as_("tomasz").get(path(chapter, "versions", 2, "file"))
    assert answer.data == b"%PDF-1.7 hello" and answer.content_type == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="house rules.pdf"')
    assert as_("orla").get(path(chapter, "versions", 2, "file")).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        b"", b"MZ\x90", b"<html><script>", b"\x89PNG", b"PK\x03\x04 broken", zipped(a="x"),
        zipped(mimetype="application/epub+zip"),
        zipped(**{"word__document.xml": "x", "word__vbaProject.bin": "x"}),
        b"%PDF-" + b"x" * (chapter_files.MOST_BYTES + 1),
    ],
)  # fmt: skip
def test_other_files_are_refused(world, data, db_session):
    with pytest.raises(RuleBroken):
        chapter_files.keep(data, name="a.pdf", actor=world.brid, at=clock.now())
    assert db_session.scalar(select(func.count(ChapterFile.id))) == 0


def test_word_documents_are_taken_and_the_same_file_is_kept_once(world, db_session):
    data = zipped(**{"word__document.xml": "x", "[Content_Types].xml": "x"})
    first = chapter_files.keep(data, name="../../etc/passwd", actor=world.brid, at=clock.now())
    assert chapter_files.keep(data, name="b", actor=world.brid, at=clock.now()) == first
    assert db_session.get(ChapterFile, first).name == "passwd.docx"


def pdf(words):
    """The smallest PDF with one line of text."""
    stream = f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, places = b"%PDF-1.4\n", []
    for at, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (at, one)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 6\n" + table + tail


WORD = '<w:document xmlns:w="w"><w:body><w:p><w:t>The zeb</w:t><w:t>ra rota</w:t></w:p></w:body></w:document>'


ODT = '<o:document-content xmlns:o="o" xmlns:t="t"><t:h>Heading</t:h><t:p>The zebra rota</t:p></o:document-content>'


@pytest.mark.parametrize(
    "data",
    [
        pdf("The zebra rota"),
        zipped(**{"word__document.xml": WORD, "[Content_Types].xml": "x"}),
        zipped(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": ODT}),
    ],
    ids=["pdf", "docx", "odt"],
)
def test_the_search_finds_the_words_of_an_attached_file(as_, world, data):
    chapter, brid = of(world.brid, "letters"), as_("brid")
    fields = {"form": "file", "file": (io.BytesIO(data), "rota")}
    answer = brid.submit(path(chapter, "draft"), path(chapter, "draft"), **fields)
    assert answer.status_code == 303
    brid.submit(path(chapter, "publish"), path(chapter, "publish"), change="minor", changed="A rota")
    titles = [row.title for row in chapter_list.listed(viewer=world.brid, words="zebra rot")[0]]
    assert len(titles) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 and no more",
        b"%PDF-" + bytes(range(256)) * 50,
        zipped(**{"word__document.xml": "<not"}),
        b"PK",
    ],
)
def test_a_file_that_cannot_be_read_has_no_words_and_is_no_fault(data):
    assert words_of(data) == ""


def test_a_document_with_entities_of_its_own_has_no_words():
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><w:document xmlns:w="w"><w:p>&b;</w:p></w:document>'
    assert words_of(zipped(**{"word__document.xml": bomb})) == ""


def test_a_chapter_elsewhere_is_a_plain_link_and_only_to_the_web(as_, world):
    chapter, brid = of(world.brid, "letters"), as_("brid")
    for link in ("data:text/html,x", "ftp://x.example", "https://", "https://a b.example"):
        answer = brid.submit(path(chapter, "draft"), path(chapter, "draft"), form="link", link=link)
        assert answer.status_code == 422, link
    good = "https://policy.example/letters?v=2"
    assert (
        brid.submit(path(chapter, "draft"), path(chapter, "draft"), form="link", link=good).status_code == 303
    )
    page = brid.get(path(chapter, "draft", "preview")).text
    assert f'href="{good}"' in page and "noopener noreferrer" in page
