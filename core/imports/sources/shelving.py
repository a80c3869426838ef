"""Courses that are all known at once: filtered, sorted, cut into pages, searched. Pure."""

from collections.abc import Sequence

from msgspec import structs

from core.imports.formats.reading import read_book
from core.imports.licences import licence_of
from core.imports.sources.port import Browse, Course, Material, Shelf


def shelved(courses: Sequence[Course], asked: Browse) -> Shelf:
    """Return the page that was asked for."""
    found = [
        course
        for course in (matching(courses, asked.search) if asked.search.strip() else courses)
        if (not asked.subject or course.subject.lower() == asked.subject.lower())
        and (not asked.level or course.level.lower() == asked.level.lower())
    ]
    if asked.sort_by == "title":
        found.sort(key=lambda course: course.title.lower(), reverse=asked.descending)
    start = (asked.page - 1) * asked.page_size
    return Shelf(
        found[start : start + asked.page_size],
        len(found),
        sorted({course.subject for course in courses if course.subject}),
        sorted({course.level for course in courses if course.level}),
    )


def matching(courses: Sequence[Course], words: str) -> list[Course]:
    """Return the courses that have every word, those that have them in the title first."""
    wanted = words.lower().split()
    titles = [course for course in courses if all(word in course.title.lower() for word in wanted)]
    others = [course for course in courses if course not in titles and all(word in _text(course) for word in wanted)]
    return [*titles, *others]


def looked_into(course: Course, material: Material) -> Course:
    """Return a course with what its book says.

    Raises: InvalidInput: it is no book.
    """
    outline = read_book(material.body, material.name).outline
    return structs.replace(
        course,
        title=outline.title,
        description=outline.description or course.description,
        author=outline.author or course.author,
        subject=next(iter(outline.subjects), course.subject),
        licence=licence_of(outline.license) if outline.license else course.licence,
        revision=material.revision,
        size=len(material.body),
        places=outline.places,
        left_out=outline.left_out,
    )


def _text(course: Course) -> str:
    return " ".join((course.title, course.description, course.author, course.subject, *course.keywords)).lower()
