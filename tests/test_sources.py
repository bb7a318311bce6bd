import re
import subprocess
import sys

from antiphon.sources import chance, live, seeded


def test_live_ids_are_unique_and_begin_with_the_time() -> None:
    sources = live()
    made = [sources.ids("msg") for _ in range(500)]
    assert len(set(made)) == 500
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}", one) for one in made)
    times = [one[4:16] for one in made]
    assert times == sorted(times)


def test_seeded_ids_and_times_follow_from_the_seed_alone() -> None:
    first, second, other = seeded("a", 7.9), seeded("a", 7.9), seeded("b", 7.9)
    assert [first.ids("x") for _ in range(3)] == [second.ids("x") for _ in range(3)]
    assert first.ids("x") != other.ids("x")
    assert first.clock() == 7.9
    assert first.now() == 7


def test_seeded_ids_are_the_same_in_every_process() -> None:
    program = "from antiphon.sources import seeded; print(seeded('seed', 1).ids('resp'))"
    said = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    }
    assert said == {seeded("seed", 1).ids("resp")}


def test_chance_has_the_size_asked_for_and_never_comes_twice() -> None:
    assert len({chance(16) for _ in range(100)}) == 100
    assert {len(chance(size)) for size in (0, 1, 64)} == {0, 1, 64}


def test_ids_of_files_are_written_as_the_api_writes_them() -> None:
    assert live().ids("file").startswith("file-")
    assert seeded("s", 0).ids("file").startswith("file-")
    assert live().ids("msg").startswith("msg_")
