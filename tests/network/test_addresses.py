"""Which IP addresses and names are public. Whole URLs: tests/network/test_reach.py."""

from ipaddress import ip_address, ip_network

import pytest

from antiphon.network.addresses import public_address, public_host

PUBLIC = [
    "8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "169.253.0.1", "223.255.255.255",
    "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
]  # fmt: skip
NOT_PUBLIC = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1", "fd00:ec2::254", "ff02::1", "100::1", "2001:db8::1",
    "2001::1", "3fff::1", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "2002:a00:1::1", "2a00:1450:4001::5efe:10.0.0.1", "4000::1",
]  # fmt: skip
NAMES = [
    "example.com",
    "EXAMPLE.com.",
    "localhost.example.com",
    "127.0.0.1.nip.io",
    "xn--bcher-kva.example.org",
    "_a.b-c.de",
]
NOT_NAMES = [
    "", ".", "localhost", "LOCALHOST.", "box.localhost", "printer", "db.internal", "nas.local", "router.lan", "pc.home.arpa",
    "1.0.0.127.in-addr.arpa", "x.onion", "a..b", "-a.com", "a-.com", "a b.com", "127%2e0%2e0%2e1", "[::1]", "a.com%00.b.com",
    "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "1.2.3.0x4", "0x", "8.8.8.08", "1.2.3.4.5",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert public_address(ip_address(address))
    assert public_host(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_of_this_machine_of_its_networks_and_of_nobody(address: str) -> None:
    assert not public_address(ip_address(address))
    assert not public_host(address)


@pytest.mark.parametrize("private", ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"])
def test_both_ends_of_a_private_network_are_private(private: str) -> None:
    network = ip_network(private)
    assert not public_address(network[0])
    assert not public_address(network[-1])


@pytest.mark.parametrize("name", NAMES)
def test_names_that_a_public_server_may_have(name: str) -> None:
    assert public_host(name)


@pytest.mark.parametrize("name", NOT_NAMES)
def test_names_of_a_private_kind_and_other_spellings_of_addresses(name: str) -> None:
    assert not public_host(name)
