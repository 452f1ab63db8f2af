"""A small application server that stands for RStudio Server: a page, and a session over a websocket.

The session returns each line with a number, and keeps it in /data/.app/history.txt. The numbers continue after a
restart of the workspace, because /data stays.
"""

import os
import pathlib

from aiohttp import WSCloseCode, WSMsgType, web

STATE = pathlib.Path(os.environ.get("HOME", "/data"), ".app")
HISTORY = STATE / "history.txt"


async def page(_request):
    return web.FileResponse("/opt/app/index.html")


async def session(request):
    socket = web.WebSocketResponse(heartbeat=20)
    await socket.prepare(request)
    request.app["sockets"].add(socket)
    try:
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(remember(message.data))
    finally:
        request.app["sockets"].discard(socket)
    return socket


def remember(line):
    with HISTORY.open("a+", encoding="utf-8") as history:
        history.seek(0)
        number = sum(1 for _ in history) + 1
        history.write(" ".join(line.splitlines()) + "\n")
    return f"[{number}] {line}"


async def say_goodbye(app):
    for socket in set(app["sockets"]):
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the workspace stops")


STATE.mkdir(parents=True, exist_ok=True)
application = web.Application()
application["sockets"] = set()
application.add_routes([web.get("/", page), web.get("/session", session)])
application.on_shutdown.append(say_goodbye)
# No login here: ICA asks for its own login before it passes on a request.
web.run_app(application, host="127.0.0.1", port=8787, access_log=None, print=None)
