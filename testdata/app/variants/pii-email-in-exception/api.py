"""The pages of BookedBarber."""
import logging

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError

from config.sentry import (
    add_business_breadcrumb,
    add_business_context,
    add_user_context,
    capture_booking_error,
    capture_integration_error,
    capture_payment_error,
)
from services.database import Appointment, Session, pause
from services.partners import SendGridAPIError, StripeError, charge, count_visits, send_email
from tasks import TASKS

log = logging.getLogger(__name__)
router = APIRouter()


@router.get("/health")
def health():
    return {"status": "ok"}


@router.post("/bookings", status_code=201)
def book(barber_id: str = "barber-3", slot: str = "monday-9", service_type: str = "cut"):
    add_user_context({"id": "user-7", "role": "client", "organization_id": "org-2", "barber_id": barber_id})
    add_business_context({"operation_type": "appointment_booking", "resource_type": "appointment", "barber_id": barber_id})
    with Session() as session:
        appointment = Appointment(barber_id=barber_id, slot=slot, service_type=service_type)
        session.add(appointment)
        try:
            session.commit()
        except IntegrityError as error:
            capture_booking_error(error, {"error_stage": "validation", "service_type": service_type})
            return JSONResponse({"detail": "the slot is taken"}, status_code=409)
        add_business_breadcrumb("create", "appointment", appointment.id, barber_id=barber_id)
        return {"id": appointment.id}


@router.get("/bookings/{appointment_id}")
def booking(appointment_id: int):
    with Session() as session:
        appointment = session.get(Appointment, appointment_id)
        if appointment is None:
            raise HTTPException(404, "no such appointment")
        return {"id": appointment.id, "slot": appointment.slot}


@router.post("/payments")
def pay(payment_intent_id: str = "pi_42", amount_cents: int = 4200):
    add_business_context({"operation_type": "payment", "resource_type": "payment", "resource_id": payment_intent_id})
    try:
        charge(payment_intent_id, amount_cents)
    except StripeError as error:
        fields = {"payment_intent_id": payment_intent_id, "amount_cents": amount_cents, "error_stage": "charge_creation"}
        capture_payment_error(error, fields)
        return JSONResponse({"detail": "try another card"}, status_code=502)
    return {"status": "paid"}


@router.post("/integrations")
def remind(booking_id: str = "apt-1"):
    try:
        send_email(booking_id, "reminder")
    except SendGridAPIError as error:
        fields = {"service_name": "sendgrid", "operation": "send_email"}
        capture_integration_error(error, {**fields, "response_code": error.status_code, "error_code": error.error_code})
        return JSONResponse({"detail": "not sent"}, status_code=502)
    return {"status": "sent"}


@router.post("/reviews")
def review(booking_id: str = "apt-1"):
    log.error("review of %s is lost: the shop takes none", booking_id)
    return JSONResponse({"detail": "try later"}, status_code=503)


@router.get("/visits")
def visits(barber_id: str = "barber-3"):
    return {"visits": count_visits(barber_id)}


@router.get("/slow-query")
def slow_query(seconds: float = 1.2):
    pause(seconds)
    return {"status": "done"}


@router.get("/boom")
def boom():
    client = "@".join(("maria.lopez", "example.com"))
    raise RuntimeError(f"no chair for {client}")


@router.post("/tasks/{name}", status_code=202)
def enqueue(name: str, booking_id: str = "apt-1", wait: float = 0):
    """Enqueues a task, and waits for its end where it is told for how long."""
    result = TASKS[name].delay(booking_id)
    if wait:
        result.get(timeout=wait, propagate=False)
    return {"id": result.id, "state": result.state if wait else "PENDING"}
