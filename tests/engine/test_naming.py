"""Names of tools in namespaces, as a chat model reads them."""

from antiphon.engine.naming import LONGEST, chat_name


def test_a_tool_of_a_namespace_has_its_name_before_it() -> None:
    assert chat_name("get", None) == "get"
    assert chat_name("get", "crm") == "crm__get"


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    long = "n" * LONGEST
    one, other = chat_name("get", long), chat_name("set", long)
    assert len(one) == len(other) == LONGEST
    assert one != other
    assert chat_name("get", long) == one
