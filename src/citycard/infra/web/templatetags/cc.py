"""The `cc` tag library: what templates of every door are made of. `{% load cc %}`

Words and amounts (text in the reader's language)
    {% icon "credit-card" %}                      lucide icon, decorative; {% icon "bell" label="通知" %} speaks
    {% points 320 %}  {% ntd 40 %}  {% number 12345 %}  {% hours 90 %}     (hours takes minutes)
    {% date_long d %}  {% date_short d %}  {% roc_date d %}  {% date_both d %}  {% date_time at %}  {% ago at %}
    {% status_badge "active" %}                   a state of badges.STATES; own word: {% status_badge "good" "已入帳" %}
    {% key "F2" %}                                keyboard hint

Actions
    {% button "送出" %}   kind="primary|secondary|quiet|danger"  icon=  name=  value=  key="F4"  type="submit"  wide=True
    {% link_button "開始申辦" url %}              the same options
    {% opens "dialog-id" "刪除" %}                a button that opens {% dialog "dialog-id" "標題" %}…{% enddialog %}

Forms (plain Django forms; the CC renderer draws them)
    {% error_summary form %}                      above the title's form; links to each field
    {% field form.name %}                         label, hint, error, control; hint= label= width="short|medium|full" kind="cards"
    {% fields form %}                             all of a form's fields
    {% summary_list rows %}                       check your answers: rows of (label, value[, url]); see `Row` in citycard.infra.web.parts

Blocks
    {% panel "標題" %}…{% endpanel %}             a white card; tone="info|warn|bad|good|points"  icon=
    {% notice "warn" "標題" %}…{% endnotice %}    a notice with icon; role="alert" when bad
    {% why %}…{% endwhy %}                        「為什麼？」 that opens; {% why "怎麼算的" %}
    {% empty "inbox" "沒有待辦事項" %}…{% endempty %}
    {% table "說明文字" %}<thead>…{% endtable %}  scrolls by itself, caption read aloud; stack=True folds on phones (give td data-label)
    {% dialog "id" "標題" %}…{% enddialog %}

Navigation and progress
    {% nav_item url "credit-card" "卡片" %}       bottom, top and side navigation; count=3; marks the current page by path
    {% steps names current %}                     step indicator, current from 1
    {% tabs items %}                              items: (label, url, is_current[, count])
    {% pages page %}                              pagination of a django Page; keeps the other query arguments
    {% timeline entries %}                        `Entry` in citycard.infra.web.parts
    {% stat "今日刷卡" 12345 "次" %}              note=  url=  tone=
    {% card_face card %}                          `CardFace` in citycard.infra.web.parts
    {% chart figure %}                            a figure of citycard.infra.web.charts, with its table
    {% skeleton 3 %}                              grey lines while htmx fetches
"""
# ruff: noqa: E501  # a manual: one tag a line

from django import template

from citycard.infra.web import amount_tags, block_tags, part_tags

register = template.Library()
amount_tags.add_to(register)
part_tags.add_to(register)
block_tags.add_to(register)
