"""Who may: seeing is decided in SQL (scopes), doing by one predicate (rules). Nowhere else."""
