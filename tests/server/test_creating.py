"""What both ways in make of a request."""

from running_server import Scene

from antiphon.testing import text


def test_known_items_stand_before_the_request_whatever_the_store_has(scene: Scene) -> None:
    """Over HTTP the store is asked; over WebSocket the connection knows (`sockets/test_connection.py`)."""
    scene.play(text("One."), text("Two."))
    first = scene.answer()
    scene.answer(input="And?", previous_response_id=first.json["id"])
    assert [message["content"] for message in scene.calls[-1].json["messages"]] == ["Hello?", "One.", "And?"]
