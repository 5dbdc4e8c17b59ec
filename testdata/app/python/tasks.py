"""The tasks of BookedBarber. They are given ids, never personal data."""
import os

from celery import Celery

from services.database import pause
from services.sentry_monitoring import celery_monitor

app = Celery(
    "bookedbarber",
    broker=os.environ.get("CELERY_BROKER_URL") or "redis://127.0.0.1:6379/0",
    backend=os.environ.get("CELERY_RESULT_BACKEND") or "redis://127.0.0.1:6379/0",
)


class CalendarError(Exception):
    pass


@app.task(name="email.send_notification")
@celery_monitor.monitor_task_execution("email.send_notification")
def send_notification(booking_id):
    return f"{booking_id}: sent"


@app.task(name="payment.settle")
@celery_monitor.monitor_task_execution("payment.settle")
def settle(booking_id):
    raise ValueError(f"{booking_id}: nothing to settle")


@app.task(name="calendar.sync", bind=True, max_retries=2)
@celery_monitor.monitor_task_execution("calendar.sync")
def sync(self, booking_id):
    raise self.retry(exc=CalendarError(f"{booking_id}: the calendar is closed"), countdown=0)


@app.task(name="report.build")
@celery_monitor.monitor_task_execution("report.build")
def build(booking_id):
    pause(0.4)
    return booking_id


TASKS = {"ok": send_notification, "failing": settle, "retrying": sync, "slow": build}
