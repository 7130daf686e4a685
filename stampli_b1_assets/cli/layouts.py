"""`layout`: what a layout reads, and what one for an unknown file might look like."""

import click


@click.group()
def layout() -> None:
    """Layouts: show them, try them on a file, have one proposed, see what changed."""
