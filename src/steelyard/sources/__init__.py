"""What training left behind, read into parts of an Evaluation: one interface, one file per format."""
