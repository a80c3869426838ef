"""Books of every format, made for tests: each holds what its format is known for."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile

from tests.support.umcf import PICTURE, a_document, a_topic

CONTAINER = """<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
QUESTIONS = "domain,subcategory,question,answer,explanation\n" + "".join(
    f"science,{branch},What is {branch} {at}?,Answer {at},Because {at}\n"
    for branch in ("Biology", "Optics")
    for at in (1, 2)
)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return an archive of these files."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for path, body in files.items():
            archive.writestr(path, body)
    return out.getvalue()


def tarball(files: Mapping[str, str | bytes], *, folder: str = "") -> bytes:
    """Return a tar archive of these files, packed with gzip; the same bytes each time."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for path, body in files.items():
            member = tarfile.TarInfo(f"{folder}{path}")
            data = body.encode() if isinstance(body, str) else body
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def markdown(topics: int = 4, *, paragraphs: int = 2, units: int = 2, facts: str = "license: CC-BY-4.0") -> bytes:
    """Return a book of so many topics in so many units."""
    per_unit = -(-topics // units)
    lines = ["---", "author: Ada", facts, "---", "# The Book of Things", ""]
    for at in range(topics):
        if at % per_unit == 0:
            lines += [f"## Part {at // per_unit + 1}", ""]
        lines += [f"### Thing {at + 1}", ""]
        for part in range(paragraphs):
            lines += [f"Paragraph {part + 1} of *thing* {at + 1}: it is made of words, and there are many of them.", ""]
    return "\n".join(lines).encode()


def page(title: str, text: str) -> str:
    """Return a page of HTML with what a page should not be read out with."""
    return (
        f"<html><head><title>{title}</title><style>p {{ color: red }}</style></head><body><h1>{title}</h1>"
        f"<p>{text}</p><script>alert('no')</script><img src='a.png' alt='a'/></body></html>"
    )


def epub(topics: int = 3) -> bytes:
    """Return an EPUB 3 with a table of contents."""
    at = range(1, topics + 1)
    items = "".join(f'<item id="p{n}" href="text/p{n}.xhtml" media-type="application/xhtml+xml"/>' for n in at)
    spine = "".join(f'<itemref idref="p{n}"/>' for n in at)
    links = "".join(f'<li><a href="text/p{n}.xhtml">Chapter {n}</a></li>' for n in at)
    package = f"""<package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A Bound Book</dc:title><dc:creator>Ada</dc:creator>
<dc:language>en</dc:language><dc:rights>CC-BY-4.0</dc:rights></metadata>
<manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>{items}</manifest>
<spine>{spine}</spine></package>"""
    pages = {f"OEBPS/text/p{n}.xhtml": page(f"Chapter {n}", f"Text of chapter {n}.") for n in at}
    nav = f"<html><body><nav><ol>{links}</ol></nav></body></html>"
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package,
            "OEBPS/nav.xhtml": nav,
            **pages,
        }
    )


QUIZ = """<questestinterop><assessment title="Quiz"><section>
<item ident="i1"><presentation><material>
<mattext texttype="text/html">&lt;p&gt;Which is blue?&lt;/p&gt;</mattext></material>
<response_lid ident="r"><render_choice>
<response_label ident="a"><material><mattext>Sky</mattext></material></response_label>
<response_label ident="b"><material><mattext>Grass</mattext></material></response_label>
</render_choice></response_lid></presentation>
<resprocessing><respcondition><conditionvar><varequal respident="r">a</varequal></conditionvar>
<setvar varname="SCORE">100</setvar></respcondition></resprocessing></item>
<item ident="i2"><presentation><material><mattext>Name a colour.</mattext></material>
<response_str ident="r"/></presentation>
<resprocessing><respcondition><conditionvar><varequal respident="r">red</varequal></conditionvar>
<setvar varname="SCORE">100</setvar></respcondition></resprocessing></item>
</section></assessment></questestinterop>"""


def cartridge(topics: int = 3, *, units: int = 1) -> bytes:
    """Return a Common Cartridge: pages in folders, a discussion, a quiz, and a link that stays behind."""
    per_unit = -(-topics // units)
    folders = [
        "".join(
            f'<item identifierref="p{n}"><title>Page {n}</title></item>'
            for n in range(first, min(first + per_unit, topics + 1))
        )
        for first in range(1, topics + 1, per_unit)
    ]
    tree = "".join(f"<item><title>Week {at}</title>{inner}</item>" for at, inner in enumerate(folders, 1))
    others = "".join(
        f'<item identifierref="{ref}"><title>{title}</title></item>'
        for ref, title in (("talk", "Talk"), ("quiz", "Quiz"), ("link", "Link"))
    )
    resources = "".join(
        f'<resource identifier="p{n}" type="webcontent" href="w/p{n}.html"><file href="w/p{n}.html"/></resource>'
        for n in range(1, topics + 1)
    )
    manifest = f"""<manifest xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1" identifier="m">
<metadata><lomimscc:lom xmlns:lomimscc="http://ltsc.ieee.org/xsd/imsccv1p1/LOM/manifest"><lomimscc:general>
<lomimscc:title><lomimscc:string>A Course</lomimscc:string></lomimscc:title></lomimscc:general></lomimscc:lom>
</metadata>
<organizations><organization><item>{tree}{others}</item></organization></organizations>
<resources>{resources}
<resource identifier="talk" type="imsdt_xmlv1p1"><file href="talk.xml"/></resource>
<resource identifier="quiz" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="quiz.xml"/></resource>
<resource identifier="link" type="imswl_xmlv1p1"><file href="link.xml"/></resource></resources></manifest>"""
    pages = {f"w/p{n}.html": page(f"Page {n}", f"Text of page {n}.") for n in range(1, topics + 1)}
    talk = "<topic><title>Talk</title><text texttype='text/html'>&lt;p&gt;What do you think?&lt;/p&gt;</text></topic>"
    return zipped({"imsmanifest.xml": manifest, "talk.xml": talk, "quiz.xml": QUIZ, "link.xml": "<webLink/>", **pages})


def moodle() -> dict[str, str | bytes]:
    """Return the files of a Moodle backup: a page, a book of two chapters, and a forum that stays behind."""
    activities = "".join(
        f"<activity><moduleid>{n}</moduleid><sectionid>7</sectionid><modulename>{kind}</modulename>"
        f"<title>{kind.title()} {n}</title><directory>activities/{kind}_{n}</directory></activity>"
        for n, kind in ((1, "page"), (2, "book"), (3, "forum"))
    )
    backup = f"""<moodle_backup><information><original_course_fullname>A Moodle Course</original_course_fullname>
<contents><activities>{activities}</activities><sections><section><sectionid>7</sectionid>
<title>Week one</title></section></sections></contents></information></moodle_backup>"""
    chapters = "".join(
        f"<chapter><title>Chapter {n}</title><content>&lt;p&gt;Text of chapter {n}.&lt;/p&gt;</content></chapter>"
        for n in (1, 2)
    )
    book = f"<activity><book><name>B</name><chapters>{chapters}</chapters></book></activity>"
    return {
        ".ARCHIVE_INDEX": "Moodle archive file index. Count: 4\n",
        "moodle_backup.xml": backup,
        "activities/page_1/page.xml": "<activity><page><name>The page</name><intro/>"
        "<content>&lt;p&gt;Text of the page.&lt;/p&gt;</content></page></activity>",
        "activities/book_2/book.xml": book,
        "activities/forum_3/forum.xml": "<activity/>",
        "files/da/da39a3ee5e6b4b0d3255bfef95601890afd80709": b"\x00a video",
    }


def umcf() -> bytes:
    """Return a UMCF document with two topics."""
    rights = {"license": {"type": "CC-BY-4.0"}}
    return json.dumps(a_document("things", a_topic("one"), a_topic("two"), rights=rights)).encode()


def umcf_archive() -> bytes:
    """Return a UMCF archive with a picture."""
    asset = {"id": "a", "type": "diagram", "alt": "A dot", "localPath": "assets/dot.svg"}
    document = a_document("shown", a_topic("one", media={"embedded": [asset]}))
    return zipped({"curriculum.json": json.dumps(document), "assets/dot.svg": PICTURE})


# Every format, by the name its file would have.
EVERY = {
    "book.md": markdown(),
    "book.epub": epub(),
    "course.imscc": cartridge(),
    "course.zip": zipped(moodle()),
    "course.mbz": tarball(moodle()),
    "things.umcf": umcf(),
    "shown.umcf": umcf_archive(),
    "questions.csv": QUESTIONS.encode(),
    "questions.json": json.dumps(
        {"name": "Asked", "questions": [{"domain_id": "science", "question_text": "Why?", "answer_text": "So."}]}
    ).encode(),
}
