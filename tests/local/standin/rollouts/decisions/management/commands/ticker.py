"""Says that there is a ticker; manage.py beside it is what runs."""
