// Sends with @sentry/node what the receiver's tests expect.
const Sentry = require("@sentry/node");

Sentry.init({
  dsn: process.env.TEST_DSN,
  release: "bookedbarber@1.2.3",
  environment: "client-tests",
  serverName: "test-host",
  tracesSampleRate: 1,
  defaultIntegrations: false,
});

async function main() {
  Sentry.setUser({ id: "user-7", username: "ada" });
  Sentry.setTag("business_area", "bookings");
  Sentry.setContext("business", { operation_type: "create", barber_id: "barber-3" });
  Sentry.addBreadcrumb({ category: "booking", message: "slot chosen", level: "info", data: { chair: 4 } });
  Sentry.captureMessage("the shop opens", "warning");
  class BookingError extends Error {}
  BookingError.prototype.name = "BookingError";
  Sentry.captureException(new BookingError("slot taken"));
  Sentry.startSpan({ name: "book appointment", op: "booking", forceTransaction: true }, () => {
    Sentry.startSpan({ name: "SELECT slot", op: "db" }, () => {});
    Sentry.startSpan({ name: "GET slot", op: "cache" }, () => {});
  });
  if (!(await Sentry.flush(10000))) process.exitCode = 1;
  console.log(Sentry.SDK_VERSION);
}

main();
