"""Durable state: responses, conversations, their items and stored chat completions, behind one `Store`."""
