"""``python -m citycard.adapters.ils <file> <port>``: a demo library's system on loopback."""

import asyncio
import sys
from pathlib import Path

from citycard.adapters.ils.server import serve

if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2])))
