"""Sphinx settings. Build with `make docs`: nothing is fetched, and every warning is an error."""

import logging
import re
from importlib.metadata import distribution
from pathlib import Path

from sphinx_gallery.scrapers import matplotlib_scraper
from sphinx_gallery.sorting import FileNameSortKey

import ridgeless

HERE = Path(__file__).parent

project = "ridgeless"
copyright = author = "The ridgeless authors"
version = release = ridgeless.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery"]
templates_path = ["_templates"]

# Reports of experiments and the explorer are shown where they exist. Sphinx gives the warning that
# a pattern matches nothing no type by which it could be suppressed.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: "toctree glob pattern" not in str(record.msg)
)
suppress_warnings = ["config.cache"]  # a function among the settings, below
EXPLORER = "explorer.html"
if (HERE / EXPLORER).exists():
    tags.add("explorer")  # noqa: F821 (Sphinx puts it here)
    html_extra_path = [EXPLORER]

# --- pages ---------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "ridgeless"
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "motivation": [], "compared": []}
html_show_sourcelink = False
html_copy_source = False

# Equations are drawn by a copy of MathJax that comes with the pages. SVG needs no fonts.
MATHJAX = "sphinx-mathjax-offline/static/mathjax/tex-svg.js"
html_static_path = ["_static", str(distribution("sphinx-mathjax-offline").locate_file(MATHJAX))]
html_css_files = ["ridgeless.css"]
mathjax_path = Path(MATHJAX).name

# --- Markdown ------------------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

# --- reference -----------------------------------------------------------------------------------

nitpicky = True
# Single backquotes in docstrings link where there is something to link to.
default_role = "py:obj"
# The other one: a default such as "uniform:0.1:0.9" is read as an annotation.
nitpick_ignore_regex = [("py:obj", ".*"), ("py:class", r"[\d.:]+'\)?")]
add_module_names = False
autodoc_inherit_docstrings = False
autodoc_typehints = "none"  # the parameter lists say it
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

LABEL = r"eq-[A-Za-z0-9-]*[A-Za-z0-9]"
SEPARATOR = r",\s+|\s+and\s+|\s+to\s+"
CITED = re.compile(rf"\(({LABEL}(?:(?:{SEPARATOR}){LABEL})*)\)|\b{LABEL}")


def link_equations(app, what, name, obj, options, lines):
    """Turn labels such as eq-bias in docstrings into links to the theory."""

    def links(found):
        return re.sub(LABEL, lambda label: f":eq:`{label[0]}`", found[1] or found[0])

    lines[:] = CITED.sub(links, "\n".join(lines)).split("\n")


# --- gallery -------------------------------------------------------------------------------------


def described_figures(block, block_vars, gallery_conf):
    """Give figures the alternative text that the script holds in ALT, before its first comment."""
    rst = matplotlib_scraper(block, block_vars, gallery_conf, format="png")
    text = " ".join(block_vars["example_globals"].get("ALT", "").split())
    return re.sub(r":alt: .*", lambda _: f":alt: {text}", rst)


sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": FileNameSortKey,
    "image_scrapers": (described_figures,),
    "abort_on_example_error": True,
    "capture_repr": (),
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "remove_config_comments": True,
}


def setup(app):
    """Link equations before numpydoc rearranges docstrings."""
    app.connect("autodoc-process-docstring", link_equations, priority=400)
