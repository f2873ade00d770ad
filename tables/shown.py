"""`rowan_number`: a number as columns/number.py shows it, in SQL, so that a search finds what is seen."""

# Up to 10^21, where powers of ten begin; see _LARGE and _SMALL in columns/number.py.
_WHOLE = "FM999,999,999,999,999,999,990"

# The mantissa and the power of ten of a number's first digit, as Python writes them: 1.5e+22, 1e-16.
_POWER = r"""
    CREATE OR REPLACE FUNCTION rowan_power(numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    DECLARE
        size int := CASE WHEN abs($1) >= 1 THEN length(trunc(abs($1))::text) - 1
                         ELSE -length(substring($1::text FROM '\.(0*)')) - 1 END;
        digits text := trim(BOTH '0' FROM translate(abs($1)::text, '.', ''));
    BEGIN
        RETURN CASE WHEN $1 < 0 THEN '-' ELSE '' END || left(digits, 1)
            || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
            || 'e' || CASE WHEN size < 0 THEN '-' ELSE '+' END || to_char(abs(size), 'FM9900');
    END
    $body$
"""

# Arguments: the number, its decimals (NULL for as many as it has), whether thousands are marked. PostgreSQL puts the body in
# the place of the call and decides what hangs on the column's options once for all rows: 0.8 s for a million numbers instead
# of 4.8. It does so only for a function that claims no more than to_char, which is STABLE.
_NUMBER = rf"""
    CREATE OR REPLACE FUNCTION rowan_number(numeric, int, boolean) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE RETURN
    CASE
        WHEN abs($1) >= 1e21 THEN rowan_power($1)
        WHEN $2 IS NOT NULL THEN to_char(round($1, $2),
            CASE WHEN $3 THEN '{_WHOLE}' ELSE '{_WHOLE.replace(",", "")}' END
            || CASE WHEN $2 > 0 THEN '.' || repeat('0', $2) ELSE '' END)
        WHEN $1 <> 0 AND abs($1) < 1e-15 THEN rowan_power($1)
        WHEN scale($1) = 0 THEN CASE WHEN $3 THEN to_char($1, '{_WHOLE}') ELSE $1::text END
        WHEN $3 AND abs($1) >= 1000 THEN to_char(trunc($1), '{_WHOLE}')
            || coalesce(substring(trim_scale($1)::text FROM '\..*'), '.0')
        ELSE trim_scale($1)::text || CASE WHEN scale(trim_scale($1)) = 0 THEN '.0' ELSE '' END
    END
"""

STATEMENTS = (_POWER, _NUMBER)
