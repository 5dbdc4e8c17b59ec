

app.conf.result_backend = app.conf.broker_url
app.conf.broker_connection_retry_on_startup = True


@app.task(name="reminder.send")
def send(appointment):
    raise ValueError("no phone number")


@signals.beat_init.connect
def say(**_):
    sentry_sdk.capture_message("beat begins")
