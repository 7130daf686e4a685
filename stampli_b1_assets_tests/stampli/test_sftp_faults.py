"""The client against a server that fails: each failure is of the right class, says one clear thing, tells no secret."""

import os
import socket

import pytest

from stampli_b1_assets.errors import FileNotTaken, FileRefused, StampliUnusable
from stampli_b1_assets.sandbox import sftp_server
from stampli_b1_assets.stampli.landing import LandedFile
from stampli_b1_assets.stampli.listing import RemoteFile
from stampli_b1_assets.stampli.sftp import StampliSftp
from stampli_b1_assets_tests.stampli.conftest import PASSWORD

MTIME = 1_777_000_000
CONTENT = bytes(range(256)) * 4_000
CHANGED = "a.csv changed while it was read. It is tried again once it has settled."


@pytest.fixture
def put(server):
    """put(name, content): the file as it is listed."""

    def put(name="a.csv", content=CONTENT):
        path = server.root / "outbound" / name
        path.write_bytes(content)
        os.utime(path, (MTIME, MTIME))
        return RemoteFile(name, len(content), MTIME)

    return put


@pytest.fixture
def stampli(settings):
    with StampliSftp(settings()) as stampli:
        yield stampli


def left_unfinished(landing):
    return list(landing.root.rglob("*.part"))


# --- one file ---------------------------------------------------------------------------------------------------------


def test_a_connection_cut_midway_is_made_again_and_the_whole_file_fetched(server, put, stampli, landing):
    file = put()
    server.faults.arm("cut_mid_file", 2)
    assert stampli.download(file, landing).path.read_bytes() == CONTENT
    assert len(server.logins) == 3
    assert not left_unfinished(landing)


def test_a_connection_that_is_cut_every_time_gives_the_file_up_for_now(server, put, stampli, landing):
    file = put()
    server.faults.arm("cut_mid_file", 100)
    with pytest.raises(FileNotTaken, match=r"^a\.csv could not be fetched: .+\. It is tried again\.$"):
        stampli.download(file, landing)
    assert len(server.logins) <= 4
    assert not left_unfinished(landing)
    server.faults.armed.clear()
    assert stampli.download(file, landing).size == len(CONTENT)


@pytest.mark.parametrize("fault", ["file_grows", "file_changes_after_stat"])
def test_a_file_that_changes_meanwhile_is_not_taken(server, put, stampli, landing, fault):
    file = put()
    server.faults.arm(fault)
    with pytest.raises(FileNotTaken) as caught:
        stampli.download(file, landing)
    assert str(caught.value) == CHANGED
    assert not left_unfinished(landing)


def test_a_file_replaced_by_one_of_the_same_size_is_not_taken(server, put, stampli, landing):
    file = put()
    os.utime(server.root / "outbound" / "a.csv", (MTIME + 1, MTIME + 1))
    with pytest.raises(FileNotTaken) as caught:
        stampli.download(file, landing)
    assert str(caught.value) == CHANGED


def test_a_file_that_shrinks_before_it_is_read_is_not_taken(server, put, stampli, landing):
    file = put()
    put(content=CONTENT[:-1])
    with pytest.raises(FileNotTaken) as caught:
        stampli.download(file, landing)
    assert str(caught.value) == CHANGED


def test_a_file_that_vanishes_is_not_taken(server, put, stampli, landing):
    file = put()
    server.faults.arm("file_vanishes")
    with pytest.raises(FileNotTaken) as caught:
        stampli.download(file, landing)
    assert str(caught.value) == "a.csv was listed and is gone. It is taken when it is there again."


def test_a_file_that_may_not_be_read_is_not_taken(server, put, stampli, landing):
    file = put()
    server.faults.arm("no_permission", 10)
    with pytest.raises(FileNotTaken) as caught:
        stampli.download(file, landing)
    assert str(caught.value) == "a.csv could not be fetched: Permission denied. It is tried again."


def test_a_file_too_large_is_refused_before_a_byte_is_read(server, put, settings, landing):
    file = put(content=b"x" * 1_000_001)
    server.faults.arm("hang")
    with StampliSftp(settings(max_file_mb=1)) as stampli, pytest.raises(FileRefused) as caught:
        stampli.download(file, landing)
    assert caught.value.reason == "TOO_LARGE"
    assert "more than the 1 MB" in str(caught.value)
    assert "stampli.max_file_mb" in str(caught.value)


def test_a_file_that_hangs_is_given_up_and_its_neighbours_are_fetched(server, put, settings, landing):
    hangs, *others = [put(f"{number}.csv", CONTENT + bytes([number])) for number in range(3)]
    server.faults.arm("hang", 3)
    with StampliSftp(settings(timeout_seconds=1, downloads=1)) as stampli:
        fetched = stampli.download_all([hangs, *others], landing)
    assert str(fetched[hangs]) == "0.csv could not be fetched: timed out. It is tried again."
    assert [fetched[other].path.read_bytes()[-1] for other in others] == [1, 2]


def test_after_a_time_out_the_next_try_uses_a_new_connection(server, put, settings, landing):
    file = put()
    server.faults.arm("hang")
    with StampliSftp(settings(timeout_seconds=1)) as stampli:
        assert stampli.download(file, landing).path.read_bytes() == CONTENT
    assert len(server.logins) == 2


@pytest.mark.parametrize("fault", ["cut_mid_file", "file_grows", "file_vanishes", "no_permission"])
def test_one_file_s_failure_stops_no_other(server, put, settings, landing, fault):
    files = [put(f"{number}.csv", CONTENT + bytes([number])) for number in range(8)]
    server.faults.arm(fault)
    with StampliSftp(settings(downloads=4)) as stampli:
        fetched = stampli.download_all(files, landing)
    assert set(fetched) == set(files)
    good = [landed for landed in fetched.values() if isinstance(landed, LandedFile)]
    assert len(good) >= 7
    for landed in good:
        assert landed.path.read_bytes()[:-1] == CONTENT
    assert not left_unfinished(landing)


# --- the server -------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_said_without_showing_it(settings):
    with pytest.raises(StampliUnusable) as caught:
        StampliSftp(settings(password="guessed-wrong")).__enter__()
    assert str(caught.value) == (
        "The SFTP server 127.0.0.1 refused the login of 'linden'. Check `stampli.username` and `stampli.password`."
    )


def test_a_login_refused_once_is_no_matter_for_later(server, settings):
    server.faults.arm("login_refused")
    with pytest.raises(StampliUnusable):
        StampliSftp(settings()).__enter__()
    with StampliSftp(settings()) as stampli:
        assert stampli.list_outbound() == []


def test_a_connection_lost_during_the_login_is_no_wrong_password(server, settings):
    server.faults.arm("cut_at_login")
    with pytest.raises(StampliUnusable, match=r"stopped answering: the connection was lost\. Try again") as caught:
        StampliSftp(settings()).__enter__()
    assert caught.value.is_passing


def test_a_login_that_is_never_answered_is_no_wrong_password(server, settings, monkeypatch):
    monkeypatch.setattr(server, "may_log_in", lambda *_, **__: server.faults.released.wait(30))
    with pytest.raises(StampliUnusable, match="stopped answering: timed out") as caught:
        StampliSftp(settings(timeout_seconds=1)).__enter__()
    server.faults.released.set()
    assert caught.value.is_passing


def test_a_further_connection_that_breaks_at_its_login_stops_no_download(server, put, settings, landing):
    files = [put(f"{number}.csv", CONTENT + bytes([number])) for number in range(4)]
    with StampliSftp(settings(downloads=2)) as stampli:
        stampli.list_outbound()
        server.faults.arm("cut_at_login")
        fetched = stampli.download_all(files, landing)
    assert all(isinstance(landed, LandedFile) for landed in fetched.values())


def test_a_changed_host_key_stops_everything_and_gets_no_password(server, settings):
    pinned = settings()
    server.change_host_key()
    with pytest.raises(StampliUnusable) as caught:
        StampliSftp(pinned).__enter__()
    text = str(caught.value)
    assert text.count("ssh-rsa SHA256:") == 2
    assert "Ask whoever runs the server whether the key was changed" in text
    assert PASSWORD not in text
    assert server.logins == []
    with StampliSftp(settings(host_keys=(*pinned.host_keys, server.host_key_line))) as stampli:
        assert stampli.list_outbound() == []


def test_a_host_key_that_changes_between_two_connections_is_noticed(server, put, stampli, landing):
    file = put()
    server.change_host_key()
    server.faults.arm("cut_mid_file")
    with pytest.raises(StampliUnusable, match="showed the host key"):
        stampli.download(file, landing)
    assert len(server.logins) == 1


def test_a_listing_that_hangs_ends_by_time_out(server, settings):
    server.faults.arm("hang")
    with StampliSftp(settings(timeout_seconds=1)) as stampli:
        with pytest.raises(StampliUnusable) as caught:
            stampli.list_outbound()
        assert str(caught.value) == (
            "The SFTP server 127.0.0.1 stopped answering: timed out. "
            "Try again; if it goes on, ask whoever runs the server."
        )
        assert stampli.list_outbound() == []


@pytest.mark.parametrize("operation", ["list_outbound", "check_inbound"])
def test_a_connection_cut_during_an_operation_is_not_taken_for_a_missing_folder(
    server, stampli, monkeypatch, operation
):
    for name in ("list_folder", "stat"):
        monkeypatch.setattr(sftp_server._Folder, name, lambda *_: server.cut() or [])
    with pytest.raises(StampliUnusable, match=r"^The SFTP server 127\.0\.0\.1 stopped answering: "):
        getattr(stampli, operation)()


def test_further_connections_that_the_server_does_not_give_are_no_fault(server, put, settings, landing, monkeypatch):
    files = [put(f"{number}.csv", CONTENT + bytes([number])) for number in range(6)]
    serve, connections = server._serve, []

    def only_one(connection):
        connections.append(connection)
        return serve(connection) if len(connections) == 1 else connection.close()

    monkeypatch.setattr(server, "_serve", only_one)
    with StampliSftp(settings(downloads=3)) as stampli:
        fetched = stampli.download_all(files, landing)
    assert len(connections) == 3
    assert [fetched[file].size for file in files] == [len(CONTENT) + 1] * 6


def test_a_server_that_gives_less_than_it_is_asked_for_is_read_to_the_end(put, stampli, landing, monkeypatch):
    file, whole = put(), sftp_server._Handle.read
    monkeypatch.setattr(sftp_server._Handle, "read", lambda self, at, length: whole(self, at, min(length, 10_000)))
    assert stampli.download(file, landing).path.read_bytes() == CONTENT


def test_a_server_that_accepts_and_says_nothing_ends_by_time_out(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(StampliUnusable, match="stopped answering"):
        StampliSftp(settings(port=silent.getsockname()[1], timeout_seconds=1)).__enter__()
