"""Many cells of the grid at once: copied, pasted, cleared, filled."""

from collections.abc import Iterator
from itertools import chain
from mmap import ACCESS_READ, mmap

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bases.access import person
from bases.models import Role
from tables import bulk, clipboard, edits
from tables.access import load_table
from tables.clipboard import Block
from tables.columns.base import BadValue
from tables.copying import WHOLE_CELLS, copied, streamed
from tables.edits import Allowed, cuts
from tables.heavy import turn
from tables.models import Table, columns_at
from views_app.answers import answers_errors, number
from views_app.asked import Asked, asked
from views_app.bulk_views import begun
from views_app.heavy import heavy, in_turn
from views_app.picked_rows import after, counted, cut_of, flag, picked, picked_keys, picked_many, picked_size, read_ids, told

FORGOTTEN = "What you cut stays where it was: the server does not know any more which rows these were."


@require_GET
@never_cache
@answers_errors
@heavy
def copy(request: HttpRequest, table_id: int) -> HttpResponseBase:
    """Cells of `keys` in the rows `from` .. `to` of `order` as of `version`, or of `ids`.

    {"text": TSV, "html", "rows": how many, "version": of the table}.

    With `cut=1` also "ids" of the rows, as a paste of what was cut takes them; for more than one write takes they are kept here,
    and the header Rowan-Cut names them. Above WHOLE_CELLS the answer is the text itself, piece by piece, with what is told of its
    end in tables/copying.py.
    """
    table, _ = load_table(request, table_id)
    version = table.version
    query = asked(request, table).query
    known = {column.key: column for column in columns_at(table.pk, table.columns_version)}
    columns = [known[key] for key in picked_keys(request.GET) if key in known]
    ids = read_ids(request.GET, query, len(columns))
    headers = {}
    is_cut = flag(request.GET, "cut")
    if is_cut and edits.is_large(len(ids), len(columns)):
        headers["Rowan-Cut"] = cuts.keep(table, person(request), ids)
    if len(ids) * len(columns) > WHOLE_CELLS:
        pieces = in_turn(request, streamed(query, ids, columns))
        return StreamingHttpResponse(pieces, content_type="text/tab-separated-values; charset=utf-8", headers=headers)
    text, html = copied(query, ids, columns) if columns else ("", "")
    answer = {"text": text, "html": html, "rows": len(ids), "version": version}
    if is_cut and not headers:
        answer["ids"] = list(ids)
    return JsonResponse(answer, headers=headers)


@require_POST
@answers_errors
def paste(request: HttpRequest, table_id: int) -> HttpResponse:
    """Paste `text` (a field, or an uploaded file where it is large) of `format` tsv, csv or html at rows (see picked) and `keys`.

    `rows=1`, `columns=1`, `choices=1`: make what is missing. With `cut_ids` and so on (see cut_of) the cells that it was cut from
    are emptied in the same change if all of it fits: "moved" tells whether they were. {"text", "undo", "version", "rows",
    "cells", "added": ids, "columns": keys, "choices", "moved", "problems", "problem_count"}, and "count" and "order" where rows
    came. What is more than one write takes goes to a worker: {"bulk", "text"}, 202, with a
    "note" where what was cut is not known any more and stays.
    """
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    allowed = Allowed(flag(request.POST, "rows"), flag(request.POST, "columns"), flag(request.POST, "choices"))
    keys = picked_keys(request.POST)
    cut, is_cut = cut_of(request, table)
    try:
        rows = _rows(request)
        block, size = _first_rows(rows), picked_size(request.POST)
        is_large = edits.is_large(*edits.extent(len(block), max(map(len, block)), size, len(keys)))
        if is_large or (cut and edits.is_large(len(cut.ids), len(cut.keys))):
            ids = picked_many(request.POST, wanted.query)
            first = number(request.POST.get("from", request.POST.get("at", "0")), "from")
            found = bulk.paste(table, person(request), chain(block, rows), ids, keys, first, allowed, cut)
            if cut:
                cuts.forget(person(request))
            return begun(found, "" if cut or not is_cut else FORGOTTEN)
    except UnicodeDecodeError:
        raise BadValue("The pasted text is not UTF-8.") from None
    pasted = clipboard.even(block)
    done = edits.paste(table, person(request), pasted, keys, picked(request, wanted.query, "pasted"), allowed, cut)
    table.refresh_from_db()
    text = f"{counted(done.cells, 'cell')} {'moved' if done.moved else 'pasted'}" if done.cells else "Nothing was pasted"
    if done.added:
        text += f", {counted(len(done.added), 'row')} added"
    if done.report.count:
        text += f", {done.report.count:,} did not fit"
    if is_cut and not done.moved:
        text += "; what you cut is still where it was"
    if done.kept.count:
        text += f"; {counted(done.kept.count, 'cell')} that somebody else has changed since you cut stayed as well"
    more = {
        "rows": done.rows,
        "cells": done.cells,
        "added": done.added,
        "columns": done.columns,
        "choices": done.choices,
        "moved": done.moved,
        **told(done.report, done.kept),
    }
    return _answer(wanted, table, text, bool(done.moved or done.rows or done.added or done.columns), bool(done.added), more)


def _rows(request: HttpRequest) -> Iterator[list[str]]:
    """The pasted rows, one after the other; a large file is not read into memory for it. Raises BadValue, UnicodeDecodeError."""
    form, upload = request.POST.get("format", "tsv"), request.FILES.get("text")
    if form not in ("tsv", "csv", "html"):
        raise BadValue("“format” is one of tsv, csv and html.")
    if upload is None:
        data: bytes | mmap = request.POST.get("text", "").encode(errors="surrogatepass")
    elif isinstance(upload, TemporaryUploadedFile) and upload.size and upload.file:
        data = mmap(upload.file.fileno(), 0, access=ACCESS_READ)
    else:
        data = upload.read()
    if form != "html":
        return clipboard.text_rows(data, "," if form == "csv" else "\t")
    if len(data) > 4 * clipboard.MOST_HTML:  # bytes of so many characters, at most
        raise clipboard.TooLarge(clipboard.TOO_MUCH_HTML)
    with turn(person(request).pk):
        found = clipboard.read_html(bytes(data).decode())
    if found is None:
        raise BadValue("There is no table in what was pasted.")
    return iter(found)


def _first_rows(rows: Iterator[list[str]]) -> Block:
    """The rows up to where they are more than one write takes."""
    block: Block = []
    width = 1
    for row in rows:
        block.append(row)
        width = max(width, len(row))
        if edits.is_large(len(block), width):
            break
    return block


@require_POST
@answers_errors
def clear(request: HttpRequest, table_id: int) -> HttpResponse:
    """Empty cells of `keys` in rows (see picked): {"text", "undo", "version", "problems", "problem_count"}."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    _, rows, report = edits.clear(table, person(request), picked(request, wanted.query, "cleared"), picked_keys(request.POST))
    table.refresh_from_db()
    text = f"Cells of {counted(rows, 'row')} cleared" if rows else "There was nothing to clear"
    return _answer(wanted, table, text, bool(rows), False, told(report))


@require_POST
@answers_errors
def fill(request: HttpRequest, table_id: int) -> HttpResponse:
    """Fill cells of `keys` in rows (see picked) in `direction` down, right, up or left from the first `source` rows or columns.

    `series=1` continues numbers and dates. {"text", "undo", "version", "problems", "problem_count"}.
    """
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    source = number(request.POST.get("source", "1"), "source")
    direction, series = request.POST.get("direction", "down"), flag(request.POST, "series")
    rows, keys = picked(request, wanted.query, "filled"), picked_keys(request.POST)
    _, count, report = edits.fill(table, person(request), rows, keys, direction, source=source, series=series)
    table.refresh_from_db()
    text = f"Cells of {counted(count, 'row')} filled" if count else "There was nothing to fill"
    return _answer(wanted, table, text, bool(count), False, told(report))


def _answer(wanted: Asked, table: Table, text: str, undo: bool, rows_changed: bool, more: dict[str, object]) -> HttpResponse:
    return JsonResponse({**after(wanted, table, rows_changed=rows_changed), "text": text, "undo": undo, **more})
