"""A Comparison to a Report, and the Report to Markdown, plots, HTML and the terminal."""
