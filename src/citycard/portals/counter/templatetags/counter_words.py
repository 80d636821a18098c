"""The names of this door's steps."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def draft_steps() -> list[str]:
    """Return the steps of an application, from the services to the card."""
    return [_("服務"), _("資料"), _("文件照片"), _("確認"), _("審核與卡片")]


@register.simple_tag
def card_steps() -> list[str]:
    """Return the steps of a card, from the preview to the hand-over."""
    return [_("預覽"), _("列印"), _("交付")]
