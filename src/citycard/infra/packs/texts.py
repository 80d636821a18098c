"""Texts that people see, in the languages a pack must speak."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("zh-Hant", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in Chinese and in English."""

    zh: str
    en: str

    @classmethod
    def read(cls, node: Mapping[str, Any]) -> "Text":
        """Make a text of a pack's ``{zh-Hant: …, en: …}``."""
        return cls(str(node["zh-Hant"]), str(node["en"]))

    @classmethod
    def same(cls, word: str) -> "Text":
        """Make a text that reads alike in both languages, such as a code or a number."""
        return cls(word, word)

    def in_(self, language: str) -> str:
        """Return the text for a language tag; any Chinese tag gives Chinese, others English."""
        return self.zh if language.lower().startswith("zh") else self.en

    def __str__(self) -> str:
        return self.zh
