"""How scores rank the rows: ROC AUC and average precision."""
