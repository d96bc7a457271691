"""The model judged by the record: score, natural experiments, rivals, facts."""
