"""A table's caption stands in an attribute, too: no quote of a translation may end it."""

from django.template import Context, Template
from django.utils.safestring import SafeString


def test_a_quote_in_a_translated_caption_stays_inside_its_attribute() -> None:
    page = Template("{% load cc %}{% table caption %}<tbody></tbody>{% endtable %}")
    shown = page.render(Context({"caption": SafeString('a "b" c')}))
    assert 'aria-label="a &quot;b&quot; c"' in shown
