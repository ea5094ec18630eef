"""Which event is told to whom; decides, and sends nothing."""
