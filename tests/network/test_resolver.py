"""From names to addresses that may be dialled."""

import pytest

from antiphon.errors import AddressRefused
from antiphon.network.message import Origin
from antiphon.network.resolver import addresses_of, system_resolve

PUBLIC, OTHER = "93.184.216.34", "2606:4700::1111"


def origin(host: str, *, public: bool) -> Origin:
    return Origin("u", "https", host, 443, public)


def saying(*addresses: str) -> "Answers":
    return Answers(list(addresses))


class Answers:
    """A resolver that always says the same, and counts how often it is asked."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        assert (host, port) == ("example.com", 443)
        return self.addresses


async def test_an_address_is_itself_and_asks_nobody() -> None:
    nobody = saying()
    assert await addresses_of(origin("127.0.0.1", public=False), nobody) == ["127.0.0.1"]
    assert await addresses_of(origin(PUBLIC, public=True), nobody) == [PUBLIC]
    assert nobody.asked == 0
    with pytest.raises(AddressRefused):
        await addresses_of(origin("127.0.0.1", public=True), nobody)


async def test_a_name_is_what_it_resolves_to_each_once() -> None:
    assert await addresses_of(origin("example.com", public=True), saying(PUBLIC, OTHER, PUBLIC)) == [PUBLIC, OTHER]
    assert await addresses_of(origin("example.com", public=False), saying("10.0.0.1", PUBLIC)) == ["10.0.0.1", PUBLIC]


@pytest.mark.parametrize("private", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1%eth0"])
async def test_one_private_address_among_public_ones_is_enough(private: str) -> None:
    for found in (saying(private), saying(PUBLIC, private), saying(private, OTHER)):
        with pytest.raises(AddressRefused, match="private"):
            await addresses_of(origin("example.com", public=True), found)


async def test_the_system_knows_this_machine() -> None:
    assert {"127.0.0.1", "::1"} & set(await system_resolve("localhost", 80))


@pytest.mark.parametrize("name", ["a" * 64 + ".com", "a..b"])
async def test_a_name_that_cannot_be_one_is_an_error_like_any_other(name: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        await system_resolve(name, 80)
