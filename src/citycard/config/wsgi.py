"""The doors as a WSGI application: `granian --interface wsgi citycard.config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from citycard.config import limits

limits.say_process("doors")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - settings are loaded by the line above

from citycard.config.guarding import refuse_if_unsafe  # noqa: E402 - as above

refuse_if_unsafe(settings)
