"""Files of a store that doesn't exist, or whose time is over. Operations on every store: tests/state/."""

from running_server import RunningServer


def test_both_forms_of_a_batch_at_once(shared_server: RunningServer) -> None:
    made = shared_server.client.vector_stores.create()
    both = {"file_ids": ["file-1"], "files": [{"file_id": "file-1"}]}
    answer = shared_server.post(both, f"/vector_stores/{made.id}/file_batches")
    assert (answer.status, answer.error["message"]) == (400, "Give either 'file_ids' or 'files'.")
    twice = {"file_ids": ["file-1", "file-1"]}
    answer = shared_server.post(twice, f"/vector_stores/{made.id}/file_batches")
    assert (answer.status, answer.error["param"]) == (400, "file_ids[1]")


def test_nothing_is_attached_to_what_is_not_there(shared_server: RunningServer) -> None:
    file = shared_server.client.files.create(file=("a.md", b"A."), purpose="assistants")
    for path, body in [("files", {"file_id": file.id}), ("file_batches", {"file_ids": [file.id]})]:
        assert shared_server.post(body, f"/vector_stores/vs_9/{path}").status == 404
    for path in ("files", f"files/{file.id}", f"files/{file.id}/content", "file_batches/vsfb_1"):
        assert shared_server.get(f"/vector_stores/vs_9/{path}").status == 404
