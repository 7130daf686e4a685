"""`--help` names what each command takes; the prose of the docs rests on it."""

import pytest

OPTIONS = {
    ("sync",): [],
    ("plan",): ["[FILES]..."],
    ("check",): [],
    ("provision",): ["--dry-run", "--account"],
    ("held",): [],
    ("release",): ["ID...", "--action", "--by", "--note", "retry", "ignore", "post-anyway", "reverse-and-repost"],
    ("evidence",): ["ID", "--html"],
    ("reconcile",): ["--month", "--html"],
    ("audit", "verify"): ["--head"],
    ("audit", "export"): ["--format", "csv|jsonl", "--output"],
    ("layout", "show"): ["--layout"],
    ("layout", "test"): ["FILE", "--layout", "--zone"],
    ("layout", "propose"): ["FILE"],
    ("layout", "drift"): [],
    ("sandbox",): ["--folder", "--https", "--faults", "--provisioned"],
}


@pytest.mark.parametrize("words", OPTIONS, ids=" ".join)
def test_help_names_every_option(command, words):
    ran = command(*words, "--help")
    assert ran.code == 0
    for option in ["--config FILE_OR_FOLDER", "--company NAME", "--json", *OPTIONS[words]]:
        assert option in ran.out
    assert "STAMPLI_B1_CONFIG" in ran.out


def test_the_first_help_lists_the_commands_and_the_exit_codes(command):
    ran = command("--help")
    assert ran.code == 0
    for name in {words[0] for words in OPTIONS}:
        assert f"\n  {name} " in ran.out
    assert "Exit codes: 0 all well; 1 done, and something needs a person; 2 the" in ran.out


def test_the_list_of_commands_cuts_no_sentence_off(command):
    assert "..." not in command("--help").out.partition("Commands:")[2]


def test_version(command):
    assert command("--version").out.startswith("stampli-b1, version ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["sync", "--nonsense"], "No such option"),
        (["release"], "Missing argument 'ID...'"),
        (["release", "1", "--action", "burn", "--by", "A", "--note", "b"], "'burn' is not one of"),
        (["reconcile", "--month", "2026-13"], "'2026-13' is no month such as 2026-03"),
        (["reconcile", "--month", "march"], "'march' is no month such as 2026-03"),
        (["audit", "verify", "--head", "12"], "'12' is no head"),
        (["sandbox", "--faults", "fire"], "fire is none of session_expiry"),
        (["plan", "nowhere.csv"], "'nowhere.csv' does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage_is_told_with_exit_code_2(command, arguments, says):
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_wrong_usage_is_a_document_too(command):
    ran = command("reconcile", "--month", "x", "--json")
    assert ran.code == 2
    assert "is no month" in ran.json["error"]
