"""Pages of runs and policies; they know no rules of their own."""
