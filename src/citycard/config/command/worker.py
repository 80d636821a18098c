"""`citycard worker`: reactions, letters to outside systems and timed work."""

from citycard.config import guarding, instance, limits
from citycard.config.command.options import City
from citycard.config.command.saying import stop


def worker(city: City = None) -> None:
    """Run background work until SIGTERM: subscribers, outboxes and timed jobs.

    Several may run side by side. `citycard up` runs one.
    """
    instance.choose(city)
    limits.say_process("worker")
    instance.set_up_django()
    from django.conf import settings

    from citycard.infra import jobs

    try:
        guarding.refuse_if_unsafe(settings)
    except guarding.UnsafeInstance as unsafe:
        stop(unsafe)
    jobs.run_worker()
