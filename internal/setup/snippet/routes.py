from fastapi.responses import JSONResponse

from main import app
from payments import charge
from sentry_context import SentryContext, add_business_context
from sentry_context import capture_payment_error

app.add_middleware(SentryContext)  # and the authentication after it


@app.post("/payments/{intent}")
async def pay(intent: str, amount_cents: int):
    add_business_context({"operation_type": "payment", "resource_id": intent})
    try:
        charge(intent, amount_cents)
    except ConnectionError as error:
        fields = {"payment_intent_id": intent, "amount_cents": amount_cents}
        fields["error_stage"] = "charge_creation"
        capture_payment_error(error, fields)
        return JSONResponse({"detail": "try again"}, status_code=503)
