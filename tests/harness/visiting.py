"""A browser without pictures: cookies, links and forms as the page has them, over HTTP."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.harness.patience import PATIENCE_S

VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "use", "path"})
_QUIET = frozenset({"script", "style", "template", "svg"})
Files = dict[str, tuple[str, bytes, str]]


@dataclass(kw_only=True)
class Form:
    """A form as it stands on a page: where it goes, and what it would send untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    options: dict[str, list[str]] = field(default_factory=dict)
    labels: str = ""

    def filled(self, **values: Any) -> list[tuple[str, str]]:
        """Return what is sent when these fields are filled in; every one must be on the form."""
        unknown = {name for name in values if name not in self.names}
        assert not unknown, f"the form has no {sorted(unknown)}, only {sorted(self.names)}"
        kept = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            many = value if isinstance(value, (list, tuple)) else [value]
            kept += [(name, str(each)) for each in many]
        return kept


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._area = ""
        self._link: str | None = None
        self._link_words: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        if tag in _QUIET:
            self._quiet += 1
        if tag == "a" and "href" in about:
            self._link, self._link_words = about["href"], []
        if tag == "form":
            action = urljoin(self.address, about.get("action", "") or self.address)
            self._form = Form(action=action, method=about.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is not None and about.get("name"):
            self._control(tag, about)
        if tag == "option" and self._form is not None and self._select:
            self._form.options[self._select].append(about.get("value", ""))
            if "selected" in about:
                self._form.fields.append((self._select, about.get("value", "")))

    def _control(self, tag: str, about: dict[str, str]) -> None:
        form, name = self._form, about["name"]
        assert form is not None
        if tag not in ("input", "select", "textarea", "button") or "disabled" in about:
            return
        form.names.add(name)
        kind = about.get("type", "text")
        if tag == "select":
            self._select = name
            form.options[name] = []
        elif tag == "textarea":
            self._area = name
        elif kind == "file":
            form.files.add(name)
        elif kind in ("checkbox", "radio"):
            form.options.setdefault(name, []).append(about.get("value", "on"))
            if "checked" in about:
                form.fields.append((name, about.get("value", "on")))
        elif tag == "input" and kind not in ("submit", "image", "button"):
            form.fields.append((name, about.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in _QUIET:
            self._quiet -= 1
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""
        if tag == "a" and self._link is not None:
            self.links.append((" ".join("".join(self._link_words).split()), self._link))
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None and data.strip():
            self._form.fields.append((self._area, data.lstrip("\n")))
        if self._quiet:
            return
        if self._link is not None:
            self._link_words.append(data)
        if self._form is not None:
            self._form.labels += data
        self.words.append(data)


class Page:
    """A page as it came: its status, its words, its links and its forms."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.address = str(response.url)
        self.path = urlsplit(self.address).path
        self.html = response.text if "html" in response.headers.get("content-type", "") else ""
        reader = _Reader(self.address)
        reader.feed(self.html)
        self.forms, self.links = reader.forms, reader.links
        self.text = re.sub(r"\s+", " ", " ".join(reader.words))

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def __repr__(self) -> str:
        return f"<{self.status} {self.path}: {self.text[:1500]}>"

    def form(self, *names: str, action: str = "", holds: str = "") -> Form:
        """Return the page's first form with these fields, this in its action, these words in it."""
        for form in self.forms:
            if form.names >= set(names) and action in form.action and holds in form.labels:
                return form
        known = [(form.action, sorted(form.names)) for form in self.forms]
        raise AssertionError(f"no form with {names} {action} {holds} among {known} on {self!r}")

    def link(self, words: str = "", *, to: str = "") -> str:
        """Return where the page's first link with these words (or to such a place) leads."""
        for shown, target in self.links:
            if words in shown and to in target:
                return urljoin(self.address, target)
        raise AssertionError(f"no link {words!r} {to!r} among {self.links} on {self!r}")


class Visitor:
    """Somebody with a browser."""

    def __init__(self, address: str, *, language: str = "zh-hant") -> None:
        self.client = httpx.Client(
            base_url=address,
            follow_redirects=True,
            timeout=PATIENCE_S,
            headers={"Accept-Language": language},
        )
        self.page: Page | None = None

    def open(self, address: str, *, status: int = 200) -> Page:
        """Open an address."""
        return self._arrived(self.client.get(address), status)

    def follow(self, words: str = "", *, to: str = "") -> Page:
        """Follow a link of the page."""
        assert self.page is not None
        return self.open(self.page.link(words, to=to))

    def submit(self, form: Form, *, files: Files | None = None, status: int = 200, **values: Any):
        """Fill a form in and send it."""
        sent = form.filled(**values)
        if form.method == "get":
            return self._arrived(self.client.get(form.action, params=sent), status)
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        headers = {"Referer": self.page.address if self.page else form.action}
        response = self.client.post(form.action, data=data, files=files, headers=headers)
        return self._arrived(response, status)

    def fill(self, *names: str, action: str = "", holds: str = "", **values: Any) -> Page:
        """Find the page's form with these fields, fill it in, send it."""
        assert self.page is not None
        files, status = values.pop("files", None), values.pop("status", 200)
        wanted = (*names, *(name for name in values), *(files or {}))
        form = self.page.form(*wanted, action=action, holds=holds)
        return self.submit(form, files=files, status=status, **values)

    def send(self, address: str, data: dict[str, Any], *, status: int = 200) -> Page:
        """Post to an address with the page's own CSRF token."""
        assert self.page is not None
        token = next(
            value for form in self.page.forms for name, value in form.fields if "csrf" in name
        )
        headers = {"Referer": self.page.address}
        response = self.client.post(
            address, data={"csrfmiddlewaretoken": token, **data}, headers=headers
        )
        return self._arrived(response, status)

    def download(self, address: str) -> bytes:
        """Return the bytes at an address."""
        response = self.client.get(address)
        assert response.status_code == 200, f"{address}: {response.status_code}"
        return response.content

    def _arrived(self, response: httpx.Response, status: int) -> Page:
        page = Page(response)
        assert page.status == status, f"{page.status} instead of {status}: {page!r}"
        self.page = page
        return page
