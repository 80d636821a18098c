"""The doors as a WSGI application: `granian --interface wsgi citycard.config.wsgi:application`."""

import gc
import os

gc.disable()  # nothing that is loaded here is garbage; looking for some takes a sixth of the start

from django.core.wsgi import get_wsgi_application  # noqa: E402 - loaded without looking for garbage

from citycard.config import limits, proxies  # noqa: E402 - as above

limits.say_process("doors")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")

doors = get_wsgi_application()

from django.conf import settings  # noqa: E402 - settings are loaded by the line above

from citycard.config.guarding import refuse_if_unsafe  # noqa: E402 - as above

refuse_if_unsafe(settings)
application = proxies.behind(doors, settings.CITYCARD_TRUSTED_PROXIES)
gc.freeze()  # what was loaded stays as long as the process does
gc.enable()
