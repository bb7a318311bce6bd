"""What the operator sees: usage, metrics, traces, logs. Each is off unless it is asked for.

All of it hangs on the one seam that a run has for those who look on (`runner/observing.py`), and none of it holds a
prompt or an answer. Not here: what a person sees of one run (`console/`). Counterpart: `server/watched.py`, which sees
the HTTP requests.
"""
