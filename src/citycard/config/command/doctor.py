"""`citycard doctor`: is the instance well, and what needs a hand?"""

from dataclasses import asdict

from citycard.config import instance
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import FOUND_SOMETHING, console, out, print_json, stop
from citycard.infra.postgres.errors import PostgresProblem

MARKS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]"}


def doctor(city: City = None, as_json: AsJson = False) -> None:
    """Check adapters, clock, disk, partitions ahead, keys, and the lag of every subscriber.

    Exits with 1 when something failed; warnings alone exit with 0.
    """
    try:
        with instance.running(city):
            instance.set_up_django()
            from citycard.config import examining

            with console.status("Examining"):
                symptoms = examining.examine()
    except PostgresProblem as problem:
        stop(problem)
    if as_json:
        print_json({"checks": [asdict(symptom) for symptom in symptoms]})
    for symptom in symptoms if not as_json else ():
        out.print(f"{MARKS[symptom.state]} {symptom.name}: {symptom.says}", soft_wrap=True)
    failed = [symptom for symptom in symptoms if symptom.state == "fail"]
    if failed:
        stop(f"{len(failed)} of {len(symptoms)} failed.", code=FOUND_SOMETHING)
