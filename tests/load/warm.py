"""The application for a server whose workers are killed again and again (gunicorn --preload): what each new worker would
work out at its first pages, its templates and statements, is worked out once, before it is forked. It runs no other code.

WARM_COOKIE is the cookie of somebody who is signed in, WARM_PAGES are the addresses, with blanks between them.
"""

import gc
import os

from caseapp import create_app
from caseapp.extensions import db

app = create_app()

for _page in os.environ["WARM_PAGES"].split():
    _answer = app.test_client(use_cookies=False).get(_page, headers={"Cookie": os.environ["WARM_COOKIE"]})
    assert _answer.status_code == 200, (_page, _answer.status_code)
with app.app_context():
    db.engine.dispose()  # no connection is taken along
gc.collect()
gc.freeze()
