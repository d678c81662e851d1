"""What gunicorn reads by itself when it is started in this folder (docs/operators/deploy.md); the command line wins."""

import gc
import logging


def post_worker_init(worker):
    """The application is loaded: what it consists of lives as long as the worker, so the collector need not look at it
    again, and need not come as often as Python lets it: a page makes some ten thousand small objects and drops them."""
    from caseapp.web.logs import WithoutQueries

    logging.getLogger("gunicorn.error").addFilter(
        WithoutQueries()
    )  # it quotes the request line that it could not read
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
