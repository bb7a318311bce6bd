"""What to say when a server can't be asked, or doesn't answer to the end: whose fault, and how to mend it.

Not here: the HTTP errors that a server answers with (`upstream/refusal.py`).
"""

import os
import ssl
from urllib.parse import urlsplit

from antiphon.errors import UpstreamCut, UpstreamFault, UpstreamGarbage, UpstreamTimeout, UpstreamUnavailable
from antiphon.network.connection import Garbled, Lost
from antiphon.transport import HttpRequest, Timeouts


class NoConnection(TimeoutError):
    """No connection was made in time."""


def no_answer(request: HttpRequest, error: Exception, timeouts: Timeouts) -> UpstreamFault:
    """What to say when no status line came."""
    kind: type[UpstreamFault] = UpstreamUnavailable
    mend = f"Check that it runs, and its address (--upstream {request.upstream}=URL)."
    match error:
        case NoConnection():
            what = f"took no connection within {timeouts.connect:g} s. {mend}"
        case TimeoutError() if not error.errno:
            kind = UpstreamTimeout
            what = f"sent no answer within {timeouts.first_byte:g} s. It may be loading a model, or be overloaded."
        case ssl.SSLError():
            what = f"can't be trusted: {error}. Check its certificate, or give an http:// address."
        case Lost():
            what = f"closed the connection before it answered ({_reason(error)}). Its log should say why."
        case Garbled():
            kind = UpstreamGarbage
            what = f"doesn't answer in HTTP ({error}). {mend}"
        case _:
            what = f"can't be reached: {_reason(error)}. {mend}"
    return kind(f"{_target(request)} {what}")


def no_end(request: HttpRequest, error: Exception, idle: float) -> UpstreamFault:
    """What to say when a body stopped before its end."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"{_target(request)} sent nothing for {idle:g} s in the middle of its answer.")
    return UpstreamCut(f"{_target(request)} ended the connection in the middle of its answer. Its log should say why.")


def _reason(error: Exception) -> str:
    """The operating system's words where it has some: `Connection refused`."""
    cause = error.__cause__ if isinstance(error, Lost) and error.__cause__ else error
    number = getattr(cause, "errno", None) or 0
    # A resolver's errors have negative numbers and words of their own.
    words = os.strerror(number) if number > 0 else getattr(cause, "strerror", None)
    return words or str(error) or type(error).__name__


def _target(request: HttpRequest) -> str:
    """Whom we asked, without the parts of an address that may be secret: user, password and query."""
    parts = urlsplit(request.url)
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return f"Upstream {request.upstream!r} at {shown}"
