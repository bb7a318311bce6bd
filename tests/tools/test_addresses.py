import pytest

from antiphon.tools.addresses import allowed_address

PUBLIC = [
    "https://mcp.example.com/mcp", "http://8.8.8.8/", "https://[2606:4700::1111]/mcp", "https://EXAMPLE.com.:8443/x",
    "https://user:pw@example.com/?q=http://localhost", "https://localhost.example.com/", "https://[::ffff:8.8.8.8]/",
]  # fmt: skip
PRIVATE = [
    "http://localhost:8000/mcp", "http://LOCALHOST./", "http://box.localhost/", "http://127.0.0.1/", "http://127.1/",
    "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://0.0.0.0/", "http://10.1.2.3/",
    "http://192.168.0.1/", "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data", "http://100.64.0.1/",
    "http://[::1]/", "http://[::]/", "http://[fe80::1%25eth0]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://printer/", "http://db.internal/", "http://nas.local/", "http://router.lan/", "http://pc.home.arpa/",
    "http://user@127.0.0.1/", "http://example.com@127.0.0.1/",
]  # fmt: skip
NEVER = ["ftp://example.com/", "file:///etc/passwd", "//example.com/", "example.com", "http:///mcp", "http://[::1/", ""]


@pytest.mark.parametrize("url", PUBLIC)
def test_public_addresses_are_always_allowed(url: str) -> None:
    assert allowed_address(url, allow_private=False)
    assert allowed_address(url, allow_private=True)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_addresses_only_where_the_operator_allows_them(url: str) -> None:
    assert not allowed_address(url, allow_private=False)
    assert allowed_address(url, allow_private=True)


@pytest.mark.parametrize("url", NEVER)
def test_what_is_no_web_address_is_never_allowed(url: str) -> None:
    assert not allowed_address(url, allow_private=False)
    assert not allowed_address(url, allow_private=True)
