"""Running scenarios: what can be asked, replicates in parallel, paired by construction."""
