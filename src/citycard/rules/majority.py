"""Who is of age on a day, by the law of that day."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from citycard.rules.words_adult import Adult
from citycard.rules.words_age import latest_birth


def adults_born_by(*, about: Mapping[str, Any], on: dt.date) -> dt.date:
    """Return the last day of birth that makes somebody of age on a day.

    :param about: the pack's table ``pack``
    """
    leap_day = str(about["birthdays"]["leap_day"])
    adult = Adult(tuple((row["from"], row["age"]) for row in about["adulthood"]), leap_day)
    return latest_birth(on, adult.age_on(on), leap_day)
