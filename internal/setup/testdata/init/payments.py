def charge(intent, amount_cents):
    raise ConnectionError("the payment provider does not answer")
