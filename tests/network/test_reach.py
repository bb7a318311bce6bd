"""The table of hostile addresses: as they are written. What names resolve to: tests/network/test_outward.py."""

import pytest

from antiphon.errors import AddressRefused
from antiphon.network.reach import LONGEST, Reach

PUBLIC = [
    "https://mcp.example.com/mcp", "http://8.8.8.8/", "https://[2606:4700::1111]/mcp", "https://EXAMPLE.com.:443/x",
    "https://localhost.example.com/", "https://[::ffff:8.8.8.8]/", "https://example.com/?q=http://user@localhost",
    "https://bücher.example.org/", "HTTPS://example.com",
]  # fmt: skip
HOSTILE = [
    # This machine.
    "http://localhost:8000/mcp", "http://LOCALHOST./", "http://box.localhost/", "http://127.0.0.1/", "http://0.0.0.0/",
    "http://[::1]/", "http://[::]/", "http://127.0.0.1.:80/",
    # Its networks, and where clouds keep their credentials.
    "http://10.1.2.3/", "http://192.168.0.1/", "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data",
    "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/", "http://metadata.google.internal/",
    "http://[fe80::1%25eth0]/", "http://[fd00:ec2::254]/", "http://224.0.0.1/", "http://255.255.255.255/",
    # The same in other spellings.
    "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0x7f000001/", "http://0177.0.0.1/",
    "http://127%2e0%2e0%2e1/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://\uff11\uff12\uff17.0.0.1/",
    # Inside an IPv6 address.
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::7f00:1]/", "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/",
    # Users that look like hosts.
    "http://example.com@127.0.0.1/", "http://user:secret@example.com/", "http://example.com:80@example.org/",
    # Names without a dot, and of a private kind.
    "http://printer/", "http://db.internal/", "http://nas.local/", "http://router.lan/", "http://pc.home.arpa/",
    # Other ports: mail, a shell, a database, a cache.
    "http://example.com:25/", "http://example.com:22/", "https://example.com:5432/", "http://example.com:6379/",
]  # fmt: skip
NEVER = [
    "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "dict://example.com/", "data:text/plain,x",
    "javascript:alert(1)", "//example.com/", "example.com", "http:///mcp", "http://[::1/", "", "http://", "http://a:99999/",
    "http://example.com\\@127.0.0.1/", "http://exam\tple.com/", " http://example.com/", "http://example.com/\r\nX: y",
    "http://127.0.0.1\x00.example.com/", "http://example.com/" + "a" * LONGEST, "http://a..example.ü/", "http://\ud800.com/",
]  # fmt: skip


@pytest.mark.parametrize("url", PUBLIC)
def test_public_addresses_are_always_called(url: str) -> None:
    assert Reach().allows(url)
    assert Reach(private=True).allows(url)


@pytest.mark.parametrize("url", HOSTILE)
def test_other_addresses_only_where_the_operator_allows_them(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        Reach().check(url)
    assert refused.value.http_status == 400
    assert Reach(private=True).allows(url)


@pytest.mark.parametrize("url", NEVER)
def test_what_is_no_web_address_is_never_called(url: str) -> None:
    assert not Reach().allows(url)
    assert not Reach(private=True).allows(url)


def test_the_ports_of_public_servers_are_the_operators_to_choose() -> None:
    assert Reach(ports=frozenset({8443})).allows("https://example.com:8443/")
    assert not Reach(ports=frozenset({8443})).allows("https://example.com/")
    assert not Reach(ports=frozenset({8443})).allows("https://10.0.0.1:8443/")
    assert Reach(ports=None).allows("https://example.com:9/")
