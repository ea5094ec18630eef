"""Which parts of a contract a service uses: operations and channels, fields, named types."""
