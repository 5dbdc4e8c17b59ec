"use strict";
// Loaded before all else (node --require), so that modules are watched.
const Sentry = require("@sentry/node");
const { sentryOptions } = require("./settings.js");

Sentry.init(sentryOptions());
