"""Numbers as people read them: durations, sizes, counts, shares, moments."""

import math
import time
from datetime import UTC, datetime

MISSING = "–"


def duration(seconds: float | None) -> str:
    """Seconds as 0.4 s, 12 s, 3:07 min or 1:02:09 h."""
    if seconds is None:
        return MISSING
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"


def size(n_bytes: float) -> str:
    """Bytes in the unit that needs fewest digits, powers of 1000."""
    for unit in ("B", "KB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB"


def count(number: float | None) -> str:
    """A whole number with thin groups of thousands; 1.2 M from a million on."""
    if number is None:
        return MISSING
    if number >= 1_000_000:
        return f"{number / 1_000_000:.1f} M"
    return f"{number:,.0f}".replace(",", "\u202f")


def decimal(number: float | None, digits: int = 2) -> str:
    """A number with `digits` decimals; a dash where there is none."""
    if number is None or math.isnan(number):
        return MISSING
    return f"{number:.{digits}f}".replace("-", "\u2212")


def percent(share: float | None, digits: int = 0) -> str:
    """A share of 1 as per cent."""
    return MISSING if share is None else f"{100 * share:.{digits}f} %"


def moment(iso: str | None) -> str:
    """A moment in ISO 8601 to the minute, in UTC."""
    if iso is None:
        return MISSING
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ago(moment: float | str | None, now: float | None = None) -> str:
    """How long ago `moment` was, in seconds since 1970 or ISO 8601."""
    if moment is None:
        return MISSING
    seconds = datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else moment
    passed = (now or time.time()) - seconds
    for limit, unit, name in ((60, 1, ""), (3600, 60, "min"), (86400, 3600, "h"), (math.inf, 86400, "d")):
        if passed < limit:
            return f"{passed // unit:.0f} {name} ago" if name else "just now"
    raise AssertionError("the last limit is infinite")
