"""
What training left behind, read into parts of an Evaluation: one interface, one file per format.

`discover` finds the files, `read` turns metrics and parameters into values, `images` keeps pictures. A format
(`json_`, `yaml_`, `toml_`, `csv_`, `free_text`) turns text into a tree of tables and scalars; what a tree means as
metrics or as parameters is said once, in `read`, for all of them.
"""
