"""An estimate for a terminal: the bill, the limits, and what it assumes."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from commands.costs.bill import Bill
from commands.costs.limits import Limit
from commands.costs.prices import FREE_TIER, MILLION, PRICES, REGION, Price

TIGHT = 2
"""Headroom below which a limit is yellow; below 1 it is red."""
WIDE = 110
"""Columns of a terminal in which a limit's line says what happens beyond it."""
NARROW = (0, 1, 0, 0)
"""Of a cell: one column to its right, so that all fits 80."""
PLENTY = 1000
"""Headroom that is not told any more exactly."""
IDLE = ("load", "queues", "stored", "alarms")
"""Groups of assumptions that matter when nobody asks."""
NOT_COUNTED = ["DELETE", "Idempotency-Key", "other routes", "tries after failures", "features that are kept"]


def report(bill: Bill, found: Sequence[Limit], width: int) -> Iterator[RenderableType]:
    """Everything, from the bill to the assumptions; `width` is the terminal's."""
    yield Text(_asked(bill), style="bold")
    yield Text()
    yield _lines(bill)
    yield Text(_sums(bill))
    if bill.course.workload.per_month:
        yield Text(f"\nLimits, at a peak of {bill.course.assumes.peak:g} times the average", style="bold")
        yield Text()
        yield _limits(found, wide=width >= WIDE)
        yield Text(_first(bill, found))
    yield Text("\nAssumed", style="bold")
    yield Text()
    yield _assumed(bill)
    yield Text()
    yield Text(f"{_prices(bill)} {FREE_TIER}")


def _asked(bill: Bill) -> str:
    workload = bill.course.workload
    if not workload.per_month:
        return "No predictions: what is paid when nobody asks"
    read = f"is read {_counted(workload.polls, 'time')}" if workload.polls else "is never read"
    read = "waits for its answer" if workload.wait else read
    up_to = "" if workload.requests * workload.records == workload.per_month else "up to "
    requests = f"{_counted(workload.requests, 'request')} of {up_to}{_counted(workload.records, 'record')}"
    return f"{_counted(workload.per_month, 'prediction')} a month: {requests}; each {read}"


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one if count == 1 else f'{one}s'}"


def _lines(bill: Bill) -> Table:
    table = Table(box=None, padding=NARROW, show_footer=True)
    table.add_column("service", footer=Text("total, USD", style="bold"), no_wrap=True)
    table.add_column("what")
    for name, footer in (("quantity", ""), ("price", ""), ("fixed", usd(bill.fixed)), ("variable", usd(bill.variable))):
        table.add_column(name, footer=Text(footer, style="bold"), justify="right", no_wrap=True)
    before = ""
    for line in bill.lines:
        if not line.quantity:
            continue
        service = line.price.service
        cells = (usd(line.usd), "") if line.fixed else ("", usd(line.usd))
        quantity = number(line.quantity) + _unit(line.price)
        table.add_row("" if service == before else service, line.what, quantity, _price(line.price), *cells)
        before = service
    return table


def _unit(price: Price) -> str:
    """Of what is measured; what is counted says so itself."""
    return f" {price.unit.removesuffix('-months')}" if price.unit.startswith("GB") else ""


def _price(price: Price) -> str:
    if price.per == 1:
        return f"${price.usd:.10f}" if price.usd < 0.01 else f"${price.usd:.3f}"
    return f"${price.usd * MILLION / price.per:.3f}/million"


def _sums(bill: Bill) -> str:
    per_month = bill.course.workload.per_month
    total = f"\n${bill.fixed + bill.variable:,.2f} a month"
    if not per_month:
        return f"{total}."
    thousand = bill.variable / per_month * 1000
    each = f"${thousand:.2g} for a thousand" if thousand >= 0.001 else f"${thousand * 1000:.2g} for a million"
    return f"{total}: ${bill.fixed:,.2f} whatever happens, and ${bill.variable:,.2f} for predictions, {each}."


def usd(amount: float) -> str:
    """Two decimals; what is less than a cent is said to be."""
    return "<0.01" if 0 < amount < 0.005 else f"{amount:,.2f}"


def number(value: float) -> str:
    """Three digits that matter below a thousand, whole numbers above."""
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"


def _limits(found: Sequence[Limit], *, wide: bool) -> Table:
    table = Table(box=None, padding=NARROW)
    table.add_column("what")
    table.add_column("set by", no_wrap=True)
    for name in ("average", "peak", "most", "headroom"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        table.add_column("beyond it")
    for limit in found:
        if limit.headroom is None:
            continue
        style = "red" if limit.headroom < 1 else "yellow" if limit.headroom < TIGHT and limit.grows else ""
        times = f"> {PLENTY:,} ×" if limit.headroom > PLENTY else f"{number(limit.headroom)} ×"
        numbers = map(number, (limit.average, limit.peak, limit.most))
        headroom = Text(times, style=style)
        table.add_row(limit.what, limit.set_by, *numbers, headroom, *([limit.then] if wide else []))
    return table


def _first(bill: Bill, found: Sequence[Limit]) -> str:
    tightest = next(limit for limit in found if limit.grows and limit.headroom is not None)
    assert tightest.headroom is not None
    fit = f"{number(bill.course.workload.per_month * tightest.headroom)} predictions a month"
    beyond = f"{tightest.what}: {tightest.then}"
    if tightest.headroom >= 1:
        return f"\nMore load meets {tightest.set_by} first, at about {fit} ({beyond})."
    at = "the average" if tightest.average > tightest.most else "the peak"
    return f"\nAt {at} {tightest.set_by} does not suffice ({beyond}); it does for about {fit}."


def _assumed(bill: Bill) -> Table:
    groups: dict[str, list[str]] = {}
    for one in bill.course.assumes.found():
        groups.setdefault(one["group"], []).append(one["what"])
    groups["sizes"].insert(0, f"a record {bill.course.workload.record_bytes} bytes, as the example")
    groups["not counted"] = NOT_COUNTED
    table = Table(box=None, padding=NARROW, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    asked = bill.course.workload.per_month > 0
    for group, values in groups.items():
        if asked or group in IDLE:
            table.add_row(group, ", ".join(values))
    return table


def _prices(bill: Bill) -> str:
    dates = sorted(price.as_of for price in PRICES.values())
    region = bill.course.deployment.aws_region
    other = f"those of {region} differ" if region and region != REGION else "other regions differ"
    seen = f"as they were seen from {dates[0]} to {dates[-1]}"
    return f"List prices of {REGION}, first tiers, {seen}; {other}; --json names each one's page."
