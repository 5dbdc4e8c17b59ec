"use strict";
// What the SDK is initialised with, from the SENTRY_ variables.
const fs = require("node:fs");

// A variable that is set stays.
function loadEnv(path) {
  for (const line of fs.readFileSync(path, "utf8").split("\n")) {
    const found = /^([A-Z_]+)=(.*)$/.exec(line);
    if (found && !(found[1] in process.env)) process.env[found[1]] = found[2];
  }
}

function rate(name, unset) {
  const value = Number(process.env[name] ?? unset);
  if (!(value >= 0 && value <= 1)) throw new Error(`${name} is no number from 0 to 1`);
  return value;
}

function sentryOptions() {
  loadEnv(".env");
  return {
    dsn: "https://public@o1.ingest.sentry.invalid/42",
    environment: process.env.SENTRY_ENVIRONMENT,
    release: process.env.SENTRY_RELEASE,
    sampleRate: rate("SENTRY_SAMPLE_RATE", 1),
    tracesSampleRate: rate("SENTRY_TRACES_SAMPLE_RATE", 0.1),
    sendDefaultPii: process.env.SENTRY_SEND_DEFAULT_PII === "true",
  };
}

module.exports = { sentryOptions };
