"""What was, stays on record: the database refuses the application to rewrite it."""

import pytest
from django.db import transaction

from citycard.infra.database import execute


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cards_binding SET member_id = 1",
        "DELETE FROM cards_binding",
        "UPDATE cards_agency_link SET number_sealed = ''",
        "UPDATE cards_card_number SET card_id = 1",
        "UPDATE cards_card_number SET works = true",
        "UPDATE entitlements_right SET valid = 'empty'",
        "DELETE FROM entitlements_right",
        "UPDATE infra_generation SET number = 7",
    ],
)
def test_the_application_cannot_rewrite_what_was(statement: str) -> None:
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        execute(statement)
