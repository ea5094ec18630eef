"""Single requests behind the counts, by their traces: where a source names some."""
