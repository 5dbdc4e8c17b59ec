"""Serves MODULE:app on the socket 3, which the test has opened, until the
standard input ends."""
import importlib
import socket
import sys
import threading

import uvicorn

app = importlib.import_module(sys.argv[1]).app
server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))


def wait():
    sys.stdin.read()
    server.should_exit = True


threading.Thread(target=wait, daemon=True).start()
server.run(sockets=[socket.socket(fileno=3)])
