"""Verifies signed messages with the stock library: one JSON object a line in, one word a line out."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        print("verified", flush=True)
    except WebhookVerificationError:
        print("refused", flush=True)
