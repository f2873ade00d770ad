"""Date and time: a moment, stored in UTC to the second, typed and shown in the person's time zone."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any

from django.utils.timezone import get_current_timezone
from psycopg import sql

from tables.columns.base import BadOptions, BadValue, Cell, Options, holds, misfit, plain, quoted
from tables.columns.date import MOST_WRITTEN, Date, can_hold, read_date, show_date
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

_DAY_AND_TIME = re.compile(
    r"(?P<day>.+?)(?:\s*,\s*|\s+(?:at\s+)?|(?<=\d)T)"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}(?::\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)

_FORMS = {"iso": "YYYY-MM-DD", "eu": "DD.MM.YYYY", "us": "MM/DD/YYYY", "long": "FMDD mon YYYY"}  # to_char, all lower case
# A stored moment that is one: what is taken apart below cannot fail.
_STORED = "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"


def read_moment(text: str, form: str, zone: tzinfo) -> datetime:
    """The moment a person wrote, in UTC; without a zone it is in `zone`, a day alone is its midnight. Raises BadValue.

    Fractions of a second are cut off.
    """
    bare = text.strip()
    found = _DAY_AND_TIME.fullmatch(bare) if len(bare) <= MOST_WRITTEN else None
    if not found or not (found["minute"] or found["half"]):
        return _in_utc(datetime.combine(read_date(bare, form), time(0)), zone, text)
    day = read_date(found["day"], form)
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise BadValue(f"{quoted(text)} is not a time: before am and pm stands an hour from 1 to 12.")
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    try:
        moment = datetime.combine(day, time(hour, int(found["minute"] or 0), int(found["second"] or 0)))
    except ValueError:
        raise BadValue(f"{quoted(text)} is not a time of day.") from None
    return _in_utc(moment, _offset(found["zone"], text) if found["zone"] else zone, text)


def _offset(written: str, text: str) -> tzinfo:
    if written[0] not in "+-":
        return UTC
    digits = written[1:].replace(":", "")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:] or 0))
    if away >= timedelta(hours=24):
        raise BadValue(f"{quoted(text)} has a time zone that does not exist.")
    return timezone(-away if written[0] == "-" else away)


def _in_utc(moment: datetime, zone: tzinfo, text: str) -> datetime:
    try:
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise BadValue(f"{quoted(text)} is outside the years 1 to 9999.") from None


def show_moment(moment: datetime, form: str, clock: int, zone: tzinfo) -> str:
    """A moment in a column's format; seconds only if there are any, the zone's offset only if the hour comes twice."""
    suffix = ""
    try:
        local = moment.astimezone(zone)
    except OverflowError:  # the first and last hours of the calendar, seen from the other side of the Earth
        local, suffix = moment.astimezone(UTC), " UTC"
    if local.fold:
        # The offset as it is, with seconds before standard time began.
        suffix = f" {local.isoformat()[19:]}"
    iso = local.replace(tzinfo=None).isoformat()
    clock_time = iso[11:] if local.second else iso[11:16]
    if clock == 12:
        clock_time = f"{local.hour % 12 or 12}{clock_time[2:]} {'am' if local.hour < 12 else 'pm'}"
    return f"{show_date(iso[:10], form)} {clock_time}{suffix}"


def stored_moment(value: Any) -> datetime | None:
    """A stored value as a moment; None when it is not in the stored form YYYY-MM-DDTHH:MM:SSZ."""
    if type(value) is not str or len(value) != 20 or value[19] != "Z" or value[10] != "T" or value[4] != "-":
        return None
    # fromisoformat alone also takes 2026-W01-1T10:11:12Z, which PostgreSQL does not.
    if value[7] != "-" or value[13] != ":" or value[16] != ":":
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


class DateTime(Date):
    key = "datetime"
    label = "Date and time"
    icon = "kind-datetime"
    family = "datetime"
    width = 170

    def options(self, raw: Options) -> dict[str, Any]:
        clock = raw.get("clock", 24)
        if plain(clock) not in ("12", "24"):
            raise BadOptions(f"Clock must be 12 or 24, not {quoted(plain(clock))}.")
        return {**super().options(raw), "clock": int(clock)}

    def parse(self, text: str, options: Options) -> str | None:
        if not text or text.isspace():
            return None
        moment = read_moment(text, options.get("format", "iso"), get_current_timezone())
        return moment.isoformat()[:19] + "Z"

    def compared(self, text: str, options: Options) -> str | None:
        """A day where a day alone is written (all of it is meant then, not its midnight), else a moment."""
        form = options.get("format", "iso")
        if not text or text.isspace():
            return None
        if ":" not in text:
            with suppress(BadValue):
                return read_date(text, form).isoformat()
        return read_moment(text, form, get_current_timezone()).isoformat()[:19] + "Z"

    def moment(self, value: Any) -> datetime | None:
        """The cell's moment; None if the value is none."""
        return stored_moment(value)

    def text(self, value: Any, options: Options) -> str:
        moment = self.moment(value)
        if moment is None:
            return plain(value)
        return show_moment(moment, options.get("format", "iso"), options.get("clock", 24), get_current_timezone())

    def html(self, value: Any, options: Options) -> str:
        return self.htmls([value], options)[0]

    def htmls(self, values: Sequence[Any], options: Options) -> list[str]:
        # The time zone is looked up once: each time takes 5 us.
        form, clock, zone = options.get("format", "iso"), options.get("clock", 24), get_current_timezone()
        moments = [None if value is None else self.moment(value) for value in values]
        return [
            ("" if value is None else misfit(value)) if moment is None else show_moment(moment, form, clock, zone)
            for value, moment in zip(values, moments, strict=True)
        ]

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.moments(name)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        form, clock = options.get("format", "iso"), options.get("clock", 24)
        if not can_hold(term, form, " :-+", ("am", "pm", "utc")):
            return None
        found = holds(_shown_sql(self.moment_sql(cell), form, clock, zone), term)
        if self.row_field:
            return found
        return sql.SQL("CASE WHEN {} ~ {} THEN {} ELSE {} END").format(
            cell.text, sql.Literal(_STORED), found, holds(folding.in_sql(cell.text), term)
        )

    def search_pieces(self, options: Options, term: str) -> None:
        return None  # seen from another time zone, every digit may be another

    def moment_sql(self, cell: Cell) -> sql.Composable:
        """A stored moment as timestamptz, without a cast from text, which fails on 30 February."""
        return sql.SQL(
            "((make_timestamp(left({0}, 4)::int, substr({0}, 6, 2)::int, 1, substr({0}, 12, 2)::int, substr({0}, 15, 2)::int,"
            " substr({0}, 18, 2)::int) + make_interval(days => substr({0}, 9, 2)::int - 1)) AT TIME ZONE 'UTC')"
        ).format(cell.text)


def _shown_sql(moment: sql.Composable, form: str, clock: int, zone: str) -> sql.Composable:
    """`show_moment` of the SQL of a moment, plain."""
    day, hour, half = _FORMS[form], "HH24" if clock == 24 else "FMHH12", "" if clock == 24 else " am"
    local = sql.SQL("({} AT TIME ZONE {})").format(moment, sql.Literal(zone))
    shown = sql.SQL("to_char({local}, CASE WHEN extract(second FROM {local}) = 0 THEN {short} ELSE {long} END)").format(
        local=local, short=sql.Literal(f"{day} {hour}:MI{half}"), long=sql.Literal(f"{day} {hour}:MI:SS{half}")
    )
    if zone == "UTC":
        return shown
    # The hour that comes twice, when clocks are put back: the second time the offset is shown.
    return sql.SQL(
        "{shown} || CASE WHEN (({moment} - interval '1 hour') AT TIME ZONE {zone}) = {local} THEN"
        " CASE WHEN {local} < ({moment} AT TIME ZONE 'UTC') THEN ' -' ELSE ' +' END"
        " || to_char(make_interval(secs => abs(extract(epoch FROM {local} - ({moment} AT TIME ZONE 'UTC')))::int), 'HH24:MI')"
        " ELSE '' END"
    ).format(shown=shown, moment=moment, zone=sql.Literal(zone), local=local)
