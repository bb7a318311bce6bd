"""`/v1/responses` over WebSocket: many responses in turn on one connection, in lanes.

`connection.py` is one connection, `lane.py` a line of requests on it, `kept.py` what it remembers,
`steering.py` input for a response that is already under way. Source: API reference, "Responses: connect";
the guide "WebSocket mode".
"""
