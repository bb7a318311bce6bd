"""Kinds of tool calls: how each is offered to a chat model, shown to the client, and told again later."""
