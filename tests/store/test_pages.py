"""What a list is asked for where nothing is said."""

from antiphon.store.pages import Page, PageQuery


def test_a_list_begins_at_its_newest_and_gives_twenty() -> None:
    assert PageQuery() == PageQuery(after=None, before=None, limit=20, order="desc")


def test_a_page_says_whether_there_is_more() -> None:
    assert Page(["a"], has_more=True).has_more
