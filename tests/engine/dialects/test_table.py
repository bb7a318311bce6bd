import pytest

from antiphon.engine.dialects import DIALECTS, dialect
from antiphon.engine.dialects.base import OPTIONAL_FIELDS


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_known_by_its_own_name_and_honours_what_exists(name: str) -> None:
    assert dialect(name).name == name
    assert dialect(name).honours <= OPTIONAL_FIELDS


def test_an_unknown_server_speaks_the_generic_dialect() -> None:
    assert dialect("hal9000") is DIALECTS["generic"]


def test_only_one_form_of_system_message_is_asked_for() -> None:
    """A dialect that knows `developer` takes it anywhere: merging looks at `system` alone."""
    assert not [name for name, one in DIALECTS.items() if one.developer_role and one.system_first]
