"""Tables that a run writes into a page, between two markers of the page's own:

    <!-- NAME: written by the run -->
    <!-- end of NAME -->
"""

import pathlib


def render(header, rows):
    return "".join("| " + " | ".join(row) + " |\n" for row in (header, *rows)).replace(
        "\n", "\n|" + "---|" * len(header) + "\n", 1)


def write(page, name, text):
    """Puts `text` between the page's markers; does nothing without a page."""
    if page:
        before, _, after = parts(page, name)
        pathlib.Path(page).write_text(before + "\n\n" + text + "\n" + after)


def first_column(page, name):
    lines = [line for line in parts(page, name)[1].splitlines() if line.startswith("| ")]
    return [line.split("|")[1].strip() for line in lines[1:]]


def parts(page, name):
    """What stands before, between and after the markers, which belong to the outer parts."""
    begin, end = f"<!-- {name}: written by the run -->", f"<!-- end of {name} -->"
    before, rest = pathlib.Path(page).read_text().split(begin, 1)
    between, after = rest.split(end, 1)
    return before + begin, between, end + after
