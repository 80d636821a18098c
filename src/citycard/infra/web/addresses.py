"""Addresses of the design system's own views."""

PREFERENCES = "/preferences"
THEME = "/theme.css"
MARK = "/theme/mark.svg"
CARD_ART = "/theme/card/"


def all_of_them() -> dict[str, str]:
    """Return the addresses that templates use."""
    return {"preferences": PREFERENCES, "theme": THEME, "icon": MARK}
