"""Ten thousand small files of one institution in one session of OpenSSH, into the database."""

import hashlib
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.gateway.django_backend import DjangoBackend
from careward.intake.models import Delivery
from careward.kernel import clock
from careward.store.objects import objects
from gateway.memory_backend import PASSWORD
from gateway.running import OpenSsh, Running, policy
from support.delivering import OPEN, account

FILES = 10_000
HASH = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_small_files_of_one_session_are_received_each_with_its_row_and_one_job_for_all(
    home: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    sent = {f"f{number}.csv": b"%d\n" % number for number in range(FILES)}
    for name, content in sent.items():
        (source / name).write_bytes(content)
    backend = DjangoBackend()
    try:
        with clock.frozen(OPEN):
            of = account(networks=["127.0.0.1/32"], password_hash=HASH)
            with Running(backend, home, policy(max_files_a_day=FILES)) as gateway:
                client = OpenSsh(gateway, tmp_path, PASSWORD, of.username)
                code, output = client.sftp("put source/* /inbox/", seconds=800)
                assert code == 0, output[-2000:]
                assert gateway.staged() == []
    finally:
        backend.close()
    rows = list(Delivery.objects.values_list("name", "sha256", "state", "pk", "raw_key"))
    assert len(rows) == FILES
    assert {name: (digest, state) for name, digest, state, _, _ in rows} == {
        name: (hashlib.sha256(content).hexdigest(), "received") for name, content in sent.items()
    }
    [job] = ProcrastinateJob.objects.filter(
        task_name="intake.check_delivery"
    )  # for all that wait (decision 0057)
    assert job.args["delivery_id"] in {
        str(pk) for name, _, _, pk, _ in rows if name == "f0.csv"
    }  # sent first
    store = objects()
    for name, _, _, _, key in rows:
        with store.open(key) as kept:
            assert kept.read() == sent[name]
