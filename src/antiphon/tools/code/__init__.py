"""code_interpreter: Python in a sandbox, a container a conversation. `client.py` asks, `service.py` answers."""
