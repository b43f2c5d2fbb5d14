"""Residents with real Matrix clients, led by a test.

Takes the homeserver's address. Reads one order a line and answers each with one line:

    {"id": 1, "who": "maria", "do": "send_text", "room": "!r", "body": "Moi"}
    {"id": 1, "ok": {"event_id": "$e"}}
    {"id": 1, "refused": {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 4000, ...}}
    {"id": 1, "failed": "what went wrong in here"}

Between the answers come lines about what residents see:

    {"who": "maria", "kind": "event", "room": "!r", "event_id": "$e", "type": "m.room.message", ...}

Orders run side by side, except those for one resident, which keep their order. Ends with its input.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from account import Account, Refused
from crosssigning import Identity
from deeds import DEEDS

# The longest order that is read.
LINE = 4 * 1024 * 1024


def write(line: dict) -> None:
    """Tells the test something."""
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


class House:
    """All the residents."""

    def __init__(self, server: str, folder: Path) -> None:
        """Takes the homeserver's address, and a folder for what clients remember."""
        self.server = server
        self.folder = folder
        self.accounts: dict[str, Account] = {}
        self.identities: dict[str, Identity] = {}
        self.turns: dict[str, asyncio.Lock] = {}
        self.tasks: set[asyncio.Task] = set()

    async def follow(self) -> None:
        """Follows the orders to the end of the input."""
        reader = asyncio.StreamReader(limit=LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while line := await reader.readline():
            task = asyncio.create_task(self.obey(json.loads(line)))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        for account in self.accounts.values():
            await account.close()

    async def obey(self, order: dict) -> None:
        """Follows one order, and answers."""
        number, who, deed = order.pop("id"), order.pop("who"), order.pop("do")
        try:
            async with self.turns.setdefault(who, asyncio.Lock()):
                answer = {"ok": await self.do(who, deed, order)}
        except Refused as refused:
            answer = {"refused": refused.answer}
        except Exception:  # noqa: BLE001 - the test must get an answer, and decides
            answer = {"failed": traceback.format_exc()}
        write({"id": number} | answer)

    async def do(self, who: str, deed: str, order: dict) -> dict:
        """Does one thing."""
        if deed == "login":
            user = order.pop("user")
            account = Account(self.server, user, self.identities, self.teller(who))
            account.strict = order.pop("strict", False)
            if before := self.accounts.get(who):
                await before.close()
            self.accounts[who] = account
            store = self.folder / who
            store.mkdir(exist_ok=True)
            return await account.login(store=str(store), **order)
        return await DEEDS[deed](self.accounts[who], **order)

    def teller(self, who: str) -> Callable[[dict], None]:
        """Returns the function by which a resident tells what it sees."""
        return lambda seen: write({"who": who} | seen)


def main() -> None:
    """Follows the orders."""
    # Whoever stops the tests' process group ends the input, too; then there is time to clean up.
    os.setsid()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="turvabot-residents.") as folder:
        asyncio.run(House(sys.argv[1], Path(folder)).follow())


if __name__ == "__main__":
    main()
