"""The audit log's entries. Who may read it is in `../test_keys_needed.py`."""

from pathlib import Path

from made_keys import Operator
from openai.types.admin.organization.audit_log_list_response import AuditLogListResponse
from running_server import running_server


def test_the_official_client_reads_the_log(tmp_path: Path) -> None:
    operator = Operator(f"sqlite:///{tmp_path}/a.db")
    admin = operator.key("ops", "--scopes", "admin")
    with running_server("--db", operator.db, "--upstream", "up=http://127.0.0.1:9/v1", folder=tmp_path) as server:
        page = server.get("/organization/audit_logs", headers={"authorization": f"Bearer {admin}"})
    [entry] = page.json["data"]
    read = AuditLogListResponse.model_validate(entry)
    assert (read.type, read.api_key_created and read.api_key_created.id) == ("api_key.created", admin.split("-")[2])
