"""An end to listening that leaves no connection half taken."""

import asyncio

HANDED_OVER = 4  # turns of the loop from an accepted connection to the server's handler having seen it


async def refuse(server: asyncio.Server) -> None:
    """Nobody gets in from now on. Who was let in a moment ago reaches the server's handler first.

    Python 3.11 drops a connection that it accepted in the loop's turn before `close`, and leaves its socket open.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    for _ in range(HANDED_OVER):
        await asyncio.sleep(0)
    server.close()
