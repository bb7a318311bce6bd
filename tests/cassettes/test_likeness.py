from antiphon.cassettes.likeness import common, flat, likeness, read_value


def test_fields_by_path() -> None:
    value = read_value(b'{"a": {"b": [1.0, {"c": null, "d": "x"}]}, "e": [], "extra_body": {"f": true}}')
    assert flat(value) == {"a.b[0]": "1", "a.b[1].d": '"x"', "e": "[]", "f": "true"}
    assert flat(read_value(b"")) == {}
    assert flat(read_value(b"no JSON")) == {"body": '"no JSON"'}


def test_the_more_is_alike_the_nearer() -> None:
    asked = {"a": '"the same long text"', "b": "1"}
    nearer = [dict(asked), {**asked, "b": "2"}, {"a": '"the same"'}, {}, {"c": "1"}]
    ranks = [likeness(each, asked) for each in nearer]
    assert ranks[0] == 1
    assert ranks == sorted(ranks, reverse=True)


def test_how_texts_begin() -> None:
    assert common("hello", "help") == 3
    assert common("", "a") == 0
