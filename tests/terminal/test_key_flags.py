"""The flags of `antiphon keys`. What they do is in `test_keys.py`."""

import pytest

from antiphon.cli import OWN, parser
from antiphon.config import Config
from antiphon.terminal.key_flags import KEY_WORDS


def test_what_the_flags_say_is_no_setting() -> None:
    assert KEY_WORDS <= OWN
    assert not KEY_WORDS & set(Config.__struct_fields__)


def test_each_action_has_its_flags() -> None:
    said = parser().parse_args(["keys", "create", "--project", "p", "--models", "a", "--models", "b"])
    assert (said.action, said.project, said.only, said.scopes) == ("create", "p", ["a", "b"], "inference,read,write")
    assert parser().parse_args(["keys", "rotate", "id"]).grace == "24h"
    with pytest.raises(SystemExit):
        parser().parse_args(["keys", "create"])
