"""What the simulator refuses, with SAP's HTTP status, code and words."""


class Refusal(Exception):
    """A request that SAP refuses; `code` as SAP numbers it."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status


def no_session() -> Refusal:
    """Lost session, or a path in the wrong case."""
    return Refusal(301, "Invalid session or session already timeout.", 401)


def not_found() -> Refusal:
    """A key that is not there."""
    return Refusal(-2028, "No matching records found (ODBC -2028)", 404)


def unknown_property(name: str, type_: str) -> Refusal:
    """A property that the type does not have, or that is not visible yet."""
    return Refusal(-1000, f"Property '{name}' of '{type_}' is invalid")


def exists() -> Refusal:
    """The database refuses a second row of the same key."""
    return Refusal(-2035, "This entry already exists in the following tables (ODBC -2035)")


def invalid(text: str) -> Refusal:
    """The family of invalid and missing values."""
    return Refusal(-5002, text)


def bad_query(text: str) -> Refusal:
    """A query option or a key that cannot be read; the code is inferred."""
    return Refusal(201, f"Invalid query option near '{text}'")


def not_supported() -> Refusal:
    """A verb or an action that the object does not have."""
    return Refusal(-5006, "The requested action is not supported for this object.")
