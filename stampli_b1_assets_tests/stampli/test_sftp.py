"""The client against OpenSSH's own server: logins, host keys, listing, downloads, what is written back."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from paramiko.sftp import CMD_CLOSE, CMD_EXTENDED, CMD_OPEN

from stampli_b1_assets.errors import ConfigurationError, FileNotTaken, FileRefused, StampliUnusable
from stampli_b1_assets.stampli.landing import LandedFile, Landing
from stampli_b1_assets.stampli.listing import RemoteFile, is_bad_name
from stampli_b1_assets.stampli.sftp import StampliSftp
from stampli_b1_assets.stampli.sftp_client import SftpClient
from stampli_b1_assets_tests.fixtures.sshd import new_key, public_line

pytestmark = pytest.mark.sshd

MTIME = 1_777_000_000


def names(settings):
    with StampliSftp(settings) as stampli:
        return sorted(file.name for file in stampli.list_outbound())


# --- logging in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("passphrase", ["", "a wet Tuesday"])
def test_a_key_of_any_kind_logs_in_with_and_without_a_passphrase(sshd, tmp_path, kind, passphrase):
    key = sshd.let_in(new_key(tmp_path / kind, kind, passphrase))
    sshd.put("a.csv", b"a")
    settings = sshd.settings(private_key_file=key, private_key_passphrase=passphrase or None)
    assert names(settings) == ["a.csv"]


@pytest.mark.parametrize("given", [None, "a wet Wednesday"])
def test_a_key_whose_passphrase_is_missing_or_wrong_is_said_so(sshd, tmp_path, given):
    key = sshd.let_in(new_key(tmp_path / "locked", "ed25519", "a wet Tuesday"))
    with pytest.raises(ConfigurationError) as caught:
        names(sshd.settings(private_key_file=key, private_key_passphrase=given))
    assert str(caught.value) == (
        "The private key locked cannot be used: missing, no key, or a wrong passphrase. "
        "Check `stampli.private_key_file` and `stampli.private_key_passphrase`."
    )


def test_a_key_that_the_server_does_not_know_is_refused(sshd, tmp_path):
    with pytest.raises(StampliUnusable, match=r"refused the login of .* Check `stampli.username` and `stampli.private"):
        names(sshd.settings(private_key_file=new_key(tmp_path / "stranger")))


def test_a_password_that_the_server_does_not_take_is_refused_and_not_shown(sshd):
    with pytest.raises(StampliUnusable) as caught:
        names(sshd.settings(private_key_file=None, password="not-this-one"))
    assert "refused the login of" in str(caught.value)
    assert "`stampli.password`" in str(caught.value)
    assert "not-this-one" not in str(caught.value)


# --- host keys --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_pinned_key_of_any_kind_is_asked_for_whatever_else_the_server_has(new_sshd, kind):
    server = new_sshd("ed25519", "ecdsa", "rsa")
    (key,) = (key for key in server.host_keys if key.name == f"host_{kind}")
    assert names(server.settings(host_keys=(public_line(key),))) == []


def test_during_a_rotation_either_of_two_pinned_keys_will_do(new_sshd):
    old, new = new_sshd(), new_sshd()
    both = (public_line(old.host_keys[0]), public_line(new.host_keys[0]))
    assert names(old.settings(host_keys=both)) == []
    assert names(new.settings(host_keys=both)) == []


def test_another_host_key_ends_it_before_anyone_logs_in(new_sshd, tmp_path):
    server = new_sshd()
    logins = server.log.count("userauth-request for user")
    stranger = new_key(tmp_path / "stranger")
    settings = server.settings(host_keys=(public_line(stranger),), private_key_file=None, password="kept-to-ourselves")
    with pytest.raises(StampliUnusable) as caught:
        names(settings)
    text = str(caught.value)
    assert text.startswith("The SFTP server 127.0.0.1 showed the host key ssh-ed25519 SHA256:")
    assert text.endswith("Ask whoever runs the server whether the key was changed; only then configure the new one.")
    assert "kept-to-ourselves" not in text
    assert server.log.count("userauth-request for user") == logins


def test_a_server_without_a_key_of_the_pinned_kind_is_refused(new_sshd, tmp_path):
    server = new_sshd("rsa")
    with pytest.raises(StampliUnusable, match=r"showed the host key no key of a pinned kind, but ssh-ed25519 SHA256:"):
        names(server.settings(host_keys=(public_line(new_key(tmp_path / "other")),)))


def test_a_known_hosts_file_pins_and_is_never_added_to(sshd, tmp_path):
    line = f"[127.0.0.1]:{sshd.port} {public_line(sshd.host_keys[0])}\n"
    file = tmp_path / "known_hosts"
    file.write_text(line)
    assert names(sshd.settings(host_keys=None, known_hosts_file=file)) == []
    file.write_text(line.replace(f":{sshd.port}", ":1"))
    with pytest.raises(ConfigurationError, match=f"has no key for 127.0.0.1, port {sshd.port}"):
        names(sshd.settings(host_keys=None, known_hosts_file=file))
    assert file.read_text() == line.replace(f":{sshd.port}", ":1")


# --- listing ----------------------------------------------------------------------------------------------------------


def test_only_regular_files_of_the_folder_itself_are_listed(sshd):
    sshd.put("a.csv", b"twelve bytes", MTIME)
    (sshd.outbound / "2026").mkdir()
    (sshd.outbound / "2026" / "below.csv").write_bytes(b"below")
    (sshd.outbound / "folder.csv").mkdir()
    (sshd.outbound / "link.csv").symlink_to(sshd.outbound / "a.csv")
    (sshd.outbound / "dangling.csv").symlink_to(sshd.outbound / "nothing")
    os.mkfifo(sshd.outbound / "fifo.csv")
    for name in (".hidden.csv", "~draft.csv", "b.csv.part", "b.csv.TMP", "b.csv.filepart", "b.csv~"):
        sshd.put(name, b"unfinished")
    with StampliSftp(sshd.settings()) as stampli:
        assert stampli.list_outbound() == [RemoteFile("a.csv", 12, MTIME)]


@pytest.mark.parametrize(
    "name", [b"a\\b.csv", b"a\nb.csv", b"\x1b[31mred.csv", b"caf\xe9.csv", b"\x7f.csv", b"\xed\xb3\xbf.csv"]
)
def test_a_hostile_name_is_listed_as_such_and_hides_no_neighbour(sshd, name):
    sshd.put("neighbour.csv", b"n")
    (sshd.outbound / os.fsdecode(name)).write_bytes(b"x")
    found = names(sshd.settings())
    (bad,) = (one for one in found if one != "neighbour.csv")
    assert len(found) == 2
    assert is_bad_name(bad)
    assert bad.encode("utf-8")


def test_many_files_are_all_listed(sshd):
    wanted = {f"export-{number:05}.csv" for number in range(2_500)}
    for name in wanted:
        sshd.put(name, b"")
    with StampliSftp(sshd.settings()) as stampli:
        assert {file.name for file in stampli.list_outbound()} == wanted
        sshd.put("one-more.csv", b"")
        assert len(stampli.list_outbound()) == 2_501


def test_a_missing_folder_is_named_with_its_setting(sshd):
    with StampliSftp(sshd.settings(outbound_dir="/nowhere", inbound_dir="/nowhere-else")) as stampli:
        with pytest.raises(StampliUnusable) as outbound:
            stampli.list_outbound()
        with pytest.raises(StampliUnusable) as inbound:
            stampli.check_inbound()
    says = "The folder {} on Stampli's SFTP server does not exist. Check `{}`."
    assert str(outbound.value) == says.format("/nowhere", "stampli.outbound_dir")
    assert str(inbound.value) == says.format("/nowhere-else", "stampli.inbound_dir")


def test_a_folder_that_may_not_be_read_is_named(sshd):
    sshd.outbound.chmod(0)
    if os.access(sshd.outbound, os.R_OK):
        pytest.skip("root may read everything")
    try:
        with StampliSftp(sshd.settings()) as stampli, pytest.raises(StampliUnusable, match="cannot be used: "):
            stampli.list_outbound()
    finally:
        sshd.outbound.chmod(0o755)


def test_a_file_in_the_folder_s_place_is_no_folder(sshd):
    sshd.put("a.csv", b"a")
    settings = sshd.settings(outbound_dir=str(sshd.outbound / "a.csv"))
    with StampliSftp(settings) as stampli, pytest.raises(StampliUnusable, match=r"The folder .*a.csv on Stampli's"):
        stampli.list_outbound()


# --- fetching ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 32_767, 32_768, 32_769, 3_000_001])
def test_a_file_comes_byte_for_byte(sshd, tmp_path, size):
    content = os.urandom(size)
    sshd.put("a.csv", content, MTIME)
    with StampliSftp(sshd.settings()) as stampli:
        landed = stampli.download(RemoteFile("a.csv", size, MTIME), Landing(tmp_path / "landing"))
    assert landed.path.read_bytes() == content
    assert landed.size == size


@pytest.mark.parametrize("at_once", [1, 3, 16])
def test_several_files_come_at_once_and_one_that_fails_stops_no_other(sshd, tmp_path, at_once):
    contents = {f"{number}.csv": os.urandom(40_000 + number) for number in range(9)}
    for name, content in contents.items():
        sshd.put(name, content, MTIME)
    sshd.put("big.csv", b"x" * 1_000_001, MTIME)
    sshd.put("changed.csv", b"now longer", MTIME)
    files = [RemoteFile(name, len(content), MTIME) for name, content in contents.items()]
    gone, big = RemoteFile("gone.csv", 7, MTIME), RemoteFile("big.csv", 1_000_001, MTIME)
    changed = RemoteFile("changed.csv", 3, MTIME)
    landing = Landing(tmp_path / "landing")
    with StampliSftp(sshd.settings(downloads=at_once, max_file_mb=1)) as stampli:
        fetched = stampli.download_all([gone, *files, big, changed], landing)
    for file in files:
        landed = fetched[file]
        assert isinstance(landed, LandedFile)
        assert landed.path.read_bytes() == contents[file.name]
    assert str(fetched[gone]) == "gone.csv was listed and is gone. It is taken when it is there again."
    assert isinstance(fetched[changed], FileNotTaken)
    refused = fetched[big]
    assert isinstance(refused, FileRefused)
    assert refused.reason == "TOO_LARGE"
    assert not list(landing.root.glob("*.part"))


def test_a_file_that_may_not_be_read_is_not_taken(sshd, tmp_path):
    """A folder in its place, since root may read every file."""
    (sshd.outbound / "a.csv").mkdir()
    found = (sshd.outbound / "a.csv").stat()
    file = RemoteFile("a.csv", found.st_size, int(found.st_mtime))
    with (
        StampliSftp(sshd.settings()) as stampli,
        pytest.raises(FileNotTaken, match=r"a.csv could not be fetched: .* It is tried again."),
    ):
        stampli.download(file, Landing(tmp_path / "landing"))


# --- writing back -----------------------------------------------------------------------------------------------------


def test_a_file_for_stampli_is_whole_under_its_name_and_replaces_the_one_before(sshd):
    with StampliSftp(sshd.settings()) as stampli:
        stampli.check_inbound()
        stampli.write_inbound("acknowledged.csv", b"first" * 20_000)
        stampli.write_inbound("acknowledged.csv", b"second")
    assert [path.name for path in sshd.inbound.iterdir()] == ["acknowledged.csv"]
    assert (sshd.inbound / "acknowledged.csv").read_bytes() == b"second"


def test_the_server_brings_it_to_disk_before_it_is_renamed(sshd, monkeypatch):
    request, answered = SftpClient._request, []

    def noting(self, kind, *arguments):
        answer = request(self, kind, *arguments)  # OpenSSH says no by an error
        answered.append(arguments[0] if kind == CMD_EXTENDED else kind)
        return answer

    monkeypatch.setattr(SftpClient, "_request", noting)
    with StampliSftp(sshd.settings()) as stampli:
        stampli.write_inbound("rates.csv", b"rates")
    assert answered == [CMD_OPEN, "fsync@openssh.com", CMD_CLOSE, "posix-rename@openssh.com"]


def test_whoever_looks_while_a_file_is_written_sees_the_old_or_the_new_one(sshd):
    whole = {bytes([sign]) * 400_000 for sign in b"ab"}

    def write() -> None:
        with StampliSftp(sshd.settings()) as stampli:
            for content in [*whole] * 5:
                stampli.write_inbound("rates.csv", content)

    target, seen = sshd.inbound / "rates.csv", set()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            if target.exists():
                seen.add(target.read_bytes())
        writing.result()
    assert seen
    assert seen <= whole


def test_archiving_renames_by_year_and_month_and_never_over_another_file(sshd):
    archive = sshd.folder / "archive"
    file = RemoteFile("a.csv", 5, MTIME)
    with StampliSftp(sshd.settings(archive=str(archive))) as stampli:
        sshd.put("a.csv", b"first", MTIME)
        assert stampli.archive(file, "0123456789abcdef") == f"{archive}/2026/04/a.csv.01234567"
        sshd.put("a.csv", b"again", MTIME)
        with pytest.raises(FileNotTaken, match=r"^a\.csv could not be moved into the archive: .*`stampli.archive`\.$"):
            stampli.archive(file, "0123456789abcdef")
        stampli.archive(file, "fedcba9876543210")
        sshd.put("a.csv", b"newer", MTIME + 60)
        with pytest.raises(FileNotTaken, match="changed"):
            stampli.archive(file, "0011223344556677")
    assert {str(path.relative_to(archive)): path.read_bytes() for path in archive.rglob("*.csv*")} == {
        "2026/04/a.csv.01234567": b"first",
        "2026/04/a.csv.fedcba98": b"again",
    }
    assert [path.read_bytes() for path in sshd.outbound.iterdir()] == [b"newer"]


def test_the_server_may_close_the_connection_between_two_operations(sshd):
    sshd.put("a.csv", b"a")
    with StampliSftp(sshd.settings()) as stampli:
        assert len(stampli.list_outbound()) == 1
        stampli._transport.close()
        assert len(stampli.list_outbound()) == 1


def test_a_server_that_is_gone_is_said_to_be_unreachable(sshd):
    sshd.stop()
    with pytest.raises(StampliUnusable) as caught:
        names(sshd.settings())
    assert str(caught.value).startswith(
        f"Stampli's SFTP server 127.0.0.1, port {sshd.port}, cannot be reached: Connection refused."
    )


def test_a_name_that_is_not_known_is_said_to_be_unreachable(sshd):
    with pytest.raises(StampliUnusable, match=r"cannot be reached: .* Check `stampli.host`"):
        names(sshd.settings(host="no-such-host.invalid"))


def test_what_answers_may_be_no_ssh_server(sshd):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(StampliUnusable, match=r"stopped answering: .* Try again"):
            names(sshd.settings(port=listener.getsockname()[1], timeout_seconds=3))
        thread.join()
