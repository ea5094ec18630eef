"""Can this be promoted, can that be retired: answers from facts alone. Django-free."""
