"""Pieces of a stream, and what is said of a blob that isn't there."""

from stored_files import stream

from antiphon.store.blob_store import lost, pieces, too_large


async def test_pieces_are_whole_and_no_smaller_than_they_may_be() -> None:
    assert [data async for data in pieces(stream(b"ab", b"", b"c", b"defg", b"h"), 3)] == [b"abc", b"defg", b"h"]
    assert [data async for data in pieces(stream(), 3)] == []


def test_faults_say_how_to_mend_them() -> None:
    assert "512 bytes" in too_large(512).message
    assert "moved along" in lost("here", "there").message
