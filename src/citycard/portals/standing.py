"""How an application stands, as the design system's badges show it at every door."""

from typing import Final

BADGES: Final = {  # an application's or a part's state → the badge that shows it
    "checking": "checking",
    "waiting": "waiting",
    "deciding": "reviewing",
    "closed": "done",
    "withdrawn": "cancelled",
    "waiting_checks": "checking",
    "in_review": "reviewing",
    "supplement": "supplement",
    "approved": "approved",
    "refused": "refused",
    "completed": "done",
}
