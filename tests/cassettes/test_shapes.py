import base64
import random

import pytest

from antiphon.cassettes.shapes import REDACTED, blank, find_secrets, is_secret_member, may_hold_secrets

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{LETTERS * 3}\n{LETTERS}==\n-----END RSA PRIVATE KEY-----"

SECRETS = {
    "OpenAI": f"sk-{LETTERS}",
    "OpenAI project": f"sk-proj-{LETTERS}_{LETTERS}",
    "Anthropic": f"sk-ant-api03-{LETTERS}-{LETTERS}",
    "OpenRouter": f"sk-or-v1-{LETTERS}",
    "Google": f"AIzaSy{LETTERS}abcdef",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS, temporary": "ASIAIOSFODNN7EXAMPLE",
    "GitHub": f"ghp_{LETTERS}abcdefghi",
    "GitHub, fine-grained": f"github_pat_11ABC_{LETTERS}",
    "GitLab": f"glpat-{LETTERS}",
    "Slack": "xoxb-1234567890-abcdefghij",
    "Hugging Face": f"hf_{LETTERS}",
    "Groq": f"gsk_{LETTERS}",
    "NVIDIA": f"nvapi-{LETTERS}",
    "Tavily": f"tvly-dev-{LETTERS}",
    "Databricks": "dapi" + "0123456789abcdef" * 2,
    "JWT": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{LETTERS}",
    "private key": PEM,
}

ORDINARY = [
    "the task-oriented sk-learn-style-of-naming-things is old",
    "risk-12345678901234567890 and disk-0123456789abcdef01234567",
    "hf_hub_download_from_the_internet_of_things",
    "The bearer of good news arrives",
    "a Bearer token goes into the header",
    "AKIA is a prefix, AIza another, and eyJ begins a JWT",
    "def f(token: str, password: str) -> None: ...",
    "https://example.org/search?q=token&lang=en",
    "http://localhost:8080/v1/models and user@example.org",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    'He said "token": nothing',
    "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    "call_DdmO9pD3xa9XTPNJ32zg2hcA",
    "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("around", ["{}", "use {} now", "key={}", '"{}"', "first\n{}\nlast", "({})"])
def test_secrets_are_found_whole(secret: str, around: str) -> None:
    text = around.format(secret)
    assert blank(text, find_secrets(text)) == around.format(REDACTED)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"Authorization: Bearer {LETTERS}", f"Authorization: Bearer {REDACTED}"),
        (f"https://h/v1?key={LETTERS}&alt=sse", f"https://h/v1?key={REDACTED}&alt=sse"),
        (
            f"https://h/?a=1&access_token=abc&signature={LETTERS}",
            f"https://h/?a=1&access_token={REDACTED}&signature={REDACTED}",
        ),
        (
            "https://s3/x?X-Amz-Credential=A%2Fb&X-Amz-Signature=00ff",
            f"https://s3/x?X-Amz-Credential={REDACTED}&X-Amz-Signature={REDACTED}",
        ),
        ("postgres://me:hunter2@db/x", f"postgres://me:{REDACTED}@db/x"),
        ('{"password": "hunter\\"2", "a": 1}', f'{{"password": "{REDACTED}", "a": 1}}'),
        ('[{"Api-Key":"x"}]', f'[{{"Api-Key":"{REDACTED}"}}]'),
        ('{"out": "{\\"token\\": \\"abc\\"}"}', f'{{"out": "{{\\"token\\": \\"{REDACTED}\\"}}"}}'),
    ],
)
def test_only_the_secret_part_goes(text: str, clean: str) -> None:
    assert blank(text, find_secrets(text)) == clean


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert find_secrets(text) == []


def test_base64_stays() -> None:
    noise = random.Random(7)
    for _ in range(200):
        text = base64.b64encode(noise.randbytes(3_000)).decode()
        assert find_secrets(text) == []
        assert find_secrets(base64.urlsafe_b64encode(noise.randbytes(3_000)).decode()) == []


def test_a_private_key_without_its_end_goes_too() -> None:
    assert blank(f"x {PEM[:120]}", find_secrets(f"x {PEM[:120]}")) == f"x {REDACTED}"


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_what_is_redacted_stays_as_it_is(secret: str) -> None:
    once = blank(f"x {secret} y", find_secrets(f"x {secret} y"))
    assert blank(once, find_secrets(once)) == once


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_first_look_never_misses(secret: str) -> None:
    assert may_hold_secrets(f"x {secret} y")


def test_the_first_look_passes_what_is_plain() -> None:
    assert not may_hold_secrets(
        '{"model": "llama3.2", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}'
    )


def test_secrets_without_a_shape_are_found_if_they_are_known() -> None:
    assert find_secrets("the open sesame opens sesame", ["open sesame"]) == [(4, 15)]
    assert may_hold_secrets("open sesame", ["open sesame"])


def test_names_of_members() -> None:
    names = ["Authorization", "x-api-key", "api_key", "tokens", "key", "max_tokens"]
    assert [name for name in names if is_secret_member(name)] == ["Authorization", "x-api-key", "api_key"]


def test_a_hostile_text_is_searched_in_linear_time() -> None:
    for seed in ("-----BEGIN PRIVATE KEY-----", "sk-", "eyJaaaaaa.", '{"token": "\\', "https://?key=", "a://:"):
        spans = find_secrets(seed * 20_000)
        assert all(start < end <= len(seed) * 20_000 for start, end in spans)
        assert spans == sorted(spans)
