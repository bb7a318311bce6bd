import pytest

from antiphon.engine.metadata import check_metadata
from antiphon.errors import InvalidRequest


@pytest.mark.parametrize("metadata", [{}, {str(number): "v" for number in range(16)}, {"k" * 64: "v" * 512}, {"": ""}])
def test_up_to_the_limits_all_is_well(metadata: dict[str, str]) -> None:
    check_metadata(metadata)


@pytest.mark.parametrize(
    ("metadata", "param", "number"),
    [
        ({str(number): "v" for number in range(17)}, "metadata", "17"),
        ({"k" * 65: "v"}, "metadata", "65"),
        ({"a": "v" * 513}, "metadata.a", "513"),
    ],
)
def test_beyond_a_limit_it_is_named(metadata: dict[str, str], param: str, number: str) -> None:
    with pytest.raises(InvalidRequest, match=number) as refusal:
        check_metadata(metadata)
    assert refusal.value.param == param
