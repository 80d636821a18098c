"""Look into an uploaded file before anything of it is kept: type by its content, size, and whether
it opens.

What is kept of a picture is drawn anew: no EXIF, no place, no hidden thumbnail, nothing behind the
picture.
"""

import hashlib
import io
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused

MOST_PIXELS = 60_000_000
"""A phone's camera makes up to 50 million; a small file that claims more is a bomb."""

LONGEST_SIDE_PX = 2400
"""Papers are kept no larger than a screen needs to read them."""

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"


class UnknownPaper(Refused):
    """This city asks for no paper {paper}."""

    code = "applications.unknown_paper"


class FileEmpty(Refused):
    """The file is empty."""

    code = "applications.file_empty"


class FileTooLarge(Refused):
    """The file has {megabytes} MB; at most {most_megabytes} MB can be taken."""

    code = "applications.file_too_large"


class FileTypeNotTaken(Refused):
    """This is no file of a kind that is taken here: {taken}."""

    code = "applications.file_type_not_taken"


class FileBroken(Refused):
    """The file does not open; it may have been cut off. Please save or photograph it again."""

    code = "applications.file_broken"


class PictureTooSmall(Refused):
    """The photo has {width} × {height} pixels; at least {min_width} × {min_height} are needed."""

    code = "applications.picture_too_small"


class PictureTooLarge(Refused):
    """The picture has too many pixels; at most {most_megapixels} million can be taken."""

    code = "applications.picture_too_large"


class FileLocked(Refused):
    """The PDF is locked with a password or carries active content; please save it without."""

    code = "applications.file_locked"


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A file that may be kept.

    :ivar content: what is kept: a picture drawn anew, or the PDF as it came
    :ivar sha256: of the file as it was uploaded
    """

    content: bytes
    media_type: str
    sha256: bytes
    width: int | None = None
    height: int | None = None
    crop: Mapping[str, int] | None = None


@dataclass(frozen=True)
class _Limits:
    types: tuple[str, ...]
    max_bytes: int
    min_width: int = 0
    min_height: int = 0
    ratio: tuple[int, int] | None = None


def inspect(paper: str, content: bytes) -> Inspected:
    """Check an uploaded file against what the pack takes for this paper, and return what to keep.

    :param paper: a paper's code, or ``photo``
    :raises UnknownPaper: the pack has no such paper
    :raises FileEmpty, FileTooLarge, FileTypeNotTaken, FileBroken, FileLocked: as they say
    :raises PictureTooSmall, PictureTooLarge: by the pack's and our own limits
    """
    limits = _limits(paper)
    if not content:
        raise FileEmpty()
    if len(content) > limits.max_bytes:
        raise FileTooLarge(
            megabytes=round(len(content) / 1_000_000, 1),
            most_megabytes=round(limits.max_bytes / 1_000_000, 1),
        )
    media_type = _type_of(content)
    if media_type not in limits.types:
        raise FileTypeNotTaken(taken="、".join(_short(limits.types)))
    digest = hashlib.sha256(content).digest()
    if media_type == PDF:
        _check_pdf(content)
        return Inspected(content=content, media_type=PDF, sha256=digest)
    picture = _open(content)
    if picture.width < limits.min_width or picture.height < limits.min_height:
        raise PictureTooSmall(
            width=picture.width,
            height=picture.height,
            min_width=limits.min_width,
            min_height=limits.min_height,
        )
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
    return Inspected(
        content=_drawn_anew(picture, media_type),
        media_type=media_type,
        sha256=digest,
        width=picture.width,
        height=picture.height,
        crop=centre_crop(picture.width, picture.height, limits.ratio) if limits.ratio else None,
    )


def centre_crop(width: int, height: int, ratio: tuple[int, int]) -> dict[str, int]:
    """Return the largest box of a ratio in the middle of a picture, in pixels.

    A portrait's face stands above the middle: what is cut from a tall picture goes two thirds from
    below.
    """
    across, down = ratio
    if width * down > height * across:
        w, h = height * across // down, height
    else:
        w, h = width, width * down // across
    return {"x": (width - w) // 2, "y": (height - h) // 3, "w": w, "h": h}


def cropped(content: bytes, crop: Mapping[str, int] | None) -> bytes:
    """Return a kept picture cut to its box, as JPEG."""
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    if crop:
        x, y, w, h = crop["x"], crop["y"], crop["w"], crop["h"]
        picture = picture.crop((x, y, x + w, y + h))
    return _drawn_anew(picture, JPEG)


def photo_ratio() -> tuple[int, int]:
    """Return width : height of a photo, as the pack's card templates need it."""
    across, down = current_pack().table("papers")["photo"]["ratio"]
    return int(across), int(down)


def _limits(paper: str) -> _Limits:
    table = current_pack().table("papers")
    everywhere = table["limits"]
    if paper == "photo":
        row = table["photo"]
        return _Limits(
            types=tuple(row["types"]),
            max_bytes=int(row["max_bytes"]),
            min_width=int(row["min_width_px"]),
            min_height=int(row["min_height_px"]),
            ratio=photo_ratio(),
        )
    row = table["papers"].get(paper)
    if row is None:
        raise UnknownPaper(paper=paper)
    return _Limits(
        types=tuple(row.get("types", everywhere["types"])),
        max_bytes=int(row.get("max_bytes", everywhere["max_bytes"])),
    )


def _type_of(content: bytes) -> str | None:
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"%PDF-"):
        return PDF
    return None


def _short(types: Collection[str]) -> list[str]:
    return [each.partition("/")[2].upper() for each in types]


def _check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2048:] or b"startxref" not in content[-4096:]:
        raise FileBroken()
    active = (b"/Encrypt", b"/JavaScript", b"/Launch", b"/EmbeddedFile")
    if any(word in content for word in active):
        raise FileLocked()


def _open(content: bytes) -> Image.Image:
    """Open a picture, read every pixel of it, and turn it upright."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as first:
                if first.width * first.height > MOST_PIXELS:
                    raise PictureTooLarge(most_megapixels=MOST_PIXELS // 1_000_000)
                first.verify()
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
                picture.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
                picture.load()
                upright: Image.Image = ImageOps.exif_transpose(picture)
                return _on_white(upright)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooLarge(most_megapixels=MOST_PIXELS // 1_000_000) from None
    except Exception:  # noqa: BLE001 - a decoder's every complaint means the same to the resident
        raise FileBroken() from None


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "P"):
        with_alpha = picture.convert("RGBA")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return paper
    return picture.convert("RGB")


def _drawn_anew(picture: Image.Image, media_type: str) -> bytes:
    """Write the pixels alone: Pillow would carry a comment or a colour profile along."""
    buffer = io.BytesIO()
    picture.info = {}
    if media_type == JPEG:
        picture.save(buffer, "JPEG", quality=90)
    else:
        picture.save(buffer, "PNG")
    return buffer.getvalue()
