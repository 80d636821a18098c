"""`citycard verify`: the house's own auditor."""

from typing import Any

from citycard.config import instance, migrating
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import FOUND_SOMETHING, console, out, print_json, stop
from citycard.infra.postgres.errors import PostgresProblem


def verify(city: City = None, as_json: AsJson = False) -> None:
    """Prove that the city's books are right: postings sum to zero, stock is conserved, and so on.

    Exits with 1 and names each finding when something doesn't add up.
    """
    try:
        with instance.running(city) as here:
            if not migrating.is_current(here.app_url()):
                stop("The database's schema isn't this version's: citycard migrate.")
            instance.set_up_django()
            report = _ask_all()
    except PostgresProblem as problem:
        stop(problem)
    if as_json:
        print_json(report)
    for finding in report["findings"] if not as_json else ():
        out.print(
            f"[red]✗[/red] {finding['check']}: {finding['says']} ({finding['about']})",
            soft_wrap=True,
        )
    if report["findings"]:
        stop(f"{len(report['findings'])} findings.", code=FOUND_SOMETHING)
    console.print(f"[green]✓[/green] Nothing found in {', '.join(report['asked'])}.")


def _ask_all() -> dict[str, Any]:
    from citycard.config import wiring

    asked, findings = [], []
    for name, ask in wiring.auditors().items():
        with console.status(f"Verifying {name}"):
            found = ask()
        asked.append(name)
        findings += [{"check": it.check, "about": it.about, "says": it.says} for it in found]
    return {"asked": asked, "findings": findings}
