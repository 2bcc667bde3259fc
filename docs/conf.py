"""The settings of the documentation's site, which `make docs` builds."""

project = "podium"
html_title = "podium"
extensions = ["myst_parser"]
exclude_patterns = ["_site", "_generated/pages"]
html_theme = "furo"
# Links to a heading of another page, as on the code host.
myst_heading_anchors = 3
# The example's report, made by the build.
html_extra_path = ["_generated/pages"]
# Nothing is fetched by whoever reads it, and the same sources give the same pages.
html_show_sphinx = False
html_copy_source = False
html_last_updated_fmt = None
