"""What every template may use: `cc_city`, `cc_theme`, `cc_text`, `cc_color`, `cc_urls`."""

from typing import Any

from django.http import HttpRequest

from . import addresses
from .city import current_city, current_theme
from .preferences import chosen


def look(request: HttpRequest) -> dict[str, Any]:
    """Give templates the city's look and this reader's choices."""
    mine = chosen(request)
    return {
        "cc_city": current_city(),
        "cc_theme": current_theme(),
        "cc_text": mine.text,
        "cc_color": mine.color,
        "cc_urls": addresses.all_of_them(),
    }
