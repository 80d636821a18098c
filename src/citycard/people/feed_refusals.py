"""Why a delivery of a register is not taken: each names the file, the line and what to do."""

from citycard.kernel.errors import Refused


class FeedEmpty(Refused):
    """{file} holds no change at all; ask the register to deliver it again."""

    code = "people.feed_empty"


class FeedEncoding(Refused):
    """{file}, line {line}: neither UTF-8 nor Big5; save it in one of these."""

    code = "people.feed_encoding"


class FeedHead(Refused):
    """{file}, line {line}: this is not the beginning of a register feed ({why})."""

    code = "people.feed_head"


class FeedCut(Refused):
    """{file} breaks off after line {line}: its closing line is missing and nobody signed it."""

    code = "people.feed_cut"


class FeedTotals(Refused):
    """{file}, line {line}: the closing line says {said}, the file holds {found} ({what})."""

    code = "people.feed_totals"


class FeedTwice(Refused):
    """{file}, line {line}: change {number} stands in it twice."""

    code = "people.feed_twice"


class FeedLine(Refused):
    """{file}, line {line}, column {column}: {why}."""

    code = "people.feed_line"


class FeedAgain(Refused):
    """{file} was delivered before: what it holds up to {number} was taken over already."""

    code = "people.feed_again"


class FeedGap(Refused):
    """{file}, line {line}: it follows change {after}, but the last one taken over is {last}."""

    code = "people.feed_gap"


class FeedSignature(Refused):
    """{file}: the signature beside it is not the register's."""

    code = "people.feed_signature"


class FeedStrangers(Refused):
    """{file}: {unfit} of {known} people known here have another date of birth in it."""

    code = "people.feed_strangers"
