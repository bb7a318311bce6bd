from antiphon.server.openapi.operations import FORM, JSON, OPERATIONS


def test_an_operation_has_a_sentence_and_one_kind_of_body() -> None:
    for name, one in OPERATIONS.items():
        assert one.summary.endswith("."), name
        assert one.body is None or one.form is None
    assert FORM != JSON
