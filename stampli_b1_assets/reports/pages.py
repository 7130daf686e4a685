"""HTML pages: one file, no script, nothing loaded from anywhere, every text escaped."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from stampli_b1_assets.reports.words import counted, money


def page_of(template: str, **values: Any) -> str:
    """The page that a template of `templates/` makes of the values."""
    environment = Environment(
        loader=PackageLoader("stampli_b1_assets.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": money, "counted": counted}
    return environment.get_template(template).render(**values)
