"use strict";
// The server of the booking widget: node --require ./instrument.js server.js PORT
const http = require("node:http");

const Sentry = require("@sentry/node");

const routes = {
  "GET /health": () => "ok",
  "GET /slots": () => "monday-9, monday-10",
  "GET /boom": () => {
    throw new Error("the chair is broken");
  },
};

const server = http.createServer((request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  if (!route) return response.writeHead(404).end("no such page\n");
  try {
    response.end(`${route()}\n`);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end("something is broken\n");
  }
});

server.listen(Number(process.argv[2]), "127.0.0.1");

// The process ends by itself when nothing is left to do: process.exit would
// keep the SDK from telling what it has dropped.
process.on("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  Sentry.flush(2000);
});
