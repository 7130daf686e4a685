"""What is refused, and that each refusal names file, line, key and remedy."""

import pytest


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


class TestUnknownKeys:
    @pytest.mark.parametrize(
        ("line", "key", "meant"),
        [
            ("stampli: {pasword: x}", "stampli.pasword", "stampli.password"),
            ("b1: {compny_db: x}", "b1.compny_db", "b1.company_db"),
            ("Company: x", "Company", "company"),
            ("poll_seconds: 60", "poll_seconds", "stampli.poll_seconds"),
            (
                "posting: {dimensions: {departement: x}}",
                "posting.dimensions.departement",
                "posting.dimensions.department",
            ),
            ("posting: {rounding: {acount: x}}", "posting.rounding.acount", "posting.rounding.account"),
            ("posting: {dimensions: {class_: x}}", "posting.dimensions.class_", "posting.dimensions.class"),
        ],
    )
    def test_names_the_nearest(self, refusal, line, key, meant):
        said = refusal(line)
        assert f"line 1: unknown key `{key}`; did you mean `{meant}`?" in said

    def test_names_one_also_when_none_is_near(self, refusal):
        assert "unknown key `True`; did you mean `" in refusal("yes: x")


class TestYaml:
    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            ("company: a\ncompany: b\n", 2, "the key `company` stands there twice"),
            ("b1:\n  username: a\n  password: b\n  username: c\n", 4, "the key `username` stands there twice"),
            ("b1:\n\tusername: a\n", 2, "indented with a tab"),
            ("b1:\n  username: a\n   password: b\n", 3, "colon in the wrong place"),
            ("b1:\n  username: a\n password: b\n", 3, "not aligned"),
            ("company: a\nb1\nposting: x\n", 2, "no colon"),
            ("company: 'a\nb1: x\n", 1, "a quote that is never closed"),
            ("alerts: [a, b\ncompany: x\n", 1, "a bracket that is never closed"),
            ("b1:\n  password: *hunter2\n", 2, "begins with * or &"),
            ("b1:\n  password: !hunter2\n", 2, "begins with !"),
            ("b1:\n  password: @hunter2\n", 2, "put the value in quotes"),
            ('b1:\n  password: "hunter2\\q"\n', 2, "use single quotes"),
            ("company: a\n---\ncompany: b\n", 2, "a second document"),
            ("posting:\n  earliest_date: 2020-13-45\n", 2, "looks like a date"),
            ("? [a, b]\n: c\n", 1, "no plain word"),
            ("b1: &b\n  c: *b\n", 1, "refers to itself"),
        ],
        ids=lambda value: value if isinstance(value, str) and len(value) < 40 and "\n" not in value else None,
    )
    def test_faults_are_told_by_line_and_never_quote_a_value(self, refusal, text, line, words):
        said = refusal(text)
        assert said.startswith(f"company.yaml, line {line}: "), said
        assert words in said
        assert "hunter2" not in said

    @pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just words\n"])
    def test_a_file_without_settings(self, refusal, text):
        assert "company.yaml holds no settings" in refusal(text)

    def test_characters_that_yaml_does_not_allow(self, refusal):
        assert "characters that YAML does not allow" in refusal("company: a\x00b\n")

    def test_endless_nesting(self, refusal):
        assert "nested too deeply" in refusal("a: " + "[" * 5000)

    def test_another_encoding(self, refusal, tmp_path, monkeypatch):
        monkeypatch.setattr("pathlib.Path.write_text", lambda path, text, **_: path.write_bytes(text.encode("latin-1")))
        assert "line 2: is not UTF-8 text" in refusal("company: a\nb1: é\n")


class TestValues:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("port: 2222", "port: abc", "`stampli.port` must be a whole number"),
            ("port: 2222", "port: 2.5", "`stampli.port` must be a whole number"),
            ("port: 2222", "port: 0", "`stampli.port` must be at least 1"),
            ("port: 2222", "port: 70000", "`stampli.port` must be at most 65535"),
            ('company_code: "007"', "company_code: 007", "`stampli.company_code` must be text; write it in quotes"),
            ("company_db: NORTHWIND", "company_db: no", "`b1.company_db` must be text; write it in quotes"),
            ("company_db: NORTHWIND", "company_db:", "`b1.company_db` must be text"),
            ("company_db: NORTHWIND", "company_db: ''", "`b1.company_db` is missing or empty"),
            ("company: northwind", "company: North-Wind", "`company` may have the characters"),
            ("company: northwind", "partition_days: 10", "the key `partition_days` stands there twice"),
            ("company: northwind", "# nothing", "`company` is missing"),
            ("timeout_seconds: 30", "timeout_seconds: soon", "`b1.timeout_seconds` must be a number"),
            ("timeout_seconds: 30", "timeout_seconds: 0", "`b1.timeout_seconds` must be more than 0"),
            ("timeout_seconds: 30", "timeout_seconds: .inf", "`b1.timeout_seconds` must be a finite number"),
            ("max_sessions: 2", "verify: perhaps", "`b1.verify` must be true or false"),
            ("max_sessions: 2", "verify: false", "need `allow_insecure: true`"),
            ("https://b1.example.com", "http://b1.example.com", "need `allow_insecure: true`"),
            ("/b1s/v1/", "/odata", "`b1.service_layer_url` is not a Service Layer address"),
            ("known_hosts_file: known_hosts", "port: 22", "twice"),
            ("known_hosts_file: known_hosts", "# none", "host keys are always checked"),
            ("private_key_file: keys/stampli", "# none", "give either `password` or `private_key_file`"),
            ("time_zone: America/Denver", "time_zone: Denver", "`posting.time_zone` is no time zone such as"),
            ("[Paid Invoice]", "Paid Invoice", "`posting.postable_statuses` must be a list"),
            ("[Paid Invoice]", "[]", "`posting.postable_statuses` must not be empty"),
            ("[Paid Invoice]", "[Paid Invoice, 3]", "`posting.postable_statuses[1]` must be text"),
            (
                "closed_period: next_open",
                "closed_period: open",
                "`posting.closed_period` must be one of hold, next_open",
            ),
            ("2021-02-03", "soon", "`posting.earliest_date` must be a date such as 2020-01-01"),
            ('"0.05"', "0.05", "`posting.rounding.tolerance` is a binary fraction for YAML"),
            ('"0.05"', '"0,05"', "`posting.rounding.tolerance` must be a number with a point"),
            ('"0.05"', '"-1"', "`posting.rounding.tolerance` must be at least 0"),
            ('"999900"', "999900", "`posting.rounding.account` is a number for YAML; write it in quotes"),
            ('"108000"', "108000", "`posting.payments.clearing_account` is a number for YAML"),
            ('{post: true, clearing_account: "108000"}', "{post: true}", "`post: true` needs `clearing_account`"),
            ("CostingCode5", "CostCenter", "`posting.dimensions.department` is none of ProjectCode"),
            ("CostingCode5", '""', "`posting.dimensions.department` is none of ProjectCode"),
            ("CostingCode5", "CostingCode3", "two fields go to the same property"),
            ("[retry, post-anyway]", "[sing]", "`approvals.second_person[0]` must be one of retry"),
            ("publish: {", "publish: nothing #", "`publish` must be a section"),
            ("landing_dir: land", "landing_dir: 7", "`landing_dir` must be a path"),
        ],
    )
    def test_each_names_its_key_and_says_what_is_meant(self, refusal, complete, old, new, words):
        said = refusal(replaced(complete, old, new))
        assert words in said
        assert said.startswith("company.yaml, line ")
        assert said.count("\n") == 0, "one fault, one sentence"

    def test_the_line_is_that_of_the_setting(self, refusal, complete):
        lines = complete.splitlines()
        number = lines.index("  max_sessions: 2") + 1
        assert f"line {number}: `b1.max_sessions`" in refusal(replaced(complete, "max_sessions: 2", "max_sessions: 99"))

    def test_several_faults_are_all_told_in_the_order_of_their_lines(self, refusal, complete):
        text = replaced(complete, "port: 2222", "prt: 2222")
        text = replaced(text, "${KEY_PASSPHRASE}", "in-the-clear")
        text = replaced(text, "${B1_USERNAME}", "${NOT_THERE}")
        text = replaced(text, "partition_days: 10", "partition_days: x")
        first, *faults = refusal(text).splitlines()
        assert first.startswith("company.yaml has 4 faults")
        told = [("prt", 4), ("clear text", 7), ("NOT_THERE", 20), ("partition_days", 39)]
        for fault, (words, line) in zip(faults, told, strict=True):
            assert fault.startswith(f"  line {line}: ")
            assert words in fault


class TestEmptyValues:
    def test_an_empty_variable_switches_an_optional_setting_off(self, load, complete):
        settings = load(replaced(replaced(complete, '"007"', "${CODE:-}"), "/archive", "${ARCHIVE:-}")).settings
        assert settings.stampli.company_code is None
        assert settings.stampli.archive is None

    def test_empty_addresses_are_left_out(self, load, minimal):
        assert load(minimal + 'alerts: ["${ALERT:-}"]\n').settings.alerts == ()

    def test_an_empty_secret_is_no_secret(self, refusal, minimal, environment):
        assert "`b1.password` is missing or empty" in refusal(minimal, {**environment, "B1_PASSWORD": ""})
