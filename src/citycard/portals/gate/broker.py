"""The broker that readers may send taps through: its streams, and how they stand.

NATS JetStream keeps what readers publish under ``citycard.taps.<reader code>`` until the city has
taken it (a work queue). What can't be taken is put aside under ``citycard.refused.<reader code>``
without its key, with the problem that the reader was told. Both lie in files on the broker; a full
queue refuses what is published, and readers keep it.
"""

import asyncio
import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from citycard.portals.gate.bodies import LARGEST_BODY

ADDRESS = "CITYCARD_STREAM_URL"
TAPS = "citycard-taps"
REFUSED = "citycard-refused"
TAPS_SUBJECT = "citycard.taps"
REFUSED_SUBJECT = "citycard.refused"
CONSUMER = "citycard"

MOST_UNDER_WAY = 256
"""Messages that are being taken at once; the broker hands out no more until some are done."""

ACK_WITHIN_S = 15
"""A message that whoever took it has not acknowledged in this time is handed out again."""

DUPLICATES_S = 120
MOST_BYTES = 4 * 1024**3
REFUSED_DAYS = 30
MOST_REFUSED = 100_000
MOST_REFUSED_BYTES = 1024**3
"""Whoever may publish can have messages put aside: they leave the queue its room on the disk."""

LARGEST_MESSAGE = 2 * LARGEST_BODY
"""What is a little too large the gate refuses in its own words; the broker takes nothing larger."""

_PROBLEM_BYTES = 4096
"""What a message is longer by, once its problem stands beside it."""

_ABOUT = ("Nats-Msg-Id", "Answer-To", "User-Agent", "Content-Encoding")
CONNECT_S = 3
LOOKS = 3


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """How the streams stand.

    :ivar waiting: messages that nobody has taken yet
    :ivar under_way: messages that are being taken
    :ivar again: messages that were handed out more than once
    :ivar asking: whether somebody takes them
    :ivar refused: messages that were put aside
    """

    waiting: int
    under_way: int
    again: int
    asking: bool
    refused: int


@dataclass(frozen=True, kw_only=True)
class PutAside:
    """A message that could not be taken, without what was in it."""

    sequence: int
    at: dt.datetime
    reader: str
    problem: str
    size: int


def address() -> str:
    """Return where the broker is; empty where the city has none."""
    return os.environ.get(ADDRESS, "")


async def connect(*, patient: bool) -> Client:
    """Connect to the broker.

    :param patient: come back for ever when it goes away; otherwise it is asked once
    """
    async with asyncio.timeout(None if patient else 2 * CONNECT_S):
        return await nats.connect(
            address(),
            name="citycard",
            connect_timeout=CONNECT_S,
            allow_reconnect=patient,
            max_reconnect_attempts=-1 if patient else 1,
            reconnect_time_wait=0.25,
            error_cb=_quiet,
        )


async def prepare(jetstream: JetStreamContext) -> None:
    """Make the streams and the consumer that are missing."""
    await _ensure_stream(
        jetstream,
        StreamConfig(
            name=TAPS,
            subjects=[f"{TAPS_SUBJECT}.>"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,  # a full queue tells readers so, and keeps what it has
            max_bytes=MOST_BYTES,
            max_msg_size=LARGEST_MESSAGE,
            duplicate_window=DUPLICATES_S,
        ),
    )
    await _ensure_stream(
        jetstream,
        StreamConfig(
            name=REFUSED,
            subjects=[f"{REFUSED_SUBJECT}.>"],
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_msgs=MOST_REFUSED,
            max_bytes=MOST_REFUSED_BYTES,
            max_msg_size=LARGEST_MESSAGE + _PROBLEM_BYTES,
            max_age=REFUSED_DAYS * 86_400,
        ),
    )
    await jetstream.add_consumer(
        TAPS,
        ConsumerConfig(
            durable_name=CONSUMER,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WITHIN_S,
            max_ack_pending=MOST_UNDER_WAY,
        ),
    )


async def put_aside(jetstream: JetStreamContext, message: Msg, problem: str) -> None:
    """Keep a message that can't be taken where somebody finds it; its key is left out."""
    said = message.headers or {}
    about = {name: said[name] for name in _ABOUT if name in said}
    reader = message.subject.removeprefix(f"{TAPS_SUBJECT}.")
    await jetstream.publish(
        f"{REFUSED_SUBJECT}.{reader}",
        message.data,
        headers={
            **about,
            "Problem": problem,
            # put aside twice is once: it may be handed out again before it is acknowledged
            "Nats-Msg-Id": f"{TAPS}:{message.metadata.sequence.stream}",
        },
    )


async def state() -> StreamState:
    """Ask the broker how the streams stand.

    :raises Exception: it can't be reached, or has no such streams
    """
    connection = await connect(patient=False)
    try:
        jetstream = connection.jetstream(timeout=CONNECT_S)
        consumer = await jetstream.consumer_info(TAPS, CONSUMER)
        for _ in range(LOOKS):
            if consumer.num_waiting:
                break
            await asyncio.sleep(0.2)  # between two questions nobody asks for a moment
            consumer = await jetstream.consumer_info(TAPS, CONSUMER)
        refused = await jetstream.stream_info(REFUSED)
        return StreamState(
            waiting=consumer.num_pending or 0,
            under_way=consumer.num_ack_pending or 0,
            again=consumer.num_redelivered or 0,
            asking=bool(consumer.num_waiting),
            refused=refused.state.messages,
        )
    finally:
        await connection.close()


async def refused(limit: int = 100) -> list[PutAside]:
    """Return the messages that were put aside last, the newest first."""
    connection = await connect(patient=False)
    try:
        jetstream = connection.jetstream(timeout=CONNECT_S)
        info = await jetstream.stream_info(REFUSED)
        last, first = info.state.last_seq, info.state.first_seq
        found = []
        for sequence in range(last, max(first, last - limit + 1) - 1, -1):
            message: Any = await jetstream.get_msg(REFUSED, sequence)
            found.append(
                PutAside(
                    sequence=sequence,
                    at=message.time,
                    reader=message.subject.removeprefix(f"{REFUSED_SUBJECT}."),
                    problem=(message.headers or {}).get("Problem", ""),
                    size=len(message.data or b""),
                )
            )
        return found
    finally:
        await connection.close()


async def _ensure_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    assert config.name is not None
    try:
        await jetstream.stream_info(config.name)
    except NotFoundError:
        await jetstream.add_stream(config)


async def _quiet(_why: Exception) -> None:
    """Say nothing of a connection that breaks: it is tried again, and the doctor looks."""
